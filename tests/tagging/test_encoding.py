import numpy as np

import deltarule as dr
from deltarule.tagging.encoding import FormEncoder, folded_words
from deltarule.text import BOUNDARY, FEATURES, UNKNOWN

CORPUS = dr.Corpus.from_sentences([["Paris", "is", "paris"], ["Rome", "is", "1984"], ["1999"]])


def vectors(*words, dimension=2):
    return dr.WordVectors(words, np.arange(len(words) * dimension, dtype=np.float32).reshape(-1, dimension))


def test_words_that_fold_alike_share_the_row_of_the_first():
    assert folded_words(vectors("the", "1999", "The", "2024", "paris")) == {"the": 0, "0000": 1, "paris": 4}


def test_rare_words_are_counted_by_their_folded_form():
    encoder = FormEncoder.of_corpus(CORPUS, ["word"], minimum=2)
    assert encoder.vocabularies["word"].entries == ("0000", "is", "paris")
    encoded = encoder.encode(CORPUS.forms)
    ids = dict(zip(CORPUS.forms, encoded["word"][1:].tolist(), strict=True))
    assert ids == {"Paris": 4, "is": 3, "paris": 4, "Rome": UNKNOWN, "1984": 2, "1999": 2}


def test_row_0_is_the_boundary_of_a_sentence_and_new_words_are_unknown():
    encoder = FormEncoder.of_corpus(CORPUS, FEATURES, minimum=1)
    encoded = encoder.encode(["quux", "Rome"])
    assert list(encoded) == list(FEATURES)
    assert all(ids.dtype == np.int32 and ids.shape == (3,) and ids[0] == BOUNDARY for ids in encoded.values())
    assert (encoded["word"][1], encoded["prefix2"][1]) == (UNKNOWN, UNKNOWN)
    assert encoder.vocabularies["capitalisation"][encoded["capitalisation"][1]] == "lower"
    assert encoder.vocabularies["word"][encoded["word"][2]] == "rome"
    assert encoder.vocabularies["suffix2"][encoded["suffix2"][2]] == "me"


def test_every_word_with_a_vector_is_in_the_vocabulary_and_comes_first():
    known = vectors("Zebra", "is", "2001", "unseen")
    encoder = FormEncoder.of_corpus(CORPUS, ["word", "suffix2"], minimum=2, vectors=known)
    assert encoder.vocabularies["word"].entries == ("zebra", "is", "0000", "unseen", "paris")
    assert "ra" not in encoder.vocabularies["suffix2"]


def test_an_empty_list_of_forms():
    encoder = FormEncoder.of_corpus(CORPUS, ["word"], minimum=1)
    assert encoder.encode([])["word"].tolist() == [BOUNDARY]
