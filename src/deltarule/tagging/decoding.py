"""From scores to labels: the best sequence that the label scheme allows (Viterbi 1967)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array
from deltarule.graph.operations.sequences import best_sequence
from deltarule.text import legal_transitions

__all__ = ["Decoder"]


@dataclass(frozen=True, eq=False)
class Decoder:
    """Which labels may begin a sentence, follow each other, and end one; and what that scores, where it was learned.

    Attributes
    ----------
    start, end : bool arrays of shape (labels,)
    between : bool array of shape (labels, labels): whether column may follow row
    learned : arrays "start", "transitions" and "end" of scores; all are 0 where it is empty
    """

    start: NDArray[np.bool_]
    between: NDArray[np.bool_]
    end: NDArray[np.bool_]
    learned: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of_labels(cls, names: tuple[str, ...], scheme: str) -> Decoder:
        """Return the rules of a scheme; labels that mark no chunks may follow each other freely."""
        return cls(*legal_transitions(names, scheme))

    def with_learned(self, learned: Mapping[str, Array]) -> Decoder:
        """Return the same rules with learned scores."""
        return replace(self, learned=learned)

    def with_bonus(self, bonus: Array) -> Decoder:
        """Return the same rules and scores, and a bonus for each label, of shape (labels,), wherever it stands."""
        learned = {name: self.learned.get(name, np.zeros(1, np.float32)) for name in ("start", "transitions", "end")}
        return self.with_learned(
            learned | {"start": learned["start"] + bonus, "transitions": learned["transitions"] + bonus}
        )

    @property
    def scores(self) -> tuple[Array, Array, Array]:
        """Scores of first labels, of labels that follow each other, and of last labels; −∞ where not allowed."""
        allowed = {"start": self.start, "transitions": self.between, "end": self.end}
        start, transitions, end = (
            np.where(rule, np.float32(self.learned.get(name, 0)), np.float32(-np.inf)) for name, rule in allowed.items()
        )
        return start, transitions, end

    def decode(self, scores: Array, sentence_offsets: Array) -> NDArray[np.int16]:
        """Return the labels of the highest total score that are legal in each sentence.

        Parameters
        ----------
        scores : array of shape (tokens, labels); adding a number to all scores of a token changes nothing
        sentence_offsets : where sentences begin and end
        """
        best: NDArray[np.int16] = scores.argmax(axis=1).astype(np.int16)
        # Where the best label of each token by itself makes a legal sequence, no other sequence scores higher, unless
        # transitions have scores too.
        filled = np.flatnonzero(np.diff(sentence_offsets))
        sentences = filled if self.learned else self.illegal_sentences(best, sentence_offsets)
        start, transitions, end = (array.astype(np.float64) for array in self.scores)
        for sentence in sentences.tolist():
            own = slice(sentence_offsets[sentence], sentence_offsets[sentence + 1])
            best[own] = best_sequence(scores[own].astype(np.float64), transitions, start, end)
        return best

    def decode_quickly(self, scores: Array, sentence_offsets: NDArray[np.int64]) -> NDArray[np.int16]:
        """Return what `decode` returns, for scores in single precision, on a kernel."""
        from deltarule.kernels.viterbi import best_labels

        best = np.empty(len(scores), np.int16)
        best_labels(scores, sentence_offsets, *self.scores, bool(self.learned), best)
        return best

    def illegal_sentences(self, labels: Array, sentence_offsets: Array) -> NDArray[np.intp]:
        """Return the sentences whose labels break the rules."""
        offsets = np.asarray(sentence_offsets)
        filled = np.flatnonzero(np.diff(offsets))
        first, last = offsets[filled], offsets[filled + 1] - 1
        legal = np.ones(len(labels), bool)
        legal[1:] = self.between[labels[:-1], labels[1:]]
        legal[first] = self.start[labels[first]]
        legal[last] &= self.end[labels[last]]
        return np.unique(np.searchsorted(offsets, np.flatnonzero(~legal), side="right") - 1)
