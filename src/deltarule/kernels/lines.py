"""Divides text of one token a line, or of columns, into tokens and sentences; the text is UTF-8 as bytes."""

from __future__ import annotations

from typing import Any

from numba import types

from deltarule.kernels.compiled import inlined, kernel

__all__ = ["find_tokens"]

_NEW_LINE, _TAB, _SPACE, _HASH, _HYPHEN = 10, 9, 32, 35, 45
_BYTES = types.Array(types.uint8, 1, "C", readonly=True)


@inlined
def _field_begin(text: Any, begin: int, end: int) -> int:
    """Step over spaces."""
    while begin < end and text[begin] == _SPACE:
        begin += 1
    return begin


@inlined
def _field_end(text: Any, begin: int, end: int, divider: int) -> int:
    """Step to the next divider."""
    while begin < end and text[begin] != divider:
        begin += 1
    return begin


@inlined
def _count_fields(text: Any, begin: int, end: int, tabs: bool) -> int:
    """Count what tabs divide, or what spaces divide, several of which are one."""
    count = 1 if tabs else 0
    for i in range(begin, end):
        if tabs:
            count += text[i] == _TAB
        else:
            count += text[i] != _SPACE and (i == begin or text[i - 1] == _SPACE)
    return count


@inlined
def _is_blank(text: Any, begin: int, end: int) -> bool:
    """Say whether a line has nothing but spaces and tabs."""
    blank = True
    for i in range(begin, end):
        blank &= text[i] in (_SPACE, _TAB)
    return blank


@inlined
def _is_comment(text: Any, begin: int, end: int) -> bool:
    """Say whether a line that begins with # and has not the columns of a token is a mere comment, no ``# newdoc``."""
    begin = _field_begin(text, begin + 1, end)
    return begin < end and text[begin] != ord("n") and _SPACE < text[begin] < 128


@kernel(types.int64(_BYTES, types.boolean, types.int64, types.int32[::1], types.int32[::1], types.int64[::1]))
def find_tokens(text: Any, tabs: bool, width: int, starts: Any, ends: Any, sentence_ends: Any) -> int:
    """Find the first column of each line, and the sentences, which end at lines without anything but spaces and tabs.

    Parameters
    ----------
    text : lines, each with its line feed
    tabs : whether tabs or spaces divide columns
    width : columns of each line; 0 where every line that is not empty is a token as it stands
    starts, ends : filled with the place of each token; as long as there are lines
    sentence_ends : filled with 0 and the end of each sentence, in tokens; one longer than there are lines

    Returns
    -------
    int
        The number of sentences; −1 if a line is a mark of documents or an error, or might be: what cannot be told by
        bytes alone is left to the parser of lines.
    """
    size, begin, tokens, sentences = len(text), 0, 0, 0
    sentence_ends[0] = 0
    while begin < size:
        end = _field_end(text, begin, size, _NEW_LINE)
        first = text[begin]
        if first == _NEW_LINE or (width > 0 and first <= _SPACE and _is_blank(text, begin, end)):
            if tokens > sentence_ends[sentences]:
                sentences += 1
                sentence_ends[sentences] = tokens
            begin = end + 1
            continue
        if width > 0:
            fields = _count_fields(text, begin, end, tabs)
            if first == _HASH and fields != width and _is_comment(text, begin, end):
                begin = end + 1
                continue
            marked = begin + 1 < end and (
                (first == _HYPHEN and text[begin + 1] == ord("D")) or (first == _HASH and text[begin + 1] == _SPACE)
            )
            if fields != width or marked or (tabs and first == _TAB):
                return -1
        starts[tokens] = begin if tabs or width == 0 else _field_begin(text, begin, end)
        ends[tokens] = end if width == 0 else _field_end(text, starts[tokens], end, _TAB if tabs else _SPACE)
        tokens += 1
        begin = end + 1
    if tokens > sentence_ends[sentences]:
        sentences += 1
        sentence_ends[sentences] = tokens
    return sentences
