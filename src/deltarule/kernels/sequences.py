"""Sentences as chains of labels: sums over all label sequences (forward-backward), and the best of them (Viterbi).

Arrays are flat, tokens end to end. Sums over sequences run on e^s in single precision, each token's scaled to 1, so
that all products are plain multiplications. Where scores lie so far apart that this loses anything, which every
sentence is checked for, the sentence is done again with logarithms in double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64

from deltarule.kernels import functions
from deltarule.kernels.compiled import inlined

__all__ = [
    "LANES", "add_pairs", "best_path", "factors_of", "forward_backward", "log_forward_backward", "pad_transitions",
    "padded",
]  # fmt: skip

LANES = 8
"""Labels whose best predecessors are found at once; rows of totals have a multiple of so many."""

# Beyond them single precision may have lost something: between them, what is below 1e-38 before it is scaled by at most
# 1 / _SMALLEST, and is then part of sums of at most _GREATEST, can make a difference of 1e-8 to a probability.
_SMALLEST, _GREATEST = np.float32(1e-15), np.float32(1e15)
_OUT_OF_REACH = -1e4  # stands for −∞ where everything may be forbidden
_LEAST_FACTOR = np.float32(1e-30)


@inlined
def _exponentials(x: Any, y: Any) -> Any:
    """y ← e^x over its largest; return the logarithm of that."""
    largest = float32(_OUT_OF_REACH)
    for j in range(len(x)):
        if x[j] > largest or x[j] != x[j]:
            largest = x[j]
    for j in range(len(x)):
        y[j] = functions.exp(x[j] - largest)
    for j in range(len(x)):
        y[j] = y[j] if not y[j] < _LEAST_FACTOR else float32(0)  # the processor is slow with numbers as small
    return largest


@inlined
def factors_of(transitions: Any, start: Any, end: Any, count: int, factors: Any) -> Any:
    """Fill with e^A, e^start, e^end, each over its largest, one behind the other; return the logarithms of those."""
    pairs = count * count
    return (
        _exponentials(transitions, factors[:pairs]),
        _exponentials(start, factors[pairs : pairs + count]),
        _exponentials(end, factors[pairs + count : pairs + 2 * count]),
    )


@inlined
def _scaled_forward(
    scores: Any, first: int, last: int, count: int, factors: Any, logs: Any, forward: Any, later: Any
) -> Any:
    """Fill with the probabilities of labels given the tokens up to theirs.

    Returns
    -------
    log_z, scale, fine : log Z, one over the probability of the end, and whether nothing was lost
    """
    pairs, log_z = count * count, float64(logs[1]) + logs[2] + (last - first - 1) * float64(logs[0])
    fine: Any = True
    for t in range(first, last):
        largest = scores[t * count]
        for j in range(t * count, (t + 1) * count):
            if scores[j] > largest or scores[j] != scores[j]:
                largest = scores[j]
        log_z += largest
        for j in range(t * count, (t + 1) * count):
            later[j] = scores[j] - largest
    for j in range(first * count, last * count):
        later[j] = functions.exp(later[j])
    for t in range(first, last):
        own = forward[t * count : (t + 1) * count]
        if t == first:
            for j in range(count):
                own[j] = factors[pairs + j]
        else:
            for j in range(count):
                own[j] = 0
            for i in range(count):
                before, row = forward[(t - 1) * count + i], factors[i * count : (i + 1) * count]
                for j in range(count):
                    own[j] += before * row[j]
        total, factor = float32(0), later[t * count : (t + 1) * count]
        for j in range(count):
            own[j] *= factor[j]
            total += own[j]
        fine &= total >= _SMALLEST
        log_z += np.log(total)
        scale = float32(1) / total
        for j in range(count):
            own[j] *= scale
            factor[j] *= scale
    total = float32(0)
    for j in range(count):
        total += forward[(last - 1) * count + j] * factors[pairs + count + j]
    fine &= total >= _SMALLEST
    return log_z + np.log(total), float32(1) / total, fine


@inlined
def forward_backward(
    scores: Any, first: int, last: int, count: int, factors: Any, logs: Any, forward: Any, later: Any, token: Any
) -> Any:
    """Find the probability of each label at each token of a sentence, with those of e^s that pairs need.

    Parameters
    ----------
    scores : of all tokens
    first, last : tokens of the sentence, at least one
    count : number of labels L
    factors, logs : of `factors_of`
    forward, later : filled; the probability of labels i and j at t − 1 and t is forward_{t−1,i} e^{A_ij} later_{t,j}
    token : filled with the probabilities

    Returns
    -------
    log_z : log Σ_y e^{s(y)}
    fine : whether nothing was lost; where it was, what was filled is of no use
    """
    log_z, scale, fine = _scaled_forward(scores, first, last, count, factors, logs, forward, later)
    pairs = count * count
    for j in range(count):
        token[(last - 1) * count + j] = factors[pairs + count + j] * scale
    for t in range(last - 1, first - 1, -1):
        own, at = token[t * count : (t + 1) * count], t * count
        total, greatest = float32(0), float32(0)
        for j in range(count):
            later[at + j] *= own[j]
            own[j] *= forward[at + j]
            total += own[j]
            greatest = max(greatest, later[at + j])
        fine &= abs(total - float32(1)) < float32(1e-3)
        if t > first:
            fine &= greatest < _GREATEST
            for i in range(count):
                row, summed = factors[i * count : (i + 1) * count], float32(0)
                for j in range(count):
                    summed += row[j] * later[at + j]
                token[at - count + i] = summed
    return log_z, fine


@inlined
def add_pairs(first: int, last: int, count: int, forward: Any, later: Any, pairs: Any) -> None:
    """Add Σ_t forward_{t−1,i} later_{t,j} to the counts of pairs; times e^{A_ij} they are expected counts."""
    for t in range(first + 1, last):
        row = later[t * count : (t + 1) * count]
        for i in range(count):
            before, own = forward[(t - 1) * count + i], pairs[i * count : (i + 1) * count]
            for j in range(count):
                own[j] += before * row[j]


@inlined
def _within_reach(x: float) -> float:
    return float64(x) if not x < _OUT_OF_REACH else _OUT_OF_REACH


@inlined
def _log_sum_exp(x: Any) -> float:
    """Log Σ eˣ in double precision."""
    largest, total = x[0], 0.0
    for j in range(len(x)):
        largest = max(largest, x[j])
    for j in range(len(x)):
        total += np.exp(x[j] - largest)
    return np.log(total) + largest


@inlined
def log_forward_backward(
    scores: Any, first: int, last: int, count: int, transitions: Any, start: Any, end: Any, token: Any, pairs: Any
) -> float:
    """Do what `forward_backward` does with logarithms in double precision; return log Z.

    Parameters
    ----------
    token : filled with the probabilities of labels
    pairs : the expected count of each pair of labels is added, unless it is empty
    """
    length = last - first
    prefixes, suffixes = np.empty((length, count)), np.empty((length, count))
    terms, between = np.empty(count), np.empty((count, count))
    for i in range(count):
        for j in range(count):
            between[i, j] = _within_reach(transitions[i * count + j])
        prefixes[0, i] = scores[first * count + i] + _within_reach(start[i])
        suffixes[length - 1, i] = _within_reach(end[i])
    for t in range(1, length):
        for j in range(count):
            for i in range(count):
                terms[i] = prefixes[t - 1, i] + between[i, j]
            prefixes[t, j] = _log_sum_exp(terms) + scores[(first + t) * count + j]
    for t in range(length - 2, -1, -1):
        for i in range(count):
            for j in range(count):
                terms[j] = between[i, j] + suffixes[t + 1, j] + scores[(first + t + 1) * count + j]
            suffixes[t, i] = _log_sum_exp(terms)
    for j in range(count):
        terms[j] = prefixes[length - 1, j] + suffixes[length - 1, j]
    log_z = _log_sum_exp(terms)
    for t in range(length):
        for j in range(count):
            token[(first + t) * count + j] = np.exp(prefixes[t, j] + suffixes[t, j] - log_z)
    if len(pairs):
        for t in range(1, length):
            for i in range(count):
                for j in range(count):
                    later = suffixes[t, j] + scores[(first + t) * count + j] - log_z
                    pairs[i * count + j] += np.exp(prefixes[t - 1, i] + between[i, j] + later)
    return log_z


@inlined
def padded(count: int) -> int:
    """Return the length of rows of totals."""
    return (count + LANES - 1) // LANES * LANES


@inlined
def pad_transitions(transitions: Any, count: int, between: Any) -> None:
    """Lay the rows of A out with −∞ behind each."""
    width = padded(count)
    for i in range(count):
        for j in range(count):
            between[i * width + j] = transitions[i * count + j]
        for j in range(count, width):
            between[i * width + j] = -np.inf


@inlined
def _best_predecessors(totals: Any, before: int, now: int, count: int, between: Any) -> None:
    """Totals of `now` ← max_i (totals of `before` + A_ij): eight labels at once, so that they stay in registers."""
    width = padded(count)
    for j in range(0, width, LANES):
        x, at = totals[before], j
        r0, r1, r2, r3 = x + between[at], x + between[at + 1], x + between[at + 2], x + between[at + 3]
        r4, r5, r6, r7 = x + between[at + 4], x + between[at + 5], x + between[at + 6], x + between[at + 7]
        for i in range(1, count):
            x, at = totals[before + i], i * width + j
            r0, r1 = max(r0, x + between[at]), max(r1, x + between[at + 1])
            r2, r3 = max(r2, x + between[at + 2]), max(r3, x + between[at + 3])
            r4, r5 = max(r4, x + between[at + 4]), max(r5, x + between[at + 5])
            r6, r7 = max(r6, x + between[at + 6]), max(r7, x + between[at + 7])
        at = now + j
        totals[at], totals[at + 1], totals[at + 2], totals[at + 3] = r0, r1, r2, r3
        totals[at + 4], totals[at + 5], totals[at + 6], totals[at + 7] = r4, r5, r6, r7


@inlined
def best_path(
    scores: Any, first: int, last: int, count: int, between: Any, start: Any, end: Any, true: Any, margin: float,
    totals: Any, path: Any,
) -> float:  # fmt: skip
    """Find the labels of the highest total score of a sentence, and return that score.

    Totals are kept, not where they came from: only along the best path is that asked for.

    Parameters
    ----------
    scores : of all tokens
    first, last : tokens of the sentence, at least one
    count : number of labels
    between : of `pad_transitions`, float64
    start, end : scores of the first and the last label
    true, margin : true labels; `margin` is added to the scores of all others
    totals : float64, room for so many rows as the sentence has tokens
    path : gets the labels
    """
    width = padded(count)
    for t in range(first, last):
        now, at = (t - first) * width, t * count
        if t == first:
            for j in range(count):
                totals[now + j] = start[j]
        else:
            _best_predecessors(totals, now - width, now, count, between)
        for j in range(count):
            totals[now + j] += scores[at + j]
        if margin != 0:
            for j in range(count):
                totals[now + j] += margin if j != true[t] else 0.0
    now, best = (last - 1 - first) * width, 0
    for j in range(count):
        totals[now + j] += end[j]
        if totals[now + j] > totals[now + best]:
            best = j
    score = totals[now + best]
    path[last - 1] = best
    for t in range(last - 2, first - 1, -1):
        now -= width
        following, best = best, 0
        highest = totals[now] + between[following]
        for i in range(1, count):
            total = totals[now + i] + between[i * width + following]
            if total > highest:
                highest, best = total, i
        path[t] = best
    return score
