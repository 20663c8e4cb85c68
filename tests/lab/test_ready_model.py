from pathlib import Path

import pytest

import deltarule as dr
from deltarule.data import SampleCorpus
from deltarule.lab import ready_model


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A sample corpus of a few sentences, and a cache of its own."""
    train = dr.sample_corpus().train
    part = dr.Corpus.from_sentences([train.words(n) for n in range(20)], [train.sentence_labels(n) for n in range(20)])
    monkeypatch.setattr(ready_model, "sample_corpus", lambda: SampleCorpus(part, part, part))
    monkeypatch.setattr(ready_model, "SETTINGS", {"hidden": 10, "epochs": 1})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def test_the_model_is_trained_once_and_kept(few):
    assert ready_model.kept_model() is None
    trained = ready_model.train_model()
    kept = ready_model.kept_model()
    assert kept.config == trained.config
    assert str(kept.tag("Museums in Paris")) == str(trained.tag("Museums in Paris"))


def test_a_damaged_model_is_as_good_as_none(few):
    ready_model.train_model()
    (ready_model.cache_directory() / "weights.safetensors").write_bytes(b"nothing")
    assert ready_model.kept_model() is None
    ready_model.train_model()
    assert ready_model.kept_model() is not None


def test_a_cache_that_cannot_be_written_does_no_harm(few, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(few / "file"))
    Path(few / "file").touch()
    assert ready_model.train_model().tag("Paris").tokens[0].text == "Paris"


@pytest.mark.parametrize(
    ("system", "variable", "place"),
    [("win32", "LOCALAPPDATA", "."), ("linux", "XDG_CACHE_HOME", "."), ("darwin", "HOME", "Library/Caches")],
)
def test_each_system_has_its_place(system, variable, place, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setenv(variable, str(tmp_path))
    assert ready_model.cache_directory().parent == tmp_path / place / "deltarule"
