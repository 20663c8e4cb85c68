from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deltarule.graph.operations.sequences import marginals, sequence_score
from deltarule.kernels.viterbi import best_labels, label_probabilities
from deltarule.tagging.decoding import Decoder

LABELS = {
    "IOBES": ("O", "B-A", "I-A", "E-A", "S-A", "B-B", "E-B", "S-B"),
    "IOB2": ("O", "B-A", "I-A", "B-B", "I-B"),
    "BMES": ("B", "M", "E", "S"),
    "plain": ("NOUN", "VERB", "X"),
    "many": tuple(f"X{i}" for i in range(19)),
    "one": ("X",),
}


def of_labels(name):
    return Decoder.of_labels(LABELS[name], "plain" if name in ("many", "one") else name)


def learned(decoder, random, ties=False):
    """Return a decoder with scores of transitions."""
    count = len(decoder.start)
    shapes = {"transitions": (count, count), "start": (count,), "end": (count,)}
    draw = (lambda s: random.integers(-2, 3, s)) if ties else (lambda s: random.normal(scale=2, size=s))
    return decoder.with_learned({name: draw(s).astype(np.float32) for name, s in shapes.items()})


def compiled(scores, offsets, decoder):
    labels = np.empty(len(scores), np.int16)
    best_labels(scores, offsets, *decoder.scores, bool(decoder.learned), labels)
    return labels.tolist()


def probabilities(scores, offsets, decoder):
    found = np.full_like(scores, np.nan)
    label_probabilities(scores, offsets, *decoder.scores, found)
    return found


texts = {
    "name": st.sampled_from(sorted(LABELS)),
    "lengths": st.lists(st.integers(0, 12), min_size=1, max_size=6),
    "seed": st.integers(0, 2**32),
    "with_learned": st.booleans(),
}


@given(**texts, ties=st.booleans())
def test_labels_are_those_of_the_reference(name, lengths, seed, with_learned, ties):
    decoder, random = of_labels(name), np.random.default_rng(seed)
    if with_learned:
        decoder = learned(decoder, random, ties)
    shape = (sum(lengths), len(LABELS[name]))
    scores = (random.integers(-2, 3, shape) if ties else random.normal(size=shape)).astype(np.float32)
    offsets = np.cumsum([0, *lengths])
    assert compiled(scores, offsets, decoder) == decoder.decode(scores, offsets).tolist()


@pytest.mark.parametrize("length", [1, 3])
def test_where_no_labels_are_allowed_there_are_labels_all_the_same(length):
    nothing = Decoder(np.zeros(2, bool), np.zeros((2, 2), bool), np.zeros(2, bool))
    scores = np.arange(2 * length, dtype=np.float32).reshape(length, 2)
    assert compiled(scores, np.array([0, length]), nothing) == nothing.decode(scores, np.array([0, length])).tolist()
    np.testing.assert_allclose(probabilities(scores, np.array([0, length]), nothing).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("with_learned", [False, True])
def test_small_differences_decide_long_sentences(with_learned):
    random = np.random.default_rng(1)
    decoder = learned(of_labels("IOBES"), random) if with_learned else of_labels("IOBES")
    scores = random.normal(size=(20_000, 8)).astype(np.float32)
    offsets = np.array([0, 20_000])
    assert compiled(scores, offsets, decoder) == decoder.decode(scores, offsets).tolist()


@given(**texts, scale=st.sampled_from([1.0, 30.0, 300.0]))
@example(name="BMES", lengths=[2], seed=405035938, with_learned=False, scale=30.0)  # below 1e-38, but not at the end
def test_probabilities_are_the_marginals_of_the_reference(name, lengths, seed, with_learned, scale):
    decoder, random = of_labels(name), np.random.default_rng(seed)
    if with_learned:
        decoder = learned(decoder, random)
    offsets = np.cumsum([0, *lengths])
    scores = random.normal(scale=scale, size=(offsets[-1], len(LABELS[name]))).astype(np.float32)
    found = probabilities(scores, offsets, decoder)
    start, transitions, end = (np.maximum(array, -1e4).astype(float) for array in decoder.scores)
    for begin, stop in pairwise(offsets):
        if stop > begin:
            expected, _ = marginals(scores[begin:stop].astype(float), transitions, start, end)
            np.testing.assert_allclose(found[begin:stop], expected, rtol=1e-4 * max(1, scale / 30), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


@given(seed=st.integers(0, 2**32), length=st.integers(1, 4))
def test_probabilities_are_those_of_trying_all_sequences(seed, length):
    random = np.random.default_rng(seed)
    decoder = learned(of_labels("BMES"), random)
    scores = random.normal(size=(length, 4)).astype(np.float32)
    start, transitions, end = decoder.scores
    expected = np.zeros((length, 4))
    for y in product(range(4), repeat=length):
        expected[np.arange(length), y] += np.exp(sequence_score(scores, transitions, start, end, np.array(y)))
    expected /= expected[0].sum()
    np.testing.assert_allclose(probabilities(scores, np.array([0, length]), decoder), expected, rtol=1e-4, atol=1e-6)


def test_labels_that_are_not_allowed_have_no_probability():
    random, decoder = np.random.default_rng(0), of_labels("BMES")
    found = probabilities(random.normal(size=(6, 4)).astype(np.float32), np.array([0, 6]), decoder)
    assert found[0, [1, 2]].tolist() == [0, 0]  # no sentence begins with M or E
    assert found[-1, [0, 1]].tolist() == [0, 0]


def test_without_rules_and_transitions_probabilities_are_a_softmax():
    scores = np.random.default_rng(0).normal(size=(50, 19)).astype(np.float32)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    found = probabilities(scores, np.array([0, 20, 50]), of_labels("many"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_sentences_that_need_double_precision_leave_the_others_as_they_are():
    """Their room is allocated while that of all sentences is in use."""
    random = np.random.default_rng(0)
    decoder, offsets = learned(of_labels("many"), random), np.arange(0, 801, 8)
    scores = random.normal(size=(800, 19)).astype(np.float32)
    expected = probabilities(scores, offsets, decoder)
    far = (np.arange(800) // 8) % 2 == 0
    scores[far] *= 500
    np.testing.assert_array_equal(probabilities(scores, offsets, decoder)[~far], expected[~far])
