import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.kernels.viterbi import best_labels
from deltarule.tagging.decoding import Decoder

LABELS = {
    "IOBES": ("O", "B-A", "I-A", "E-A", "S-A", "B-B", "E-B", "S-B"),
    "IOB2": ("O", "B-A", "I-A", "B-B", "I-B"),
    "BMES": ("B", "M", "E", "S"),
    "plain": ("NOUN", "VERB", "X"),
}


def compiled(scores, offsets, decoder):
    labels = np.empty(len(scores), np.int16)
    best_labels(scores, offsets, decoder.start, decoder.between, decoder.end, labels)
    return labels.tolist()


@given(
    st.sampled_from(sorted(LABELS)),
    st.lists(st.integers(0, 12), min_size=1, max_size=6),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_labels_are_those_of_the_reference(scheme, lengths, seed, ties):
    decoder, random = Decoder.of_labels(LABELS[scheme], scheme), np.random.default_rng(seed)
    shape = (sum(lengths), len(LABELS[scheme]))
    scores = (random.integers(-2, 3, shape) if ties else random.normal(size=shape)).astype(np.float32)
    offsets = np.cumsum([0, *lengths])
    assert compiled(scores, offsets, decoder) == decoder.decode(scores, offsets).tolist()


@pytest.mark.parametrize("length", [1, 3])
def test_where_no_labels_are_allowed_there_are_labels_all_the_same(length):
    nothing = Decoder(np.zeros(2, bool), np.zeros((2, 2), bool), np.zeros(2, bool))
    scores = np.arange(2 * length, dtype=np.float32).reshape(length, 2)
    assert compiled(scores, np.array([0, length]), nothing) == nothing.decode(scores, np.array([0, length])).tolist()


def test_small_differences_decide_long_sentences():
    decoder = Decoder.of_labels(LABELS["IOBES"], "IOBES")
    scores = np.random.default_rng(1).normal(size=(20_000, 8)).astype(np.float32)
    offsets = np.array([0, 20_000])
    assert compiled(scores, offsets, decoder) == decoder.decode(scores, offsets).tolist()
