import io
import sys
from typing import NamedTuple

import pytest

import deltarule as dr
from deltarule import kernels
from deltarule.cli import main

TRAIN = """\
Ada B-PER
Lovelace I-PER
lives O
in O
Paris B-LOC
. O

Mary B-PER
visits O
London B-LOC
. O

Museums O
in O
Paris B-LOC
are O
amazing O
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels():
    """Kernels are on disk before any command is run, so that no command says that it compiles them."""
    kernels.load((*kernels.TRAINING, *kernels.TAGGING))


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    """Colours, widths and the like come from nobody's terminal."""
    for name in ("FORCE_COLOR", "NO_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")


@pytest.fixture
def deltarule(monkeypatch, capsys):
    """Runs the command in this process, as its script does."""

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["deltarule", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as exited:
            main()
        return Outcome(exited.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def small_options():
    return ("--hidden", "20", "--batch", "8", "--learning-rate", "0.01", "--dropout", "0")


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "train.conll"
    path.write_text(TRAIN, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model that knows its three sentences by heart."""
    directory = tmp_path_factory.mktemp("cli")
    (directory / "train.conll").write_text(TRAIN, encoding="utf-8")
    settings = {"hidden": 20, "batch": 8, "learning_rate": 0.01, "dropout": 0.0, "minimum_count": 1, "epochs": 40}
    dr.Tagger(**settings).fit(directory / "train.conll").save(directory / "model")
    return directory / "model"


@pytest.fixture(scope="session")
def pos_model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pos")
    (directory / "train.conll").write_text("Dogs NOUN\nbark VERB\n", encoding="utf-8")
    dr.Tagger(hidden=10, dropout=0.0, minimum_count=1, epochs=30).fit(directory / "train.conll").save(directory / "m")
    return directory / "m"
