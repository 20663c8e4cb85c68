from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError
from deltarule.tagging import contexts
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.text import UNKNOWN


def untrained(corpus, vectors=None, **settings):
    labelling, _ = Labelling.of_corpus(corpus)
    config = dr.TaggerConfig(**{"hidden": 4, "word_dimension": 3, "minimum_count": 1, **settings})
    return TaggingModel.untrained(config, labelling, corpus, vectors)


def test_words_take_their_vectors_and_all_years_that_of_the_most_frequent(toy):
    words = ("Paris", "2020", "1999", "unseen")
    vectors = dr.WordVectors(words, np.arange(8, dtype=np.float32).reshape(4, 2))
    model = untrained(toy, vectors)
    table, vocabulary = model.network.parameters["word.vectors"].value, model.encoder.vocabularies["word"]
    assert table.shape == (len(vocabulary), 2) == (len(vocabulary), model.network.word_dimension)
    assert table[vocabulary.ids(["paris", "0000", "unseen"])].tolist() == [[0, 1], [2, 3], [6, 7]]
    assert np.abs(table[UNKNOWN]).max() <= 0.1  # has no vector: drawn
    assert "1999" not in vocabulary


def test_without_the_feature_word_there_are_no_word_vectors(toy):
    vectors = dr.WordVectors(("paris",), np.ones((1, 2), np.float32))
    assert "word.vectors" not in untrained(toy, vectors, features=("shape",)).network.parameters


def test_predictions_do_not_depend_on_how_sentences_are_batched(trained, toy, monkeypatch):
    toy = replace(toy, document_offsets=np.arange(toy.sentences + 1, dtype=np.int32))
    expected = trained.model.predict(toy)
    for tokens in (1, 7, 1000):
        monkeypatch.setattr(contexts, "_BATCH", tokens)
        assert np.array_equal(trained.model.predict(toy), expected)


def test_predictions_do_not_depend_on_the_number_of_blas_threads(trained, toy):
    with threadpool_limits(1, user_api="blas"):
        one = trained.model.predict(toy)
    with threadpool_limits(2, user_api="blas"):
        assert np.array_equal(trained.model.predict(toy), one)


def test_predictions_do_not_depend_on_the_number_of_threads(trained, toy, monkeypatch):
    toy = replace(toy, document_offsets=np.arange(toy.sentences + 1, dtype=np.int32))
    monkeypatch.setattr(contexts, "_BATCH", 5)
    one = trained.model.predict(toy, threads=1)
    for threads in (2, 3, None):
        assert np.array_equal(trained.model.predict(toy, threads), one)
    with pytest.raises(InputError, match="at least one thread is needed, not 0"):
        trained.model.predict(toy, 0)


def test_predictions_follow_the_parameters_though_forms_are_encoded_once(toy, monkeypatch):
    model, encoded = untrained(toy), []
    encode = type(model.encoder).encode
    monkeypatch.setattr(type(model.encoder), "encode", lambda *a: encoded.append(len(a[1])) or encode(*a))
    for best in range(3):
        model.network.parameters["output.weight"].value[...] = 0
        model.network.parameters["output.bias"].value[...] = np.arange(len(model.labelling.names)) == best
        labels = model.predict(toy)
        assert np.isin(labels, best).any()
    assert encoded == [len(toy.forms)]


def test_sentences_without_words_are_passed_over(trained):
    words = ["Ada", "lives", "in", "Paris"]
    full = trained.model.predict(dr.Corpus.from_sentences([words, words]))
    assert np.array_equal(trained.model.predict(dr.Corpus.from_sentences([[], words, [], [], words, []])), full)


def test_scores_of_a_sentence_do_not_depend_on_its_neighbours(trained, toy):
    model = trained.model
    sentences = model.sentences(toy)
    together = model.reference_scores(sentences, np.array([3, 0]))
    alone = [model.reference_scores(sentences, np.array([number])) for number in (3, 0)]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5, atol=1e-5)


def test_evaluation_compares_in_the_scheme_of_the_corpus_and_takes_the_time(trained, toy):
    evaluation = trained.model.evaluate(toy)
    assert (evaluation.overall.f1, evaluation.accuracy, evaluation.tokens) == (1.0, 1.0, len(toy))
    assert evaluation.seconds > 0
    assert set(evaluation.types) == {"PER", "LOC", "ORG"}


def test_a_corpus_with_labels_of_another_kind_is_named(trained):
    corpus = dr.Corpus.from_sentences([["a"]], [["NOUN"]], source="pos.conll")
    with pytest.raises(InputError, match=r"^pos.conll: the tagger was trained on chunk labels, but 'NOUN'"):
        trained.model.evaluate(corpus)


@pytest.mark.parametrize("objective", ["softmax", "crf", "structured-max-margin"])
def test_example_feeds_draw_labels_from_the_seed(objective, toy):
    model = untrained(toy, objective=objective)
    feeds = model.example_feeds(toy, 2, seed=1)
    assert len(feeds["labels"]) == len(feeds["positions"]) == len(toy.words(0)) + len(toy.words(1))
    assert np.array_equal(feeds["labels"], model.example_feeds(toy, 2, seed=1)["labels"])
    assert len(model.example_feeds(toy, 1000, seed=1)["labels"]) == len(toy)
    assert dr.gradient_check(model.network.loss, feeds=feeds, sample=10)
    offsets = np.array([0, len(toy.words(0)), len(feeds["labels"])])
    assert not len(model.labelling.decoder.illegal_sentences(feeds["labels"], offsets))


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_model_whose_training_went_astray_does_not_tag(value, toy):
    model = untrained(toy)
    model.network.parameters["hidden.bias"].value[...] = 9.0  # so that all activations are 1
    model.network.parameters["output.weight"].value[...] = value
    with pytest.raises(NonFiniteError, match=r"^the scores of labels are infinite or NaN"):
        model.predict(toy)
