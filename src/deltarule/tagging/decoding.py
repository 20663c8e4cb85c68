"""From scores to labels: the best sequence that the label scheme allows (Viterbi 1967)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array
from deltarule.text import legal_transitions

__all__ = ["Decoder", "viterbi"]


@dataclass(frozen=True, eq=False)
class Decoder:
    """Which labels may begin a sentence, follow each other, and end one.

    Attributes
    ----------
    start, end : bool arrays of shape (labels,)
    between : bool array of shape (labels, labels): whether column may follow row
    """

    start: NDArray[np.bool_]
    between: NDArray[np.bool_]
    end: NDArray[np.bool_]

    @classmethod
    def of_labels(cls, names: tuple[str, ...], scheme: str) -> Decoder:
        """Return the rules of a scheme; labels that mark no chunks may follow each other freely."""
        return cls(*legal_transitions(names, scheme))

    def decode(self, scores: Array, sentence_offsets: Array) -> NDArray[np.int16]:
        """Return the labels of the highest total score that are legal in each sentence.

        Parameters
        ----------
        scores : array of shape (tokens, labels); adding a number to all scores of a token changes nothing
        sentence_offsets : where sentences begin and end
        """
        best: NDArray[np.int16] = scores.argmax(axis=1).astype(np.int16)
        # Where the best label of each token by itself makes a legal sequence, no other sequence scores higher.
        for sentence in self.illegal_sentences(best, sentence_offsets).tolist():
            begin, end = sentence_offsets[sentence], sentence_offsets[sentence + 1]
            best[begin:end] = viterbi(scores[begin:end], self.start, self.between, self.end)
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


def viterbi(scores: Array, start: Array, between: Array, end: Array) -> NDArray[np.int16]:
    """Return the sequence y that makes Σ_t scores[t, y_t] largest among the allowed ones.

    Parameters
    ----------
    scores : array of shape (tokens, labels)
    start, between, end : what is allowed, as in `Decoder`
    """
    steps, forbidden = len(scores), np.where(between, 0.0, -np.inf)
    total = np.where(start, scores[0], -np.inf)
    came_from = np.zeros(scores.shape, np.int16)
    for t in range(1, steps):
        reached = total[:, None] + forbidden
        came_from[t] = reached.argmax(axis=0)
        total = reached.max(axis=0) + scores[t]
    total = np.where(end, total, -np.inf)
    path = np.empty(steps, np.int16)
    path[-1] = total.argmax()
    for t in range(steps - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
