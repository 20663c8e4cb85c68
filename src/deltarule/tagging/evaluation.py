"""Evaluation by the definition of conlleval: precision, recall and F1 of whole chunks, per type and overall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from deltarule.errors import InputError
from deltarule.tagging.confusions import Confusion
from deltarule.text.schemes import Span, spans

__all__ = ["Evaluation", "Score", "evaluate_labels"]

_Chunker: TypeAlias = Callable[[Sequence[str]], list[Span]]


@dataclass(frozen=True)
class Score:
    """Counts of chunks, and what follows from them; ratios are 0 where they are undefined.

    Parameters
    ----------
    correct : int
        Chunks predicted with the right type and boundaries.
    predicted : int
        Chunks predicted.
    gold : int
        Chunks that there are.

    Examples
    --------
    >>> score = Score(correct=1, predicted=2, gold=4)
    >>> score.precision, score.recall, round(score.f1, 4)
    (0.5, 0.25, 0.3333)
    """

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """The part of the predicted chunks that is correct."""
        return _ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """The part of the gold chunks that is predicted."""
        return _ratio(self.correct, self.gold)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.correct, self.predicted + self.gold)

    def as_dict(self) -> dict[str, float]:
        """Return counts and ratios, ready for JSON."""
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**ratios, "correct": self.correct, "predicted": self.predicted, "gold": self.gold}


@dataclass(frozen=True)
class Evaluation:
    """How predicted labels compare with gold labels.

    Parameters
    ----------
    tokens : int
        The number of tokens compared.
    accuracy : float
        The part of all tokens whose label is right, O included.
    overall : Score
        Chunks of all types together; for plain labels, tokens.
    types : dict of str to Score
        Chunks of each type, in alphabetical order; for plain labels, tokens of each label.
    seconds : float, optional
        The time that prediction took, where it was measured.
    confusions : tuple of Confusion
        The kinds of errors, the commonest first, where the sentences are known.
    """

    tokens: int
    accuracy: float
    overall: Score
    types: dict[str, Score]
    seconds: float | None = None
    confusions: tuple[Confusion, ...] = field(default=(), repr=False)

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens labelled in a second, where the time was measured."""
        return self.tokens / self.seconds if self.seconds else None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, ready for JSON."""
        return {
            "precision": self.overall.precision,
            "recall": self.overall.recall,
            "f1": self.overall.f1,
            "accuracy": self.accuracy,
            "tokens": self.tokens,
            "tokens_per_second": self.tokens_per_second,
            "types": {name: score.as_dict() for name, score in self.types.items()},
        }


def evaluate_labels(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], plain: bool = False
) -> Evaluation:
    """Compare predicted labels with gold labels.

    Parameters
    ----------
    gold, predicted : iterable of sequences of str
        The labels of each sentence; chunk labels of any scheme, not necessarily the same or well-formed.
    plain : bool
        Whether labels are no chunk labels (parts of speech, say), so that every token counts by itself.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        If there are not as many predicted labels as gold labels, or a label is not a chunk label and `plain` is false.

    Examples
    --------
    >>> result = evaluate_labels([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "O", "B-ORG"]])
    >>> result.accuracy, result.overall, result.types["LOC"].recall
    (0.75, Score(correct=1, predicted=2, gold=2), 0.0)
    """
    chunks_of: _Chunker = _single_tokens if plain else spans
    correct, found, wanted = Counter[str](), Counter[str](), Counter[str]()
    tokens = agreeing = 0
    for gold_labels, predicted_labels in _aligned(gold, predicted):
        tokens += len(gold_labels)
        agreeing += sum(map(str.__eq__, gold_labels, predicted_labels))
        gold_chunks, predicted_chunks = chunks_of(gold_labels), chunks_of(predicted_labels)
        wanted.update(chunk.type for chunk in gold_chunks)
        found.update(chunk.type for chunk in predicted_chunks)
        correct.update(chunk.type for chunk in set(gold_chunks).intersection(predicted_chunks))
    return Evaluation(
        tokens,
        _ratio(agreeing, tokens),
        Score(correct.total(), found.total(), wanted.total()),
        {name: Score(correct[name], found[name], wanted[name]) for name in sorted(wanted | found)},
    )


def _aligned(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> Iterable[tuple[Sequence[str], Sequence[str]]]:
    gold, predicted = list(gold), list(predicted)
    if len(gold) != len(predicted):
        raise InputError(f"{len(gold)} gold sentences but {len(predicted)} predicted; give as many of both")
    for number, (gold_labels, predicted_labels) in enumerate(zip(gold, predicted, strict=True), start=1):
        if len(gold_labels) != len(predicted_labels):
            raise InputError(
                f"sentence {number} has {len(gold_labels)} gold labels but {len(predicted_labels)} predicted; "
                "give one for each word"
            )
        yield gold_labels, predicted_labels


def _single_tokens(labels: Sequence[str]) -> list[Span]:
    return [Span(position, position + 1, label) for position, label in enumerate(labels)]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
