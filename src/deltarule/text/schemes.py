"""Label schemes: how the labels of words spell out chunks such as names, and how to convert between spellings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError

__all__ = [
    "CHUNK_SCHEMES",
    "PREFIXES",
    "SCHEMES",
    "Span",
    "convert",
    "encode",
    "legal_transitions",
    "spans",
    "split_label",
]


class Span(NamedTuple):
    """A chunk of a sentence: words `start` up to, not including, `end`, and its type."""

    start: int
    end: int
    type: str


class Prefixes(NamedTuple):
    """The prefix of a chunk's first, middle and last word, and of its only word."""

    first: str
    middle: str
    last: str
    only: str


CHUNK_SCHEMES = {
    "IOB2": Prefixes("B", "I", "I", "B"),
    "IOB1": Prefixes("B", "I", "I", "B"),  # B only right after a chunk of the same type, otherwise I
    "IOBES": Prefixes("B", "I", "E", "S"),
    "BMES": Prefixes("B", "M", "E", "S"),
    "BILOU": Prefixes("B", "I", "L", "U"),
}
"""The schemes that spell out chunks, and their prefixes."""

PREFIXES = frozenset("BIMESLU")
"""The prefixes of chunk labels in any scheme."""
_CONTINUING = frozenset("IMEL")
_CLOSING = frozenset("ESLU")

SCHEMES: tuple[str, ...] = (*CHUNK_SCHEMES, "plain")
"""The names of the schemes; labels of the scheme "plain" are no chunk labels (parts of speech, say)."""


@lru_cache(maxsize=65536)
def split_label(label: str) -> tuple[str, str]:
    """Split a chunk label into prefix and type.

    Parameters
    ----------
    label : str
        "O", a prefix and a type joined by a hyphen, or a prefix alone.

    Returns
    -------
    tuple of str
        The prefix ("O" outside chunks) and the type ("" if there is none).

    Raises
    ------
    InputError
        If the label is not a chunk label.

    Examples
    --------
    >>> split_label("B-creative-work"), split_label("O"), split_label("M")
    (('B', 'creative-work'), ('O', ''), ('M', ''))
    """
    if label == "O":
        return "O", ""
    prefix, hyphen, kind = label.partition("-")
    if prefix not in PREFIXES or (hyphen and not kind):
        raise InputError(
            f"{label!r} is not a chunk label: expected O, or a prefix (B, I, E, S; M, L, U) and a type as in 'B-PER'; "
            "use the scheme 'plain' for labels of other kinds"
        )
    return prefix, kind


def spans(labels: Sequence[str]) -> list[Span]:
    """Find the chunks that the labels of one sentence spell out, by the rules of conlleval.

    Labels may be of any scheme, and ill-formed: a chunk begins at B, S, or wherever the type changes or
    the chunk before has ended, and ends after E or S, or where the next label does not continue it.

    Parameters
    ----------
    labels : sequence of str
        The labels of one sentence.

    Returns
    -------
    list of Span

    Raises
    ------
    InputError
        If a label is not a chunk label.

    Examples
    --------
    >>> spans(["B-PER", "I-PER", "O", "I-LOC"])
    [Span(start=0, end=2, type='PER'), Span(start=3, end=4, type='LOC')]
    """
    found: list[Span] = []
    start, open_type = -1, ""  # start is -1 while no chunk is open
    for position, label in enumerate(labels):
        prefix, kind = split_label(label)
        if start >= 0 and (prefix not in _CONTINUING or kind != open_type):
            found.append(Span(start, position, open_type))
            start = -1
        if prefix == "O":
            continue
        if start < 0:
            start, open_type = position, kind
        if prefix in _CLOSING:
            found.append(Span(start, position + 1, open_type))
            start = -1
    if start >= 0:
        found.append(Span(start, len(labels), open_type))
    return found


def encode(chunks: Iterable[Span], length: int, scheme: str = "IOBES") -> list[str]:
    """Spell out the chunks of one sentence as labels; the inverse of `spans`.

    Parameters
    ----------
    chunks : iterable of Span
        Chunks in order, not overlapping.
    length : int
        The number of words in the sentence.
    scheme : str
        A chunk scheme: "IOB1", "IOB2", "IOBES", "BMES" or "BILOU".

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If chunks overlap, are out of order, or do not fit in the sentence; or if there is no such scheme.

    Examples
    --------
    >>> encode([Span(0, 1, "PER"), Span(1, 3, "PER")], 4, "IOB1")
    ['I-PER', 'B-PER', 'I-PER', 'O']
    """
    prefixes = _prefixes_of(scheme)
    labels = ["O"] * length
    previous = Span(0, 0, "")
    for chunk in chunks:
        if not previous.end <= chunk.start < chunk.end <= length:
            raise InputError(f"{chunk} does not fit after {previous} in {length} words; give chunks in order")
        pieces = _chunk_prefixes(prefixes, chunk.end - chunk.start)
        if scheme == "IOB1" and not (0 < previous.end == chunk.start and previous.type == chunk.type):
            pieces[0] = "I"
        labels[chunk.start : chunk.end] = [f"{prefix}-{chunk.type}" if chunk.type else prefix for prefix in pieces]
        previous = chunk
    return labels


def _chunk_prefixes(prefixes: Prefixes, length: int) -> list[str]:
    if length == 1:
        return [prefixes.only]
    return [prefixes.first, *[prefixes.middle] * (length - 2), prefixes.last]


def convert(labels: Sequence[str], source: str, target: str) -> list[str]:
    """Convert the labels of one sentence from one scheme to another.

    Ill-formed labels are read by the rules of conlleval (see `spans`) and come out well-formed.

    Parameters
    ----------
    labels : sequence of str
        The labels of one sentence.
    source, target : str
        Names of schemes; "plain" converts to itself only.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If there is no such scheme or conversion, or a label is not a chunk label.

    Examples
    --------
    >>> convert(["I-PER", "I-PER", "O", "I-LOC"], "IOB1", "IOBES")
    ['B-PER', 'E-PER', 'O', 'S-LOC']
    """
    if source == target == "plain":
        return list(labels)
    for scheme in (source, target):
        _prefixes_of(scheme)
    return encode(spans(labels), len(labels), target)


def legal_transitions(
    label_names: Sequence[str], scheme: str = "IOBES"
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which label may open a sentence, which may follow which, and which may close a sentence.

    Parameters
    ----------
    label_names : sequence of str
        The labels, L of them.
    scheme : str
        The scheme whose rules hold; under "plain" everything is legal.

    Returns
    -------
    start : array of bool, shape (L,)
        Whether a label may open a sentence.
    between : array of bool, shape (L, L)
        Whether the label of the column may follow the label of the row.
    end : array of bool, shape (L,)
        Whether a label may close a sentence.

    Raises
    ------
    InputError
        If there is no such scheme, or a label is not of it.

    Examples
    --------
    >>> start, between, end = legal_transitions(["O", "B-PER", "I-PER"], "IOB2")
    >>> start.tolist(), between[0].tolist()
    ([True, True, False], [True, True, False])
    """
    count = len(label_names)
    if scheme == "plain":
        return np.ones(count, bool), np.ones((count, count), bool), np.ones(count, bool)
    first, middle, last, only = _prefixes_of(scheme)
    continued = {first, middle}  # prefixes whose chunk may go on
    unfinished = continued - {last, only}  # prefixes whose chunk must go on
    # Prefixes that need a label of the same type before them: in IOB1 it is B that does.
    dependent = {"B"} if scheme == "IOB1" else {middle, last} - {first, only}
    prefixes, types = zip(*map(split_label, label_names), strict=True) if count else ((), ())
    for label, prefix in zip(label_names, prefixes, strict=True):
        if prefix not in {"O", first, middle, last, only}:
            raise InputError(f"the label {label!r} is not of the scheme {scheme}; convert the labels first")
    may_continue, must_continue, depends = (
        np.array([prefix in members for prefix in prefixes], bool) for members in (continued, unfinished, dependent)
    )
    same_type = np.array([[one == other for other in types] for one in types], bool).reshape(count, count)
    joined = may_continue[:, None] & depends[None, :] & same_type
    apart = ~must_continue[:, None] & ~depends[None, :]
    return ~depends, joined | apart, ~must_continue


def _prefixes_of(scheme: str) -> Prefixes:
    if scheme not in CHUNK_SCHEMES:
        raise InputError(f"{scheme!r} is not a chunk scheme; choose one of {', '.join(CHUNK_SCHEMES)}")
    return CHUNK_SCHEMES[scheme]
