from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.text import cut_into_characters, read_characters, read_plain, spans
from deltarule.text.characters import character_corpora, in_context, unbroken_offsets

TEXTS = st.text("我来。！”a1 \n\t\u3000𠀀", max_size=30)


def words_of(corpus):
    """Join the characters that the labels put into one word."""
    found = []
    for sentence in range(corpus.sentences):
        characters = corpus.words(sentence)
        found.append(["".join(characters[s.start : s.end]) for s in spans(corpus.sentence_labels(sentence))])
    return found


def test_plain_text_is_divided_at_full_stops_with_what_closes_and_at_the_ends_of_lines():
    corpus = read_characters("“他来了。”我走？\n第 3 行，\n\n")
    assert ["".join(corpus.words(i)) for i in range(corpus.sentences)] == ["“他来了。”", "我走？", "第3行，"]
    assert corpus.starts.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15]
    assert corpus.documents == 1


@pytest.mark.parametrize("text", ["", " \n\u3000"])
def test_a_text_without_characters_is_an_empty_corpus(text):
    corpus = read_characters(text)
    assert (len(corpus), corpus.sentences, corpus.documents) == (0, 0, 0)
    assert len(in_context(corpus)) == 0


@given(TEXTS)
def test_every_character_but_white_space_is_a_token_at_its_place(text):
    corpus = read_characters(text)
    tokens = [corpus.forms[token] for token in corpus.tokens]
    assert tokens == [text[start] for start in corpus.starts] == [c for c in text if not c.isspace()]


@given(TEXTS, st.lists(st.integers(0, 30), max_size=4))
def test_blocks_do_not_change_what_is_read(text, cuts):
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    parts = list(character_corpora([text[first:last] for first, last in pairwise(bounds)], "<text>"))
    whole = read_characters(text)
    assert "".join(part.text for part in parts) == text
    sentences = [part.words(i) for part in parts for i in range(part.sentences)]
    assert sentences == [whole.words(i) for i in range(whole.sentences)]


@given(st.lists(st.lists(st.text("我来了ab1", min_size=1, max_size=5), min_size=1, max_size=6), min_size=1, max_size=4))
def test_the_labels_of_characters_spell_out_the_words_that_were_cut(sentences):
    corpus = dr.Corpus.from_sentences(sentences, [["NOUN"] * len(sentence) for sentence in sentences])
    cut = cut_into_characters(corpus)
    assert words_of(cut) == sentences
    assert words_of(cut_into_characters(cut, "BMES")) == sentences  # characters stay as they are
    assert cut.tokens.dtype == np.int32


def test_chunks_stay_chunks():
    corpus = dr.Corpus.from_sentences([["在", "北京", "2008"]], [["O", "B-LOC", "O"]])
    cut = cut_into_characters(corpus)
    assert cut.words(0) == ["在", "北", "京", "2", "0", "0", "8"]
    assert cut.sentence_labels(0) == ["O", "B-LOC", "I-LOC", "O", "O", "O", "O"]


def test_words_at_places_in_a_text_are_cut_in_place():
    text = "Go to 北京."
    cut = cut_into_characters(read_plain(text))
    assert [text[s:e] for s, e in zip(cut.starts, cut.ends, strict=True)] == list("Goto北京.")


def test_labels_that_fit_no_scheme_name_the_corpus():
    corpus = dr.Corpus.from_sentences([["我们", "来"]], [["M", "B"]], source="a.conll")
    with pytest.raises(dr.InputError, match=r"a\.conll: the labels fit no scheme"):
        cut_into_characters(corpus)


@given(TEXTS)
def test_each_character_stands_behind_the_one_before_it(text):
    corpus = read_characters(text)
    seen = in_context(corpus)
    sentence_ends = set(corpus.sentence_offsets.tolist())
    for i, start in enumerate(corpus.starts.tolist()):
        before = " " if i in sentence_ends or text[start - 1].isspace() else text[start - 1]
        assert seen.forms[seen.tokens[i]] == before + text[start]


def test_stretches_end_at_white_space_and_at_sentences():
    assert unbroken_offsets(read_characters("我 来了。他走")).tolist() == [0, 1, 4, 6]
    assert unbroken_offsets(dr.Corpus.from_sentences([["我", "来"], ["他"]])).tolist() == [0, 2, 3]
