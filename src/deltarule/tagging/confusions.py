"""Confusions: which labels or chunks are taken for which others, how often, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from deltarule.text.schemes import Span, spans

__all__ = ["Confusion", "Example", "find_confusions"]

_EXAMPLES = 3


@dataclass(frozen=True)
class Example:
    """A sentence with an error.

    Attributes
    ----------
    words : of the sentence
    expected, predicted : the chunks, or single words, that are not the same
    """

    words: tuple[str, ...]
    expected: tuple[Span, ...]
    predicted: tuple[Span, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the example, ready for JSON."""
        chunks = {"expected": self.expected, "predicted": self.predicted}
        return {"words": list(self.words), **{name: [one._asdict() for one in own] for name, own in chunks.items()}}


@dataclass(frozen=True)
class Confusion:
    """One kind of error.

    Attributes
    ----------
    error : "missed", "invented", "boundary", "type", "type and boundary"; "label" for labels that mark no chunks
    expected, predicted : the type, or the label; for chunks without a type, the words themselves; "" if there is none
    count : how often
    examples : the first few sentences with it
    """

    error: str
    expected: str
    predicted: str
    count: int
    examples: tuple[Example, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the confusion, ready for JSON."""
        own = {"error": self.error, "expected": self.expected, "predicted": self.predicted, "count": self.count}
        return {**own, "examples": [example.as_dict() for example in self.examples]}


class _Error(NamedTuple):
    """A chunk, or some, of a sentence, and what was predicted in its place."""

    error: str
    expected: tuple[Span, ...]
    predicted: tuple[Span, ...]


def find_confusions(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    words: Callable[[int], Sequence[str]],
    plain: bool = False,
) -> tuple[Confusion, ...]:
    """Count the errors of each kind, the commonest first.

    A chunk that is not predicted as it should be is paired with the wrong prediction that shares the most words with
    it: a wrong type, a wrong boundary, or both. What is left is missed or invented.

    Parameters
    ----------
    gold, predicted : the labels of each sentence
    words : returns the words of the sentence of a number
    plain : whether labels mark no chunks

    Examples
    --------
    >>> sentence = ["Ada", "in", "New", "York"]
    >>> gold, predicted = [["S-PER", "O", "B-LOC", "E-LOC"]], [["O", "O", "O", "S-LOC"]]
    >>> for confusion in find_confusions(gold, predicted, lambda number: sentence):
    ...     print(confusion.error, confusion.expected, confusion.predicted, confusion.count)
    boundary LOC LOC 1
    missed PER  1
    """
    counts: dict[tuple[str, str, str], int] = {}
    examples: dict[tuple[str, str, str], list[Example]] = {}
    for number, (wanted, found) in enumerate(zip(gold, predicted, strict=True)):
        if wanted == found:
            continue
        own = tuple(words(number))
        for error in _label_errors(wanted, found) if plain else _chunk_errors(spans(wanted), spans(found)):
            key = (error.error, _name(error.expected, own), _name(error.predicted, own))
            counts[key] = counts.get(key, 0) + 1
            kept = examples.setdefault(key, [])
            if len(kept) < _EXAMPLES:
                kept.append(Example(own, error.expected, error.predicted))
    order = sorted(counts, key=lambda key: (-counts[key], key))
    return tuple(Confusion(*key, counts[key], tuple(examples[key])) for key in order)


def _name(chunks: tuple[Span, ...], words: tuple[str, ...]) -> str:
    """Name chunks by their type; those without one by their words."""
    return " ".join(chunk.type or "".join(words[chunk.start : chunk.end]) for chunk in chunks)


def _label_errors(wanted: Sequence[str], found: Sequence[str]) -> Iterator[_Error]:
    for i, (expected, predicted) in enumerate(zip(wanted, found, strict=True)):
        if expected != predicted:
            yield _Error("label", (Span(i, i + 1, expected),), (Span(i, i + 1, predicted),))


def _chunk_errors(gold: list[Span], predicted: list[Span]) -> Iterator[_Error]:
    """Find the errors among the chunks of a sentence."""
    right = set(gold).intersection(predicted)
    wanted = [chunk for chunk in gold if chunk not in right]
    found = [chunk for chunk in predicted if chunk not in right]
    if not any(chunk.type for chunk in gold + predicted):
        yield from _regions(wanted, found)
        return
    for expected in wanted:
        rival = max(found, key=lambda chunk: _shared(chunk, expected), default=None)
        if rival is None or not _shared(rival, expected):
            yield _Error("missed", (expected,), ())
            continue
        found.remove(rival)
        differs = ["type"] * (rival.type != expected.type) + ["boundary"] * (rival[:2] != expected[:2])
        yield _Error(" and ".join(differs), (expected,), (rival,))
    for chunk in found:
        yield _Error("invented", (), (chunk,))


def _regions(wanted: Iterable[Span], found: Iterable[Span]) -> Iterator[_Error]:
    """Put together the chunks that overlap, such as a word and the two words that it was taken for."""
    group: tuple[list[Span], list[Span]] = ([], [])
    end = 0
    for chunk, side in sorted([(chunk, 0) for chunk in wanted] + [(chunk, 1) for chunk in found]):
        if chunk.start >= end and any(group):
            yield _region(group)
            group = ([], [])
        group[side].append(chunk)
        end = max(end, chunk.end)
    if any(group):
        yield _region(group)


def _region(group: tuple[list[Span], list[Span]]) -> _Error:
    error = "boundary" if all(group) else "missed" if group[0] else "invented"
    return _Error(error, tuple(group[0]), tuple(group[1]))


def _shared(one: Span, other: Span) -> int:
    """Count the words that are in both chunks."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))
