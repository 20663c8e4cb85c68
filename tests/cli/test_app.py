import os
import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from deltarule.tagging import TaggerConfig

COMMANDS = {
    "train": {"--dev", "--config", "--columns"},
    "evaluate": {"--columns"},
    "tag": {"--output"},
    "check": {"--data"},
    "demo": {"--model"},
    "lab": {"--host", "--port"},
}
# Flags, and options without a default.
SILENT = {"--help", "--json", "--probabilities", "--version", "--dev", "--model", "--no-browser"}


def unwrapped(text):
    """The text of a help screen without its frames and line breaks."""
    return re.sub(r"\s+", " ", re.sub(r"[│╭╮╰╯─]", " ", text))


def test_without_arguments_it_says_what_there_is(deltarule):
    out = deltarule("--help").out
    assert deltarule().out.strip() == out.strip()
    assert all(command in out for command in COMMANDS)


def test_version(deltarule):
    assert deltarule("--version") == (0, f"deltarule {version('deltarule')}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_prints_every_default(command, deltarule):
    outcome = deltarule(command, "--help")
    assert outcome.code == 0
    shown = unwrapped(outcome.out)
    options = re.findall(r"(?<=\s)--[a-z][a-z-]*", shown.split("Options", 1)[-1])
    assert COMMANDS[command] <= set(options)
    for option in options:
        part = shown.split(f" {option} ", 1)[-1].split(" --", 1)[0]
        if option not in SILENT and option != "--trainable-vectors":  # its default stands with --frozen-vectors
            assert "[default:" in part, (option, part)


@pytest.mark.parametrize(
    ("option", "setting"),
    [
        (f"--{name.replace('_', '-')}", name)
        for name in ("objective", "window", "members", "hidden", "epochs", "seed", "batch")
    ],
)
def test_the_defaults_shown_are_those_of_the_settings(option, setting, deltarule):
    shown = unwrapped(deltarule("train", "--help").out)
    default = TaggerConfig.model_fields[setting].default
    assert f"[default: ({default})]" in shown.split(f" {option} ", 1)[1].split(" --", 1)[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("fly",), "No such command 'fly'"),
        (("train", "x.conll"), "Missing option '--model'"),
        (("train", "x.conll", "-o", "m", "--fly"), "No such option: --fly"),
        (("train", "x.conll", "-o", "m", "--epochs", "ten"), "Invalid value for '--epochs'"),
        (("tag", "m", "--format", "xml"), "Invalid value for '--format'"),
        (("check", "m", "--sample", "0"), "Invalid value for '--sample'"),
        (("evaluate", "m"), "Missing argument"),
    ],
)
def test_arguments_that_cannot_be_understood_exit_with_2(arguments, complaint, deltarule):
    code, out, err = deltarule(*arguments)
    assert (code, out) == (2, "")
    assert complaint in unwrapped(err)


def test_operating_system_errors_are_one_line(deltarule, model, monkeypatch):
    def fail(_):
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr("deltarule.tagging.Tagger.load", fail)
    assert deltarule("tag", model, stdin=b"Paris") == (2, "", "error: some/file: Permission denied\n")


@pytest.mark.parametrize("sentences", [1, 5000], ids=["short", "long"])
def test_a_reader_that_goes_away_is_no_error(sentences, model):
    """As in `deltarule tag model big.txt | head -1`, here with `head` gone before anything is written."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "from deltarule.cli import main; main()", "tag", str(model)]
    text = b"Ada lives in Paris. " * sentences
    done = subprocess.run(command, input=text, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_is_utf_8_whatever_the_locale(model):
    command = [sys.executable, "-c", "from deltarule.cli import main; main()", "tag", str(model)]
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, input="café in Paris".encode(), capture_output=True, env=environment, check=True)
    assert done.stdout.decode().split("\n")[0].startswith("café\t")
    assert done.stderr == b""
