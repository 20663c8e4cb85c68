import pytest

import deltarule as dr
from deltarule.cli import demo as demo_module
from deltarule.data import SampleCorpus
from deltarule.errors import InputError


@pytest.fixture
def fast(monkeypatch):
    """A demo of one epoch on a few sentences."""

    def few(corpus, count=40):
        return dr.Corpus.from_sentences(
            [corpus.words(n) for n in range(count)], [corpus.sentence_labels(n) for n in range(count)]
        )

    sample = SampleCorpus(*(few(part) for part in dr.sample_corpus()))
    monkeypatch.setattr(demo_module, "sample_corpus", lambda: sample)
    monkeypatch.setattr(demo_module, "Tagger", lambda **settings: dr.Tagger(**{**settings, "epochs": 2, "hidden": 20}))


@pytest.mark.usefixtures("fast")
def test_the_demo_shows_everything_once(deltarule, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = deltarule("demo")
    assert (code, err) == (0, "")
    assert out.startswith("Training on 40 sentences of the sample corpus (")
    for part in (
        "      epoch       loss  precision     recall         F1   accuracy    seconds\n",
        "\nOn 40 sentences that it has never seen:\ntype\tprecision\trecall\tF1\tgold\tpredicted\n",
        "\nTagging a sentence:\n",
        "\nThe model is in demo-model. Next, type:\n",
        "  deltarule check demo-model\n",
    ):
        assert part in out
    shown = out.split("Tagging a sentence:\n")[1].split("\n")[0]
    tagged = dr.load("demo-model").tag(demo_module.DEMO_SENTENCE)
    assert shown == str(tagged)
    assert tagged.text == "Museums in Paris are amazing"


@pytest.mark.usefixtures("fast")
def test_the_seed_and_the_place_can_be_chosen(deltarule, tmp_path):
    assert deltarule("demo", "-o", tmp_path / "mine", "--seed", 7).code == 0
    assert dr.load(tmp_path / "mine").config.seed == 7


def test_a_place_that_is_taken_is_refused_before_training(deltarule, tmp_path):
    (tmp_path / "thesis.txt").touch()
    code, out, err = deltarule("demo", "-o", tmp_path)
    assert (code, out) == (2, "")
    assert err == f"error: {tmp_path} exists and is no deltarule model; choose another directory\n"
    with pytest.raises(InputError):
        dr.load(tmp_path)
