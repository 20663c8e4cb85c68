"""Context features by the formula, token by token, from the words themselves."""

from itertools import pairwise
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.tagging.contexts import Passages, context_features, context_size, form_traits
from deltarule.text import fold

WORDS = ["the", "The", "THE", "of", "Paris", "paris", "PARIS", "NATO", "x1", "x2", "X3", "-", "1984", "é", "東京"]
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=12)


def share(part, whole):
    return len(part) / len(whole) if whole else 0.0


def reference(passage, vectors):
    """Return the features of each token of one passage, a list of sentences; vectors are by folded form."""
    places = [(sentence, i) for sentence in passage for i in range(len(sentence))]
    zeros, rows = np.zeros(vectors["the"].shape), []
    for sentence, i in places:
        word = sentence[i]
        others = [
            (other, j) for other, j in places if (other is not sentence or j != i) and fold(other[j]) == fold(word)
        ]
        before = [vectors[fold(other[j - 1])] if j > 0 else zeros for other, j in others]
        after = [vectors[fold(other[j + 1])] if j + 1 < len(other) else zeros for other, j in others]
        inner = [other[j] for other, j in others if j > 0]
        letters = [w for w in sentence if any(map(str.isalpha, w))]
        capitals, small = [w for w in letters if w[0].isupper()], [w for w in letters if w[0].islower()]
        shouted = share([w for w in letters if w.isupper()], letters)
        rows.append([
            *(np.mean(before, axis=0) if others else zeros),
            *(np.mean(after, axis=0) if others else zeros),
            share([other[j] for other, j in others if other[j][0].islower()], others),
            share([w for w in inner if w[0].isupper()], inner),
            float(bool(others)),
            log(1 + len(others)) / 3,
            *(sum(vectors[fold(w)] for w in sentence) / sqrt(len(sentence))),
            share(capitals, letters),
            shouted,
            share(small, letters),
            float(shouted > 0.8),
            float(i == 0),
            min(len(sentence), 50) / 50,
        ])  # fmt: skip
    return rows


def by_kernel(sentences, passage_offsets, dimension, seed=0):
    """Return the features, and those of the reference."""
    corpus = dr.Corpus.from_sentences(sentences)
    random, words = np.random.default_rng(seed), sorted({fold(word) for word in WORDS})
    table = random.normal(size=(len(words) + 1, dimension)).astype(np.float32)
    rows = np.array([0, *(1 + words.index(fold(form)) for form in corpus.forms)], np.int32)
    forms = np.column_stack([np.full(len(rows), 99), rows, form_traits(corpus.forms)]).astype(np.int32)
    offsets = np.array(passage_offsets, np.int64)
    passages = Passages(corpus.tokens + np.int32(1), corpus.sentence_offsets.astype(np.int64), offsets)
    found = context_features(passages, np.ascontiguousarray(forms), 1, table)
    vectors = {word: table[1 + i].astype(float) for i, word in enumerate(words)}
    # Sentences may be equal and still are different ones.
    own = [list(sentence) for sentence in sentences]
    expected = [row for a, b in pairwise(passage_offsets) for row in reference(own[a:b], vectors)]
    return found, np.array(expected).reshape(len(corpus), context_size(dimension))


@given(SENTENCES, st.lists(st.integers(0, 12), max_size=3), st.integers(0, 4))
def test_features_are_those_of_the_formula(sentences, cuts, dimension):
    inner = sorted({cut for cut in cuts if 0 < cut < len(sentences)})
    found, expected = by_kernel(sentences, [0, *inner, len(sentences)] if sentences else [0], dimension)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dimension", [0, 25, 50])
def test_long_passages(dimension):
    random = np.random.default_rng(1)
    sentences = [random.choice(WORDS, length).tolist() for length in random.integers(1, 70, 12)]
    found, expected = by_kernel(sentences, [0, 5, 12], dimension)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_a_word_that_occurs_once_has_no_others():
    found, _ = by_kernel([["the", "Paris"], ["of", "x1"], ["the"]], [0, 2, 3], 2)
    assert not found[:, : 2 * 2 + 4].any()


def test_no_text_has_no_features():
    assert by_kernel([], [0], 3)[0].shape == (0, 19)


SENTENCE_MEANS = {
    "in the middle": [["the", "Paris", "of"], [], [], ["x1"], [], ["Paris", "x2", "the", "the"]],
    "at the end": [["the", "Paris"], ["x1"], [], []],
    "at the beginning": [[], [], ["of", "of", "NATO"]],
    "everywhere": [[], ["the"], [], ["of", "Paris"], []],
    "nothing else": [[], []],
}


@pytest.mark.parametrize("sentences", SENTENCE_MEANS.values(), ids=SENTENCE_MEANS)
def test_sums_of_a_sentence_s_vectors_beside_empty_sentences(sentences):
    """Also by sums of NumPy over the sentences' own words; passages end before, at and after empty ones."""
    d, count = 3, len(sentences)
    for cut in range(1, count):
        found, expected = by_kernel(sentences, [0, cut, count], d)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    random, words = np.random.default_rng(0), sorted({fold(word) for word in WORDS})
    table = dict(zip(words, random.normal(size=(len(words) + 1, d)).astype(np.float32)[1:], strict=True))
    found, _ = by_kernel(sentences, [0, count], d)
    begin = 0
    for sentence in sentences:
        own = np.array([table[fold(word)] for word in sentence]).reshape(-1, d)
        for t in range(begin, begin + len(sentence)):
            mean = found[t, 2 * d + 4 : 3 * d + 4]
            np.testing.assert_allclose(mean, own.sum(axis=0) / len(sentence) ** 0.5, rtol=1e-5, atol=1e-6)
        begin += len(sentence)
    assert begin == len(found)
