from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.text import plain_blocks
from deltarule.text.plain import read_plain
from deltarule.text.plain_blocks import plain_corpora

# Pieces at which tokens and sentences are decided by what is around them.
PIECES = [
    "Dr", "No", "A", "J", "don", "n't", "'s", "she", "Paris", "3", "12,5", "www.a.org", "x@y.com", ":-)", "東京", "は",
    ".", "..", "...", "!", "?", "…", "。", '"', "'", "''", "``", "“", "”", "(", ")", "[", "-", "--", "@", "#", "&", ",",
    "é", " ", " ", " ", "\n", "\n\n", "\t", "\u2029", "\u3000", "\u00a0", "🇩🇪", "👍🏽", "\u200d",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def columns(corpora):
    """Tokens with their places in the whole text, and sentences, of all blocks."""
    words, places, sentences, begin = [], [], [], 0
    for corpus in corpora:
        starts, ends = (corpus.starts + begin).tolist(), (corpus.ends + begin).tolist()
        sentences += [(len(words) + a, len(words) + b) for a, b in zip(*bounds(corpus), strict=True)]
        words += [corpus.forms[token] for token in corpus.tokens]
        places += zip(starts, ends, strict=True)
        begin += len(corpus.text)
    return words, places, sentences


def bounds(corpus):
    return corpus.sentence_offsets[:-1].tolist(), corpus.sentence_offsets[1:].tolist()


@given(TEXTS, st.lists(st.integers(0, 200), max_size=8))
def test_blocks_are_what_the_whole_text_is(text, cuts):
    cuts = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    blocks = [text[a:b] for a, b in pairwise(cuts)]
    corpora = list(plain_corpora(blocks, "<text>"))
    assert "".join(corpus.text for corpus in corpora) == text
    assert columns(corpora) == columns([read_plain(text)])


@given(TEXTS, st.integers(1, 3), st.integers(1, 50))
def test_blocks_are_whole_passages(text, length, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_blocks, "PASSAGE", length)
        corpora = list(plain_corpora((text[i : i + size] for i in range(0, len(text), size)), "<text>"))
    assert columns(corpora) == columns([read_plain(text)])
    assert all(corpus.sentences % length == 0 for corpus in corpora[:-1])


@given(TEXTS)
def test_a_text_may_come_a_character_at_a_time(text):
    assert columns(plain_corpora(text, "<text>")) == columns([read_plain(text)])


def test_blocks_are_given_as_soon_as_their_passages_are_complete():
    corpora = plain_corpora((f"This is sentence {number}. " for number in range(1000)), "<text>")
    sentences = [corpus.sentences for corpus in corpora]
    assert (sum(sentences), set(sentences)) == (1000, {40, 80})


def test_a_long_text_without_an_end_of_sentence_is_read_a_few_times_only(monkeypatch):
    seen = []

    def counting(text, begin):
        seen.append(len(text))
        return plain_tokenise(text, begin)

    plain_tokenise = plain_blocks.tokenise
    monkeypatch.setattr(plain_blocks, "tokenise", counting)
    corpora = list(plain_corpora(["word " * 10] * 1000, "<text>"))
    assert [len(corpus) for corpus in corpora] == [10_000]
    assert sum(seen) < 4 * 50_000
    assert np.array_equal(corpora[0].starts, np.arange(10_000) * 5)
