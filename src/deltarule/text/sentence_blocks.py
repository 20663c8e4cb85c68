"""Corpora read block by block, so that a text need not fit into memory: whole passages of CoNLL columns or CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

from deltarule.errors import InputError
from deltarule.text.conll import Layout, add_conll_lines, find_layout
from deltarule.text.conllu import add_conllu_lines
from deltarule.text.corpus import Corpus, CorpusBuilder
from deltarule.text.token_block import TokenBlock, whole_passages

__all__ = ["SentenceBlock", "conll_corpora", "conll_token_blocks", "conllu_corpora", "sentence_blocks"]

_EMPTY_LINE = re.compile(r"\n[ \t]*\n")

AddLines: TypeAlias = Callable[[CorpusBuilder, Iterable[tuple[int, str]]], None]


class SentenceBlock(NamedTuple):
    """Lines of a text that hold whole sentences, and the number of the first of them."""

    text: str
    first_line: int

    def lines(self) -> Iterable[tuple[int, str]]:
        """Return the lines with their numbers."""
        return enumerate(self.text.removesuffix("\n").split("\n"), self.first_line)


def sentence_blocks(texts: Iterable[str]) -> Iterator[SentenceBlock]:
    r"""Cut a text that comes in blocks anew, behind empty lines.

    Examples
    --------
    >>> [tuple(block) for block in sentence_blocks(["a\n\nb\n", "c\n\nd\n"])]
    [('a\n\n', 1), ('b\nc\n\n', 3), ('d\n', 6)]
    """
    rest, line = "", 1
    for text in texts:
        rest += text
        cut = _behind_last_empty_line(rest)
        if cut:
            yield SentenceBlock(rest[:cut], line)
            line += rest.count("\n", 0, cut)
            rest = rest[cut:]
    if rest:
        yield SentenceBlock(rest, line)


def _behind_last_empty_line(text: str) -> int:
    """Return the place behind the last empty line, 0 if there is none."""
    found = text.rfind("\n\n")
    if found >= 0:
        return found + 2
    *_, last = (0, *(match.end() for match in _EMPTY_LINE.finditer(text)))
    return last


def conll_token_blocks(texts: Iterable[str], source: str) -> Iterator[TokenBlock]:
    """Read the tokens of CoNLL columns: by their bytes, and what bytes do not tell by the parser of lines.

    Parameters
    ----------
    texts : the text in blocks
    source : for messages

    Yields
    ------
    TokenBlock
        Whole passages.

    Raises
    ------
    InputError
        As `parse_conll` without labels does.
    """
    layout, blocks = _with_layout(sentence_blocks(texts), source)
    empty = True
    for tokens in whole_passages(_tokens_of(block, layout, source) for block in blocks):
        empty &= not len(tokens)
        yield tokens
    if empty:
        raise _no_tokens(source)


def _tokens_of(block: SentenceBlock, layout: Layout, source: str) -> TokenBlock:
    """Find the tokens of a block by its bytes, or by the parser of lines."""
    tokens = TokenBlock.of_lines(block.text, layout)
    if tokens is not None:
        return tokens
    builder = CorpusBuilder(source)
    add_conll_lines(builder, block.lines(), layout, labelled=False)
    builder.end_sentence()
    document_begins = list(builder.document_begins)
    return TokenBlock.of_corpus(builder.build(), document_begins)


def conll_corpora(texts: Iterable[str], source: str) -> Iterator[Corpus]:
    """Read CoNLL columns without labels as corpora of whole passages; see `conll_token_blocks`."""
    layout, blocks = _with_layout(sentence_blocks(texts), source)
    return _corpora(blocks, _conll_lines(layout), source, _no_tokens(source))


def conllu_corpora(texts: Iterable[str], source: str) -> Iterator[Corpus]:
    """Read CoNLL-U as corpora of whole passages; errors are those of `parse_conllu`."""
    nothing = InputError(f"{source}: there are no words in it, only comments; CoNLL-U was expected")
    return _corpora(sentence_blocks(texts), add_conllu_lines, source, nothing)


def _with_layout(blocks: Iterator[SentenceBlock], source: str) -> tuple[Layout, Iterator[SentenceBlock]]:
    """Read as far as it takes to know how lines divide into columns."""
    read: list[SentenceBlock] = []

    def lines() -> Iterator[tuple[int, str]]:
        for block in blocks:
            read.append(block)
            yield from block.lines()

    layout = find_layout(lines(), False, source)
    return layout, chain(read, blocks)


def _conll_lines(layout: Layout) -> AddLines:
    return lambda builder, lines: add_conll_lines(builder, lines, layout, labelled=False)


def _corpora(
    blocks: Iterable[SentenceBlock], add_lines: AddLines, source: str, nothing: InputError
) -> Iterator[Corpus]:
    """Parse blocks; raise an error if there is nothing in any of them."""
    builder, empty = CorpusBuilder(source), True
    for block in blocks:
        add_lines(builder, block.lines())
        builder.end_sentence()
        corpus = builder.build_passages()
        empty &= not len(corpus)
        yield corpus
    corpus = builder.build()
    if empty and not len(corpus):
        raise nothing
    yield corpus


def _no_tokens(source: str) -> InputError:
    return InputError(f"{source}: there are no tokens in it, only comments; one token a line was expected")
