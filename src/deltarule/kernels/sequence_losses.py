"""Objectives of label sequences, each with its error signals, for a slice of the sentences of a batch."""

from __future__ import annotations

from typing import Any

from numba import float32, float64, int64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.sequences import (
    add_pairs,
    best_path,
    factors_of,
    forward_backward,
    log_forward_backward,
    pad_transitions,
    padded,
)

__all__ = ["sentence_likelihood", "structured_margins"]


@inlined
def _begin_slice(rows: int, part: int, parts: int) -> Any:
    """Return the tokens of a slice; a sentence belongs where its first token is."""
    return rows * part // parts, rows * (part + 1) // parts


@inlined
def _clear(x: Any) -> None:
    for j in range(len(x)):
        x[j] = 0


@inlined
def _sequence_score(
    scores: Any, first: int, last: int, count: int, transitions: Any, start: Any, end: Any, y: Any
) -> float:
    """s(y) of a sentence."""
    total = float64(start[y[first]]) + end[y[last - 1]]
    for t in range(first, last):
        total += scores[t * count + y[t]]
        if t > first:
            total += transitions[y[t - 1] * count + y[t]]
    return total


@inlined
def sentence_likelihood(
    scores: Any, labels: Any, lengths: Any, transitions: Any, start: Any, end: Any, forward: Any, later: Any,
    signal: Any, scratch: Any, transition_signal: Any, start_signal: Any, end_signal: Any, rows: int, count: int,
    part: int, parts: int,
) -> float:  # fmt: skip
    """Return Σ (log Z − s(y)) over the sentences of a slice; signals are (expected − true counts) / rows.

    Parameters
    ----------
    forward, later : room for as many numbers as there are scores
    scratch : room for 2 L² + 2 L numbers
    """
    loss, share = float64(0), float32(1) / float32(rows)
    pairs, factors = scratch[: count * count], scratch[count * count :]
    logs = factors_of(transitions, start, end, count, factors)
    _clear(pairs)
    _clear(transition_signal)
    _clear(start_signal)
    _clear(end_signal)
    low, high = _begin_slice(rows, part, parts)
    first: Any = int64(0)  # as a literal, it would have everything that it is given to compiled twice
    for length in lengths:
        last = first + length
        if length > 0 and low <= first < high:
            log_z, fine = forward_backward(scores, first, last, count, factors, logs, forward, later, signal)
            if fine:
                add_pairs(first, last, count, forward, later, pairs)
            else:
                log_z = log_forward_backward(
                    scores, first, last, count, transitions, start, end, signal, transition_signal
                )
            loss += log_z - _sequence_score(scores, first, last, count, transitions, start, end, labels)
            for j in range(first * count, last * count):
                signal[j] *= share
            for t in range(first, last):
                signal[t * count + labels[t]] -= share
                if t > first:
                    transition_signal[labels[t - 1] * count + labels[t]] -= 1
            for j in range(count):
                start_signal[j] += signal[first * count + j]
                end_signal[j] += signal[(last - 1) * count + j]
        first = last
    for j in range(count * count):
        transition_signal[j] = share * (transition_signal[j] + pairs[j] * factors[j])
    return loss


@inlined
def structured_margins(
    scores: Any, labels: Any, lengths: Any, transitions: Any, start: Any, end: Any, totals: Any, scratch: Any,
    rivals: Any, transition_signal: Any, start_signal: Any, end_signal: Any, rows: int, count: int, margin: float,
    part: int, parts: int,
) -> float:  # fmt: skip
    """Return Σ max(0, max_y' (s(y') + Δ · wrong(y, y')) − s(y)) over the sentences of a slice.

    Parameters
    ----------
    totals : float64, room for a padded row for each token
    scratch : float64, room for L padded rows
    rivals : gets the label of the best rival sequence where it differs from the true one, else −1
    """
    loss, share, width = float64(0), float32(1) / float32(rows), padded(count)
    pad_transitions(transitions, count, scratch)
    _clear(transition_signal)
    _clear(start_signal)
    _clear(end_signal)
    low, high = _begin_slice(rows, part, parts)
    first: Any = int64(0)
    for length in lengths:
        last = first + length
        if length > 0 and low <= first < high:
            own = totals[first * width : last * width]
            best = best_path(scores, first, last, count, scratch, start, end, labels, margin, own, rivals)
            true = _sequence_score(scores, first, last, count, transitions, start, end, labels)
            violation = best - true
            differs = False
            for t in range(first, last):
                differs |= rivals[t] != labels[t]
            if (violation > 0 and differs) or violation != violation:
                loss += violation
                start_signal[rivals[first]] += share
                start_signal[labels[first]] -= share
                end_signal[rivals[last - 1]] += share
                end_signal[labels[last - 1]] -= share
                for t in range(first + 1, last):
                    if rivals[t - 1] != labels[t - 1] or rivals[t] != labels[t]:
                        transition_signal[rivals[t - 1] * count + rivals[t]] += share
                        transition_signal[labels[t - 1] * count + labels[t]] -= share
                for t in range(first, last):
                    rivals[t] = rivals[t] if rivals[t] != labels[t] else -1
            else:
                for t in range(first, last):
                    rivals[t] = -1
        first = last
    return loss
