import numpy as np
import pytest

import deltarule as dr
from deltarule.kernels.context_layout import ALL_CAPITALS, CAPITAL, LETTERS, SMALL
from deltarule.tagging import contexts
from deltarule.tagging.contexts import Passages, form_traits, principal_components
from deltarule.text import fold


def test_traits_tell_which_forms_are_one_word_and_how_they_are_written():
    traits = form_traits(["paris", "Paris", "PARIS", "x1", "X2", "1984", "iPhone", "東", ""])
    assert traits.shape == (10, 3)
    assert not traits[0].any()
    assert len({tuple(row) for row in traits[1:4, :2].tolist()}) == 1
    assert traits[4, :2].tolist() == traits[5, :2].tolist()
    assert len({tuple(row) for row in traits[[1, 4, 6, 7, 8, 9], :2].tolist()}) == 6
    assert traits[1:, 2].tolist() == [
        SMALL | LETTERS, CAPITAL | LETTERS, CAPITAL | ALL_CAPITALS | LETTERS, SMALL | LETTERS,
        CAPITAL | ALL_CAPITALS | LETTERS, 0, SMALL | LETTERS, LETTERS, 0,
    ]  # fmt: skip


def test_hashes_are_the_same_on_every_machine():
    assert form_traits(["Paris"])[1, :2].tolist() == form_traits(["PARIS"])[1, :2].tolist() == [-211325039, 385874108]


@pytest.mark.parametrize("dimension", [1, 3, 8, 20])
def test_principal_components_are_those_of_the_singular_value_decomposition(dimension):
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(300, 8)) @ random.normal(size=(8, 8)) + 1).astype(np.float32)
    short = principal_components(vectors, dimension)
    scaled = vectors.astype(float) * 0.4 / vectors.std()
    _, _, directions = np.linalg.svd(scaled - scaled.mean(axis=0), full_matrices=False)
    expected = scaled @ directions[:dimension].T
    assert (short.shape, short.dtype) == ((300, min(dimension, 8)), np.float32)
    signs = np.sign((short * expected).sum(axis=0))
    np.testing.assert_allclose(short * signs, expected, rtol=1e-3, atol=1e-3)


def test_components_are_found_for_frequent_words(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    monkeypatch.setattr(contexts, "_FREQUENT", 10)
    scaled = vectors * np.float32(0.4 / vectors.std())
    spread = principal_components(vectors, 4)[:10].var(axis=0)
    assert spread.tolist() == sorted(spread, reverse=True)
    assert spread.sum() == pytest.approx(scaled[:10].var(axis=0).sum(), rel=1e-4)


@pytest.mark.parametrize("vectors", [np.zeros((3, 2)), np.ones((1, 1)), np.full((5, 3), 2.0)])
def test_vectors_that_do_not_differ(vectors):
    assert np.isfinite(principal_components(vectors.astype(np.float32), 2)).all()


def test_batches_are_whole_passages(monkeypatch):
    monkeypatch.setattr(contexts, "_BATCH", 5)
    corpus = dr.Corpus.from_sentences([["a"] * n for n in (3, 1, 4, 0, 2, 9, 1)], documents=[2, 1, 2, 2])
    batches = Passages.of(corpus).batches()
    assert [(tokens.start, tokens.stop) for _, tokens in batches] == [(0, 8), (8, 10), (10, 20)]
    assert [own.passage_offsets.tolist() for own, _ in batches] == [[0, 2, 3], [0, 2], [0, 2]]
    assert [own.sentence_offsets.tolist() for own, _ in batches] == [[0, 3, 4, 8], [0, 0, 2], [0, 9, 10]]
    assert [own.tokens for own, _ in batches] == [8, 2, 10]
    assert Passages.of(dr.Corpus.from_sentences([])).batches() == []
    assert Passages.of(dr.Corpus.from_sentences([[], []])).batches() == []


def test_the_context_of_a_word_is_its_document(random_model):
    model = random_model(0, vectors=3)
    words = [["a", "X", "b"], ["c"], ["X", "Y"]]
    one = model.context(dr.Corpus.from_sentences(words))
    two = model.context(dr.Corpus.from_sentences(words, documents=[2, 1]))
    assert one[1, 8] == one[4, 8] == 1  # there are others
    assert not two[:, :10].any()


def test_training_leaves_the_vectors_of_context_as_they_are(toy, small):
    words = sorted({fold(word) for word in toy.forms})
    vectors = dr.WordVectors(tuple(words), np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32))
    tagger = dr.Tagger(vectors, **small, context=True)
    parameters = tagger.fit(toy).model.network.parameters
    ids = tagger.model.encoder.vocabularies["word"].ids(words)
    np.testing.assert_array_equal(parameters["context.vectors"].value[ids], principal_components(vectors.matrix, 50))
    assert not parameters["context.vectors"].value[:2].any()
    assert parameters["context.weight"].shape == parameters["context3.weight"].shape == (20, 3 * 6 + 10)


def test_what_is_said_elsewhere_decides(small):
    """Names that only the rest of their document tells from words."""

    def document(word, name):
        usual = ["we", "saw", word] if name else ["we", word, "it"]
        return [[word, "now"], usual], [["B-X" if name else "O", "O"], ["O", "O", "B-X"] if name else ["O"] * 3]

    def corpus(numbers):
        parts = [document(f"{letters[i % 26]}{letters[i // 26]}", i % 3 == 0) for i in numbers]
        sentences = [sentence for part in parts for sentence in part[0]]
        return dr.Corpus.from_sentences(
            sentences, [labels for part in parts for labels in part[1]], documents=[2] * len(parts)
        )

    letters = "abcdefghijklmnopqrstuvwxyz"
    vectors = dr.WordVectors(("we", "saw", "it", "now"), np.eye(4, dtype=np.float32))
    settings = {**small, "epochs": 30, "features": ("word",), "minimum_count": 9}
    with_context, without = (
        dr.Tagger(vectors, **settings, context=context).fit(corpus(range(150))).evaluate(corpus(range(150, 250)))
        for context in (True, False)
    )
    assert with_context.overall.f1 > 0.95
    assert without.overall.f1 < 0.9
