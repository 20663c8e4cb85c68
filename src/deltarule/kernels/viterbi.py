"""From scores to labels: the best sequence that is allowed, for all sentences of a text at once (Viterbi 1967)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from deltarule.kernels.compiled import inlined, kernel

__all__ = ["best_labels"]


@inlined
def _greedy(scores: Any, first: int, last: int, start: Any, between: Any, end: Any, labels: Any) -> bool:
    """Take the best label of each token of a sentence; say whether that is allowed."""
    allowed = True
    for t in range(first, last):
        best = 0
        for label in range(1, scores.shape[1]):
            if scores[t, label] > scores[t, best]:
                best = label
        labels[t] = best
        allowed &= start[best] if t == first else between[labels[t - 1], best]
    return allowed and end[labels[last - 1]]


@inlined
def _viterbi(scores: Any, first: int, last: int, start: Any, between: Any, end: Any, labels: Any) -> None:
    """Take the labels whose total score is the highest among the allowed ones of a sentence."""
    count = scores.shape[1]
    came_from = np.zeros((last - first, count), np.int16)
    total, reached = np.empty(count), np.empty(count)
    for label in range(count):
        total[label] = scores[first, label] if start[label] else -np.inf
    for t in range(first + 1, last):
        origin = came_from[t - first]
        reached[:] = -np.inf
        for one in range(count):
            for other in range(count):
                if between[one, other] and total[one] > reached[other]:
                    reached[other] = total[one]
                    origin[other] = one
        for label in range(count):
            total[label] = reached[label] + scores[t, label]
    best = 0
    for label in range(count):
        if not end[label]:
            total[label] = -np.inf
        if total[label] > total[best]:
            best = label
    for t in range(last - 1, first - 1, -1):
        labels[t] = best
        best = came_from[t - first, best]


@kernel(
    types.void(
        types.float32[:, ::1], types.int64[::1],
        types.boolean[::1], types.boolean[:, ::1], types.boolean[::1], types.int16[::1],
    )
)  # fmt: skip
def best_labels(scores: Any, sentence_offsets: Any, start: Any, between: Any, end: Any, labels: Any) -> None:
    """Find the labels of the highest total score that are allowed in each sentence.

    Parameters
    ----------
    scores : of shape (tokens, labels)
    sentence_offsets : where sentences begin and end
    start, between, end : which labels may begin a sentence, follow each other (column after row), end a sentence
    labels : filled with the label of each token
    """
    for sentence in range(len(sentence_offsets) - 1):
        first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
        # Where the best label of each token by itself is allowed, no other sequence scores higher.
        if first < last and not _greedy(scores, first, last, start, between, end, labels):
            _viterbi(scores, first, last, start, between, end, labels)
