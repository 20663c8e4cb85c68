import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.text.lexicon import MATCHES, Lexicon

WORDS = st.sampled_from(["a", "A", "b", "B", "c"])
PHRASES = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=6).map(tuple)
SENTENCES = st.lists(st.lists(WORDS, max_size=8), max_size=4)


def said(lexicon, *sentences):
    corpus = dr.Corpus.from_sentences(sentences)
    return "".join("-" if match == 0 else MATCHES[match] for match in lexicon.matches(corpus))


def word_by_word(phrases, sentence):
    """Match phrases one by one, as the definition says."""
    found, i = "", 0
    while i < len(sentence):
        for fold in (str, str.casefold):
            known = {tuple(map(fold, phrase)) for phrase in phrases}
            lengths = [n for n in range(1, len(sentence) - i + 1) if tuple(map(fold, sentence[i : i + n])) in known]
            if lengths:
                break
        if not lengths:
            found, i = found + "-", i + 1
            continue
        match = "S" if lengths[-1] == 1 else "B" + "I" * (lengths[-1] - 2) + "E"
        found, i = found + (match if fold is str else match.lower()), i + lengths[-1]
    return found


@given(PHRASES, SENTENCES)
def test_matches_are_those_found_word_by_word(phrases, sentences):
    assert said(Lexicon(phrases), *sentences) == "".join(word_by_word(phrases, sentence) for sentence in sentences)


def test_the_longest_phrase_and_its_own_case_come_first():
    lexicon = Lexicon((("New", "York"), ("New", "York", "City", "Hall"), ("us",), ("US", "Army")))
    assert said(lexicon, ["New", "York", "City"], ["new", "york", "us", "US", "army"]) == "BE-beSbe"


def test_phrases_do_not_reach_across_sentences():
    assert said(Lexicon((("New", "York"),)), ["New"], ["York", "New"], [], ["New", "York"]) == "---BE"


def test_a_file_has_a_phrase_a_line(tmp_path):
    (tmp_path / "cities.txt.gz").write_bytes(gzip.compress(b"Paris\n\n  St. John's \nParis\n"))
    lexicon = Lexicon.read(tmp_path / "cities.txt.gz")
    assert lexicon.phrases == (("Paris",), ("St.", "John", "'s"))
    assert Lexicon.read(tmp_path / "cities.txt.gz", words=list).phrases[0] == tuple("Paris")
    assert len(lexicon) == 2


def test_a_file_without_phrases_is_an_error(tmp_path):
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(dr.InputError, match=r"empty\.txt"):
        Lexicon.read(tmp_path / "empty.txt")


def test_matches_are_small_numbers():
    matches = Lexicon((("a",),)).matches(dr.Corpus.from_sentences([]))
    assert (matches.dtype, len(matches)) == (np.int8, 0)
