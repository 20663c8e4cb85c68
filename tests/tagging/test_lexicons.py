"""Lexicons as features: what a list of phrases says of a word is known in training and in tagging."""

import numpy as np
import pytest

import deltarule as dr

CITIES = "Paris\nRome\nLondon\nNew York\nSt. John's\nOuagadougou\nUlan Bator\n"


@pytest.fixture(scope="module")
def cities(tmp_path_factory):
    path = tmp_path_factory.mktemp("lexicon") / "cities.txt"
    path.write_text(CITIES, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tagger(toy, small, cities):
    settings = {**small, "features": ["capitalisation"], "epochs": 40}
    return dr.Tagger(lexicons={"LOC": str(cities)}, **settings).fit(toy)


def test_names_of_a_lexicon_are_recognised_in_sentences_never_seen(tagger):
    assert str(tagger.tag("Nobody lives in Ouagadougou.")) == "Nobody lives in [LOC Ouagadougou]."
    assert "[LOC Ulan Bator]" in str(tagger.tag("The museums of Ulan Bator are large."))


def test_each_lexicon_has_an_embedding_of_its_values(tagger):
    assert tagger.model.network.parameters["lexicon-LOC.vectors"].shape == (2 + 9, 3)


def test_kernels_agree_with_the_reference(tagger, toy):
    model = tagger.model
    scores = model.reference_scores(model.sentences(toy), np.arange(toy.sentences))
    decoder = model.labelling.decoder.with_learned(model.network.transition_scores())
    assert model.predict(toy).tolist() == decoder.decode(scores, toy.sentence_offsets).tolist()


def test_gradients_agree(tagger, toy):
    assert dr.gradient_check(tagger.model.network.loss, feeds=tagger.model.example_feeds(toy, 3, seed=0), sample=20)


def test_the_phrases_are_saved_with_the_model(tagger, tmp_path):
    tagger.save(tmp_path / "model")
    assert "New York\nSt. John 's\n" in (tmp_path / "model" / "lexicon" / "LOC.txt").read_text(encoding="utf-8")
    loaded = dr.load(tmp_path / "model")
    text = "Ada lives in St. John's or Ulan Bator."
    assert loaded.tag(text) == tagger.tag(text)
    assert loaded.model.encoder.lexicons["LOC"].phrases == tagger.model.encoder.lexicons["LOC"].phrases


def test_lexicons_help_characters_too(small, tmp_path):
    (tmp_path / "words.txt").write_text("图书馆\n北京\n", encoding="utf-8")
    words = [["我", "在", "图书馆"], ["他", "在", "北京"], ["我们", "来"]]
    corpus = dr.Corpus.from_sentences(words, [["X"] * len(sentence) for sentence in words])
    settings = {**small, "epochs": 40, "features": ["kinds"]}
    tagger = dr.Tagger(unit="character", lexicons={"words": str(tmp_path / "words.txt")}, **settings).fit(corpus)
    assert tagger.evaluate(corpus).types[""].correct >= 6
    tagger.save(tmp_path / "model")
    assert dr.load(tmp_path / "model").tag("我在北京").words == tagger.tag("我在北京").words


def test_a_file_that_is_not_there_and_a_name_that_is_none(toy, small):
    with pytest.raises(dr.InputError, match=r"nowhere\.txt: there is no such file"):
        dr.Tagger(lexicons={"LOC": "nowhere.txt"}, **small).fit(toy)
    with pytest.raises(dr.InputError, match="setting 'lexicons': a lexicon's name"):
        dr.Tagger(lexicons={"../LOC": "cities.txt"})
