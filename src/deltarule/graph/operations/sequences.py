"""Objectives over label sequences: sentences are scored as wholes, with learned scores of transitions between labels.

The score of the labels y of a sentence of n tokens, whose token t gives label j the score s_tj:

    s(y) = start_{y_1} + Σ_t s_{t, y_t} + Σ_t A_{y_{t−1}, y_t} + end_{y_n}

A batch is whole sentences, their tokens end to end. Objectives are summed over sentences and divided by the number of
*tokens*: signals of scores then have the size that they have under objectives that look at one token at a time, and
the same learning rate suits both, however long sentences are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from deltarule.errors import InputError, ShapeError
from deltarule.graph.operation import Operation, Sample
from deltarule.graph.operations.arrangement import check_ids
from deltarule.graph.shapes import Shape, format_shape
from deltarule.graph.signals import Array

__all__ = ["SentenceLikelihood", "StructuredMargin", "best_sequence", "check_lengths", "marginals", "sequence_score"]


class SequenceObjective(Operation):
    """A sum over sentences of something about their label sequences, divided by the number of tokens."""

    integer_inputs = (4, 5)

    def output_shape(
        self, scores: Shape, transitions: Shape, start: Shape, end: Shape, labels: Shape, lengths: Shape
    ) -> Shape:
        """Scores (tokens, L), A (L, L), start and end (L,), labels (tokens,), lengths (sentences,) give a scalar."""
        if len(scores) != 2 or isinstance(scores[1], str):
            raise ShapeError(f"scores must be of shape (tokens, labels), not {format_shape(scores)}")
        count = scores[1]
        if (transitions, start, end) != ((count, count), (count,), (count,)):
            raise ShapeError(f"the {count} labels need transitions ({count}, {count}), start and end ({count},)")
        if labels != scores[:1] or len(lengths) != 1:
            raise ShapeError("expected a label for each token and a length for each sentence")
        return ()

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw a sentence of one token, one of several, and some with an empty one among them."""
        samples: list[Sample] = []
        for lengths, count in (([1], 3), ([4], 2), ([3, 1, 0, 2], 4)):
            tokens = sum(lengths)
            scores, transitions = random.normal(size=(tokens, count)), random.normal(size=(count, count))
            ends = random.normal(size=(2, count))
            labels = random.integers(0, count, tokens)
            samples.append((cls(), [scores, transitions, *ends, labels, np.array(lengths)]))
        return samples


class SentenceLikelihood(SequenceObjective):
    """f = Σ_sentences (log Σ_y' e^{s(y')} − s(y)) / tokens: minus the log-probability of the true label sequences.

    The local gradient is the expected minus the true number of times that a score is used: for s_tj, the marginal
    probability of label j at token t, − [j = y_t]. Source: linear-chain CRF, Lafferty, McCallum and Pereira 2001.
    """

    name, symbol = "sentence_likelihood", "log Z − s"

    def forward(
        self, scores: Array, transitions: Array, start: Array, end: Array, labels: Array, lengths: Array
    ) -> Array:
        """Log Z by the recursion over prefixes, less the score of the true labels."""
        total = scores.dtype.type(0)
        for own, y in _sentences(scores, labels, lengths):
            log_z = _log_sum_exp(_prefixes(own, transitions, start)[-1] + end, axis=0)
            total += log_z - sequence_score(own, transitions, start, end, y)
        return np.asarray(total / max(len(scores), 1), scores.dtype)

    def backward(
        self, signal: Array, output: Array, scores: Array, transitions: Array, start: Array, end: Array,
        labels: Array, lengths: Array,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        """Count what is expected less what is true."""
        counts = _Counts(scores, labels, lengths, signal / max(len(scores), 1))
        for place, (own, y) in zip(counts.places, _sentences(scores, labels, lengths), strict=True):
            token, pair = marginals(own, transitions, start, end)
            counts.add(place, token, pair)
            counts.add_labels(place, y, -1)
        return counts.gradients


@dataclass(frozen=True)
class StructuredMargin(SequenceObjective):
    """f = Σ_sentences max(0, max_y' (s(y') + Δ · wrong(y, y')) − s(y)) / tokens, wrong(y, y') = Σ_t [y_t ≠ y'_t].

    Every label sequence must score below the true one by Δ for each label that it has wrong. The sequence that breaks
    this most is found by decoding with Δ added to the scores of wrong labels; where it is not the true one, the local
    gradient is the number of times that it uses a score less the number of times that the true one does. A sentence
    that keeps its margin sends no signal. Source: Taskar, Guestrin and Koller 2003; Tsochantaridis et al. 2005.
    """

    margin: float = 1.0
    name, symbol = "structured_margin", "max(0, Δ·wrong + s′ − s)"

    def forward(
        self, scores: Array, transitions: Array, start: Array, end: Array, labels: Array, lengths: Array
    ) -> Array:
        """Score of the sequence that breaks its margin most, less that of the true one."""
        total = scores.dtype.type(0)
        for own, y in _sentences(scores, labels, lengths):
            _, violation = self._rival(own, transitions, start, end, y)
            total += violation
        return np.asarray(total / max(len(scores), 1), scores.dtype)

    def backward(
        self, signal: Array, output: Array, scores: Array, transitions: Array, start: Array, end: Array,
        labels: Array, lengths: Array,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        """Count what the best rival uses less what the truth uses."""
        counts = _Counts(scores, labels, lengths, signal / max(len(scores), 1))
        for place, (own, y) in zip(counts.places, _sentences(scores, labels, lengths), strict=True):
            rival, violation = self._rival(own, transitions, start, end, y)
            if violation > 0:
                counts.add_labels(place, rival, 1)
                counts.add_labels(place, y, -1)
        return counts.gradients

    def pieces(
        self, scores: Array, transitions: Array, start: Array, end: Array, labels: Array, lengths: Array
    ) -> Array:
        """Which sequence breaks its margin most; the true one, if it is kept."""
        rivals = [
            rival if violation > 0 else y
            for own, y in _sentences(scores, labels, lengths)
            for rival, violation in [self._rival(own, transitions, start, end, y)]
        ]
        return np.concatenate([*rivals, np.zeros(0, int)])

    def _rival(self, scores: Array, transitions: Array, start: Array, end: Array, y: Array) -> tuple[Array, Any]:
        """Return the sequence that breaks the margin of a sentence most, and by how much."""
        wrong = np.ones_like(scores)
        wrong[np.arange(len(y)), y] = 0
        augmented = scores + scores.dtype.type(self.margin) * wrong
        rival = best_sequence(augmented, transitions, start, end)
        best = sequence_score(augmented, transitions, start, end, rival)
        return rival, best - sequence_score(scores, transitions, start, end, y)


def sequence_score(scores: Array, transitions: Array, start: Array, end: Array, y: Array) -> Any:
    """Return s(y) of a sentence."""
    inner = scores[np.arange(len(y)), y].sum() + transitions[y[:-1], y[1:]].sum()
    return start[y[0]] + inner + end[y[-1]]


def best_sequence(scores: Array, transitions: Array, start: Array, end: Array) -> Array:
    """Return the labels y of a sentence that make s(y) largest (Viterbi 1967); at ties, the first at each token."""
    total, came_from = start + scores[0], np.zeros(scores.shape, int)
    for t in range(1, len(scores)):
        reached = total[:, None] + transitions
        came_from[t] = reached.argmax(axis=0)
        total = reached.max(axis=0) + scores[t]
    path = np.empty(len(scores), int)
    path[-1] = (total + end).argmax()
    for t in range(len(scores) - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def marginals(scores: Array, transitions: Array, start: Array, end: Array) -> tuple[Array, Array]:
    """Return the probabilities that tokens have labels, (tokens, L), and that neighbours have pairs of them.

    The second are of shape (tokens − 1, L, L). Found by the recursions over prefixes and suffixes (forward-backward,
    Baum 1972), in the log domain.
    """
    prefixes, suffixes = _prefixes(scores, transitions, start), _suffixes(scores, transitions, end)
    log_z = _log_sum_exp(prefixes[-1] + end, axis=0)
    later = (scores + suffixes)[1:]
    pairs = prefixes[:-1, :, None] + transitions + later[:, None, :]
    return np.exp(prefixes + suffixes - log_z), np.exp(pairs - log_z)


def check_lengths(lengths: Array, tokens: int) -> None:
    """Raise `InputError` unless lengths of sentences add up to the number of tokens."""
    if lengths.size and lengths.min() < 0:
        raise InputError(f"lengths of sentences must be 0 or more; found {lengths.min()}")
    if lengths.sum() != tokens:
        raise InputError(f"lengths of sentences must add up to the {tokens} tokens, not to {lengths.sum()}")


class _Counts:
    """How often each score is used, weighed, with the tokens of each sentence that has any."""

    def __init__(self, scores: Array, labels: Array, lengths: Array, weight: Any) -> None:
        count = scores.shape[1]
        shapes = (scores.shape, (count, count), (count,), (count,))
        self.scores, self.transitions, self.start, self.end = (np.zeros(shape, scores.dtype) for shape in shapes)
        self.places = [slice(begin, end) for begin, end in pairwise(_offsets(lengths)) if end > begin]
        self.weight = scores.dtype.type(weight)

    def add(self, place: slice, token: Array, pair: Array) -> None:
        """Add the counts of a sentence: of labels of tokens, and of pairs."""
        self.scores[place] += self.weight * token
        self.transitions += self.weight * pair.sum(axis=0)
        self.start += self.weight * token[0]
        self.end += self.weight * token[-1]

    def add_labels(self, place: slice, y: Array, sign: int) -> None:
        """Add or subtract what a label sequence uses."""
        share = sign * self.weight
        self.scores[np.arange(place.start, place.stop), y] += share
        np.add.at(self.transitions, (y[:-1], y[1:]), share)
        self.start[y[0]] += share
        self.end[y[-1]] += share

    @property
    def gradients(self) -> tuple[Array | None, ...]:
        """The counts as the gradients of an objective's inputs."""
        return self.scores, self.transitions, self.start, self.end, None, None


def _offsets(lengths: Array) -> list[int]:
    """Return where sentences begin, and the end."""
    return [0, *np.cumsum(lengths).tolist()]


def _sentences(scores: Array, labels: Array, lengths: Array) -> Iterator[tuple[Array, Array]]:
    """Yield the scores and the labels of each sentence that has tokens."""
    check_lengths(lengths, len(scores))
    check_ids(labels, scores.shape[1], "labels")
    for begin, end in pairwise(_offsets(lengths)):
        if end > begin:
            yield scores[begin:end], labels[begin:end]


def _prefixes(scores: Array, transitions: Array, start: Array) -> Array:
    """Return log Σ e^s over the label sequences of each prefix that end in each label, (tokens, L)."""
    prefixes = np.empty_like(scores)
    prefixes[0] = start + scores[0]
    for t in range(1, len(scores)):
        prefixes[t] = _log_sum_exp(prefixes[t - 1][:, None] + transitions, axis=0) + scores[t]
    return prefixes


def _suffixes(scores: Array, transitions: Array, end: Array) -> Array:
    """Return log Σ e^s over what may follow each label at each token, (tokens, L)."""
    suffixes = np.empty_like(scores)
    suffixes[-1] = end
    for t in range(len(scores) - 2, -1, -1):
        suffixes[t] = _log_sum_exp(transitions + (scores[t + 1] + suffixes[t + 1]), axis=1)
    return suffixes


def _log_sum_exp(x: Array, axis: int) -> Any:
    """Log Σ eˣ along an axis; the largest is taken out first so that none overflows."""
    largest = x.max(axis=axis, keepdims=True)
    summed = np.log(np.exp(x - largest).sum(axis=axis, keepdims=True)) + largest
    return summed.squeeze(axis)
