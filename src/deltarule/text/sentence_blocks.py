"""Corpora read block by block, so that a text need not fit into memory: whole sentences of CoNLL columns or CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

from deltarule.errors import InputError
from deltarule.text.conll import Layout, add_conll_lines, find_layout
from deltarule.text.conllu import add_conllu_lines
from deltarule.text.corpus import Corpus, CorpusBuilder
from deltarule.text.token_block import TokenBlock

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

    Raises
    ------
    InputError
        As `parse_conll` without labels does.
    """
    layout, blocks = _with_layout(sentence_blocks(texts), source)
    empty = True
    for block in blocks:
        tokens = TokenBlock.of_lines(block.text, layout)
        if tokens is None:
            tokens = TokenBlock.of_corpus(_parse(block, _conll_lines(layout), source))
        empty &= not len(tokens)
        yield tokens
    if empty:
        raise _no_tokens(source)


def conll_corpora(texts: Iterable[str], source: str) -> Iterator[Corpus]:
    """Read CoNLL columns without labels as a corpus for each block; see `conll_token_blocks`."""
    layout, blocks = _with_layout(sentence_blocks(texts), source)
    return _corpora(blocks, _conll_lines(layout), source, _no_tokens(source))


def conllu_corpora(texts: Iterable[str], source: str) -> Iterator[Corpus]:
    """Read CoNLL-U as a corpus for each block; errors are those of `parse_conllu`."""
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
    empty = True
    for block in blocks:
        corpus = _parse(block, add_lines, source)
        empty &= not len(corpus)
        yield corpus
    if empty:
        raise nothing


def _parse(block: SentenceBlock, add_lines: AddLines, source: str) -> Corpus:
    builder = CorpusBuilder(source)
    add_lines(builder, block.lines())
    return builder.build()


def _no_tokens(source: str) -> InputError:
    return InputError(f"{source}: there are no tokens in it, only comments; one token a line was expected")
