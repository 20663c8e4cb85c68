import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import deltarule as dr
from deltarule.networks.activations import ACTIVATIONS
from deltarule.tagging import compiled_scores
from deltarule.tagging.compiled_scores import CompiledScores, feature_matrix
from deltarule.tagging.contexts import Passages
from deltarule.text import FEATURES

DATA = Path(os.environ.get("DELTARULE_DATA", ""))


def reference(model, corpus):
    """Scores by the reference interpreter, labels by the decoder in NumPy."""
    scores = model.reference_scores(model.sentences(corpus), np.flatnonzero(np.diff(corpus.sentence_offsets)))
    learned = model.network.transition_scores()
    return scores, model.labelling.decoder.with_learned(learned).decode(scores, corpus.sentence_offsets)


def compiled(model, corpus, common):
    """Scores and labels on kernels, with the products of so many forms kept."""
    network = CompiledScores.of(model.config, model.network, model.labelling.decoder)
    features = feature_matrix(model.encoder, corpus.forms)
    text = Passages.of(corpus)
    products = network.multiply(features[:common], network.room(common))
    scores = network.scores(text, features, products, network.room(len(corpus) + 9))
    return scores, network.labels(text, features, products)


def path_scores(model, corpus, scores, labels):
    """The total score of each sentence's label sequence, in double precision."""
    learned = model.network.transition_scores()
    start, between, end = (rule.astype(float) for rule in model.labelling.decoder.with_learned(learned).scores)
    totals = []
    for begin, stop in pairwise(corpus.sentence_offsets.tolist()):
        chosen = labels[begin:stop]
        if len(chosen):
            own = scores[begin:stop].astype(float)[np.arange(len(chosen)), chosen]
            totals.append(start[chosen[0]] + own.sum() + between[chosen[:-1], chosen[1:]].sum() + end[chosen[-1]])
    return totals


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("common", [1, 5, 1000])
@pytest.mark.parametrize("window", [1, 3, 5, 9])
def test_scores_and_labels_are_those_of_the_reference(window, common, seed, random_model, made_up_corpus):
    objective = ("softmax", "crf", "structured-max-margin")[seed]
    model, text = random_model(seed, window=window, objective=objective), made_up_corpus(seed + 100)
    scores, labels = reference(model, text)
    compiled_scores, compiled_labels = compiled(model, text, common)
    np.testing.assert_allclose(compiled_scores, scores, rtol=1e-4, atol=1e-4)
    assert compiled_labels.tolist() == labels.tolist()


@pytest.mark.parametrize("objective", ["softmax", "max-margin", "crf", "structured-max-margin"])
@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize("activation", ["tanh", "softmax", "relu,tanh"])
@pytest.mark.parametrize("vectors", [None, 4])
def test_members_are_scored_as_by_the_reference(vectors, activation, members, objective, random_model, made_up_corpus):
    """Also where neurons of a member depend on each other, members differ, and context features have vectors."""
    settings = {"members": members, "activation": activation, "objective": objective}
    model, text = random_model(11, vectors=vectors, **settings), made_up_corpus(12)
    scores, labels = reference(model, text)
    compiled_scores, compiled_labels = compiled(model, text, 30)
    np.testing.assert_allclose(compiled_scores, scores, rtol=2e-4, atol=2e-4)
    assert compiled_labels.tolist() == labels.tolist() == model.predict(text).tolist()
    learned = CompiledScores.of(model.config, model.network, model.labelling.decoder).decoder.learned
    if objective in ("softmax", "max-margin"):
        assert not learned
        return
    parameters = model.network.parameters
    marks = ["", "2", "3"][:members]
    for name in ("transitions", "start", "end"):
        mean = np.mean([10.0 * parameters[f"{name}{mark}"].value.astype(float) for mark in marks], axis=0)
        np.testing.assert_allclose(learned[name], mean, rtol=1e-6, atol=2e-6)  # of float32 up to 30


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("features", [("word",), ("shape", "suffix3"), tuple(FEATURES)])
def test_networks_of_any_activation_and_features(activation, features, random_model, made_up_corpus):
    model, text = random_model(7, activation=activation, features=features), made_up_corpus(8)
    scores, labels = reference(model, text)
    compiled_scores, compiled_labels = compiled(model, text, 30)
    np.testing.assert_allclose(compiled_scores, scores, rtol=2e-4, atol=2e-4)
    assert compiled_labels.tolist() == labels.tolist()


def test_long_sentences_are_scored_in_pieces(monkeypatch, random_model, made_up_corpus):
    model, text = random_model(3, vectors=4), made_up_corpus(4)
    text = dr.Corpus.from_sentences([[text.forms[token] for token in text.tokens]])
    whole = compiled(model, text, 20)
    for piece in (1, 7, 64):
        monkeypatch.setattr(compiled_scores, "_PIECE", piece)
        monkeypatch.setattr(compiled_scores, "_CONTEXTS", 2 * piece // 3 + 1)
        scores, labels = compiled(model, text, 20)
        np.testing.assert_allclose(scores, whole[0], rtol=1e-5, atol=1e-5)
        assert labels.tolist() == whole[1].tolist()


def test_a_trained_tagger_says_what_the_reference_says(trained, toy):
    _, labels = reference(trained.model, toy)
    assert trained.model.predict(toy).tolist() == labels.tolist()


@pytest.mark.skipif(not (DATA / "ner").is_dir(), reason="set DELTARULE_DATA to the folder of corpora")
@pytest.mark.parametrize("file", ["ner/bc5cdr/dev.conll", "ner/wnut17/test.conll", "ner/wikigold/test.conll"])
def test_real_corpora_have_the_labels_of_the_reference_but_for_ties(file, random_model):
    model, corpus = random_model(5, hidden=100), dr.read_corpus(DATA / file)
    scores, labels = reference(model, corpus)
    network_scores, network_labels = compiled(model, corpus, 5000)
    np.testing.assert_allclose(network_scores, scores, rtol=1e-3, atol=1e-3)
    best = path_scores(model, corpus, scores, labels)
    # Two sequences may have the same score to rounding, and products of other batches are rounded in other ways.
    for chosen in (network_labels, model.predict(corpus)):
        np.testing.assert_allclose(path_scores(model, corpus, scores, chosen), best, rtol=1e-6, atol=1e-4)
        assert (chosen != labels).mean() < 1e-3


def test_memory_for_products_is_bounded(random_model):
    model = random_model(0, members=3, hidden=100)
    network = CompiledScores.of(model.config, model.network, model.labelling.decoder)
    assert network.capacity * 5 * 300 * 4 <= 1 << 27 < (network.capacity + 1) * 5 * 300 * 4
    wide = random_model(0, members=2, hidden=1500, window=99)
    assert CompiledScores.of(wide.config, wide.network, wide.labelling.decoder).capacity == 112
