"""From scores to labels: the best sequence that is allowed (Viterbi 1967), and the probabilities of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from deltarule.kernels.compiled import inlined, kernel
from deltarule.kernels.memory import floats
from deltarule.kernels.sequences import (
    best_path,
    factors_of,
    forward_backward,
    log_forward_backward,
    pad_transitions,
    padded,
)

__all__ = ["best_labels", "label_probabilities"]


@inlined
def _greedy(scores: Any, first: int, last: int, start: Any, between: Any, end: Any, labels: Any) -> bool:
    """Take the best label of each token of a sentence; say whether that is allowed."""
    count, allowed = len(start), True
    for t in range(first, last):
        best, at = 0, t * count
        for label in range(1, count):
            if scores[at + label] > scores[at + best]:
                best = label
        labels[t] = best
        allowed &= (start[best] if t == first else between[labels[t - 1], best]) == 0
    return allowed and end[labels[last - 1]] == 0


@inlined
def _longest(sentence_offsets: Any) -> int:
    longest = 0
    for sentence in range(len(sentence_offsets) - 1):
        longest = max(longest, sentence_offsets[sentence + 1] - sentence_offsets[sentence])
    return longest


@kernel(
    types.void(
        types.float32[:, ::1], types.int64[::1], types.float32[::1], types.float32[:, ::1], types.float32[::1],
        types.boolean, types.int16[::1],
    )
)  # fmt: skip
def best_labels(
    scores: Any, sentence_offsets: Any, start: Any, between: Any, end: Any, learned: bool, labels: Any
) -> None:
    """Find the labels of the highest total score in each sentence.

    Parameters
    ----------
    scores : of shape (tokens, labels)
    sentence_offsets : where sentences begin and end
    start, between, end : scores of labels that begin a sentence, follow each other (column after row), end a sentence;
        −∞ where that is not allowed
    learned : whether these are anything but 0 where they are allowed
    labels : filled with the label of each token
    """
    tokens, count = scores.shape
    width = padded(count)
    transitions, totals = np.empty(count * width), np.empty(_longest(sentence_offsets) * width)
    all_scores = floats(scores.ctypes.data, tokens * count)
    pad_transitions(between.reshape(count * count), count, transitions)
    for sentence in range(len(sentence_offsets) - 1):
        first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
        if first == last:
            continue
        # Where the best label of each token by itself is allowed, no other sequence scores higher.
        if learned or not _greedy(all_scores, first, last, start, between, end, labels):
            best_path(all_scores, first, last, count, transitions, start, end, labels, 0.0, totals, labels)


@kernel(
    types.void(
        types.float32[:, ::1], types.int64[::1], types.float32[::1], types.float32[:, ::1], types.float32[::1],
        types.float32[:, ::1],
    )
)  # fmt: skip
def label_probabilities(
    scores: Any, sentence_offsets: Any, start: Any, between: Any, end: Any, probabilities: Any
) -> None:
    """Find the probability of each label at each token, over all label sequences of its sentence that are allowed.

    Parameters
    ----------
    scores, sentence_offsets, start, between, end : as for `best_labels`
    probabilities : filled, of shape (tokens, labels)
    """
    tokens, count = scores.shape
    room = np.empty((2, tokens * count), np.float32)
    factors_array, nothing = np.empty(count * count + 2 * count, np.float32), np.empty(0, np.float32)
    all_scores, found = floats(scores.ctypes.data, tokens * count), floats(probabilities.ctypes.data, tokens * count)
    forward = floats(room.ctypes.data, tokens * count)
    later = floats(room.ctypes.data + 4 * tokens * count, tokens * count)
    factors = floats(factors_array.ctypes.data, len(factors_array))
    transitions = between.reshape(count * count)
    logs = factors_of(transitions, start, end, count, factors)
    for sentence in range(len(sentence_offsets) - 1):
        first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
        if first == last:
            continue
        _, fine = forward_backward(all_scores, first, last, count, factors, logs, forward, later, found)
        if not fine:
            log_forward_backward(all_scores, first, last, count, transitions, start, end, found, nothing)
    # Arrays that are used by their address alone would be freed where they are named last.
    room[0, :1] = 0
    factors_array[:1] = 0
