from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.tagging.decoding import Decoder

LABELS = {
    "IOBES": ("O", "B-A", "I-A", "E-A", "S-A", "S-B"),
    "IOB2": ("O", "B-A", "I-A", "B-B", "I-B"),
    "IOB1": ("O", "I-A", "B-A", "I-B"),
    "BMES": ("B", "M", "E", "S"),
    "plain": ("NOUN", "VERB", "X"),
}


def is_legal(labels, decoder):
    return bool(
        decoder.start[labels[0]]
        and decoder.end[labels[-1]]
        and all(decoder.between[one, other] for one, other in pairwise(labels))
    )


def brute_force(scores, decoder):
    """The legal sequence of the highest total score, found by trying all."""
    legal = [y for y in product(range(scores.shape[1]), repeat=len(scores)) if is_legal(y, decoder)]
    return max(legal, key=lambda y: total_score(scores, y, decoder.learned))


def total_score(scores, labels, learned):
    total = sum(scores[t, label] for t, label in enumerate(labels))
    if learned:
        total += learned["start"][labels[0]] + learned["end"][labels[-1]]
        total += sum(learned["transitions"][one, other] for one, other in pairwise(labels))
    return total


@st.composite
def texts(draw):
    """A scheme with its decoder, scores in which no two sequences tie, and the lengths of one to three sentences."""
    scheme = draw(st.sampled_from(sorted(LABELS)))
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = LABELS[scheme]
    decoder, count = Decoder.of_labels(names, scheme), len(names)
    if draw(st.booleans()):
        shapes = {"transitions": (count, count), "start": (count,), "end": (count,)}
        decoder = decoder.with_learned({name: random.normal(scale=2, size=s) for name, s in shapes.items()})
    return decoder, random.normal(size=(sum(lengths), count)), lengths


def pieces(array, lengths):
    return np.split(array, np.cumsum(lengths)[:-1])


def test_a_sentence_of_five_words():
    random, decoder = np.random.default_rng(5), Decoder.of_labels(LABELS["IOBES"], "IOBES")
    scores = random.normal(size=(5, 6))
    assert decoder.decode(scores, np.array([0, 5])).tolist() == list(brute_force(scores, decoder))


@given(texts())
def test_decoding_finds_what_trying_all_sequences_finds(text):
    decoder, scores, lengths = text
    decoded = decoder.decode(scores, np.cumsum([0, *lengths]))
    assert decoded.dtype == np.int16
    assert decoded.tolist() == [y for part in pieces(scores, lengths) for y in brute_force(part, decoder)]


@given(texts())
def test_decoded_labels_are_legal_and_raw_ones_are_found_out(text):
    decoder, scores, lengths = text
    offsets = np.cumsum([0, *lengths])
    decoded, raw = decoder.decode(scores, offsets), scores.argmax(axis=1)
    assert all(is_legal(part, decoder) for part in pieces(decoded, lengths))
    assert decoder.illegal_sentences(decoded, offsets).size == 0
    illegal = [number for number, part in enumerate(pieces(raw, lengths)) if not is_legal(part, decoder)]
    assert decoder.illegal_sentences(raw, offsets).tolist() == illegal


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_plain_labels_are_each_token_s_best(seed, tokens):
    scores = np.random.default_rng(seed).normal(size=(tokens, 3))
    decoder = Decoder.of_labels(LABELS["plain"], "plain")
    assert decoder.decode(scores, np.array([0, tokens])).tolist() == scores.argmax(axis=1).tolist()


@given(texts(), st.floats(-100, 100))
def test_a_number_added_to_all_scores_of_a_token_changes_nothing(text, shift):
    decoder, scores, lengths = text
    offsets = np.cumsum([0, *lengths])
    shifted = scores.copy()
    shifted[-1] += shift
    assert decoder.decode(shifted, offsets).tolist() == decoder.decode(scores, offsets).tolist()


def test_the_best_legal_sequence_is_not_the_best_labels_repaired():
    # Token by token E-A B-A wins; of the legal sequences B-A E-A has 2 + 2, S-A S-A only 3 + 0.
    decoder = Decoder.of_labels(("B-A", "E-A", "S-A"), "IOBES")
    scores = np.array([[2.0, 4.0, 3.0], [3.0, 2.0, 0.0]])
    assert decoder.decode(scores, np.array([0, 2])).tolist() == [0, 1]


def test_empty_sentences_and_empty_texts():
    decoder = Decoder.of_labels(("B-A", "E-A", "S-A"), "IOBES")
    scores = np.array([[9.0, 0.0, 1.0], [0.0, 9.0, 1.0]])
    assert decoder.decode(scores, np.array([0, 0, 1, 1, 2, 2])).tolist() == [2, 2]
    assert decoder.decode(np.empty((0, 3)), np.array([0])).tolist() == []


@pytest.mark.parametrize("names", [("O", "I-A"), ("O", "B-A", "I-A", "E-A", "S-A")])
def test_names_of_labels_give_the_rules(names):
    decoder = Decoder.of_labels(names, "IOBES")
    assert decoder.start.tolist() == [name[0] in "OBS" for name in names]
    assert decoder.end.tolist() == [name[0] in "OES" for name in names]
