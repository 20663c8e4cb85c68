from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text import corpus, passages, token_block
from deltarule.text.conll import parse_conll
from deltarule.text.conllu import parse_conllu
from deltarule.text.sentence_blocks import conll_corpora, conll_token_blocks, conllu_corpora, sentence_blocks

TOKENS = ["Ada", "#tag", "#", "-", "-DOCSTART-", "# newdoc", "# a comment", "é", "-DO", "東京", "", "", "", " "]
LABELLED = ["Ada O", "#tag O", "# O", "-DOCSTART- O", "# newdoc", "# a = b", "a b c", "  é   O", "", "", " "]
TABS = ["New York\tO", "#\tO", "-DOCSTART-\tO", "# newdoc\tO", "#x", " \tO", "a", "\tO", "", "", "\t"]
WORDS = ["1\tAda", "2\tsings", "1-2\tx", "# newdoc", "", "", " ", "3", "x\ty"]
LINES = st.sampled_from([TOKENS, LABELLED, TABS]).flatmap(lambda lines: st.lists(st.sampled_from(lines), max_size=30))


def cut(text, size):
    return [text[i : i + size] for i in range(0, len(text), size)]


def words_of_blocks(blocks):
    found = []
    for block in blocks:
        tokens = [
            block.text[a:b].tobytes().decode() for a, b in zip(block.starts.tolist(), block.ends.tolist(), strict=True)
        ]
        bounds = block.sentence_offsets.tolist()
        found += [tokens[a:b] for a, b in pairwise(bounds)]
    return found


def words_of_corpora(corpora):
    return [corpus.words(sentence) for corpus in corpora for sentence in range(corpus.sentences)]


def passages_of_blocks(blocks):
    """The sentences of each passage."""
    return [
        sentences[a:b]
        for block in blocks
        for sentences in [words_of_blocks([block])]
        for a, b in pairwise(block.passage_offsets.tolist())
    ]


def passages_of_corpora(corpora):
    return [
        [corpus.words(sentence) for sentence in range(a, b)]
        for corpus in corpora
        for a, b in pairwise(passages.passage_offsets(corpus.document_offsets).tolist())
    ]


@contextmanager
def short_passages(length):
    """Make passages shorter, so that short texts have several."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (passages, corpus, token_block):
            patch.setattr(module, "PASSAGE", length)
        yield


def outcome(read):
    """What a reader returns, or its message."""
    try:
        return read()
    except InputError as error:
        return str(error)


@given(LINES, st.integers(1, 40))
def test_conll_blocks_are_what_the_whole_text_is(lines, size):
    text = "\n".join(lines)
    whole = outcome(lambda: words_of_corpora([parse_conll(lines, labelled=False, source="x")]))
    assert outcome(lambda: words_of_blocks(conll_token_blocks(cut(text, size), "x"))) == whole
    assert outcome(lambda: words_of_corpora(conll_corpora(cut(text, size), "x"))) == whole


@given(LINES, st.integers(1, 40), st.integers(1, 3))
def test_conll_blocks_have_the_passages_of_the_whole_text(lines, size, length):
    text = "\n".join(lines)
    with short_passages(length):
        whole = outcome(lambda: passages_of_corpora([parse_conll(lines, labelled=False, source="x")]))
        assert outcome(lambda: passages_of_blocks(conll_token_blocks(cut(text, size), "x"))) == whole
        assert outcome(lambda: passages_of_corpora(conll_corpora(cut(text, size), "x"))) == whole


def test_long_documents_are_cut_where_the_whole_text_is():
    for marks in ([], [7], [0, 40, 100], [95, 180], [200]):
        lines = [line for i in range(201) for line in (["-DOCSTART-", ""] if i in marks else []) + [f"w{i}", ""]]
        whole = passages_of_corpora([parse_conll(lines, labelled=False)])
        assert [len(passage) for passage in whole] == np.diff(passages.passage_offsets(
            np.array([0, *(mark for mark in marks if mark), 201])
        )).tolist()  # fmt: skip
        for size in (9, 100, 700, 5000):
            assert passages_of_blocks(conll_token_blocks(cut("\n".join(lines), size), "x")) == whole
            assert passages_of_corpora(conll_corpora(cut("\n".join(lines), size), "x")) == whole


@given(st.lists(st.sampled_from(WORDS), max_size=20), st.integers(1, 60), st.integers(1, 3))
def test_conllu_blocks_have_the_passages_of_the_whole_text(words, size, length):
    lines = [line + "\t_\tX" + "\t_" * 6 if "\t" in line else line for line in words]
    with short_passages(length):
        whole = outcome(lambda: passages_of_corpora([parse_conllu(lines, source="x")]))
        assert outcome(lambda: passages_of_corpora(conllu_corpora(cut("\n".join(lines), size), "x"))) == whole


@given(st.lists(st.sampled_from(WORDS), max_size=20), st.integers(1, 60))
def test_conllu_blocks_are_what_the_whole_text_is(words, size):
    lines = [line + "\t_\tX" + "\t_" * 6 if "\t" in line else line for line in words]
    whole = outcome(lambda: words_of_corpora([parse_conllu(lines, source="x")]))
    assert outcome(lambda: words_of_corpora(conllu_corpora(cut("\n".join(lines), size), "x"))) == whole


def test_blocks_end_behind_empty_lines_and_know_their_lines():
    blocks = [(block.text, block.first_line) for block in sentence_blocks(["a\nb\n", "\nc\n", "\t \n", "d", "\n"])]
    assert blocks == [("a\nb\n\n", 1), ("c\n\t \n", 4), ("d\n", 6)]


def test_line_numbers_in_errors_count_from_the_beginning_of_the_text():
    texts = ["Ada\n\n"] * 1000 + ["a b\n\n"]
    for read in (conll_token_blocks, conll_corpora):
        with pytest.raises(InputError, match=r"^x:2001: expected 1 column, found 2: 'a b'; every token needs"):
            list(read(texts, "x"))


def test_only_what_is_needed_is_read_ahead():
    def texts():
        for number in range(1000):
            seen.append(number)
            yield 40 * "Ada\n\n"

    seen = []
    blocks = conll_token_blocks(texts(), "x")
    next(blocks)
    assert len(seen) <= 2


def test_the_columns_may_be_known_only_late():
    texts = ["#a b\n\n", "# a comment\n\n", "Ada O\n\n"]
    assert words_of_blocks(conll_token_blocks(texts, "x")) == [["#a"], ["Ada"]]


@pytest.mark.parametrize("text", ["", "# only\n\n# comments\n"])
def test_texts_without_tokens_are_refused(text):
    with pytest.raises(InputError, match=r"^x: there are no tokens in it"):
        list(conll_token_blocks([text] if text else [], "x"))
    with pytest.raises(InputError, match=r"^x: there are no words in it, only comments; CoNLL-U was expected"):
        list(conllu_corpora([text] if text else [], "x"))
