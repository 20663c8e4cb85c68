"""Reductions over the middle one of three axes, (outer, length, inner), and softmax; each with its signals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64

from deltarule.kernels import functions
from deltarule.kernels.compiled import inlined

__all__ = ["LOG_SUM_EXP", "MAX", "MEAN", "SUM", "reduce", "share_reduction", "share_softmax", "softmax"]

SUM, MEAN, MAX, LOG_SUM_EXP = range(4)


@inlined
def _largest(x: Any, begin: int, length: int, inner: int) -> int:
    """Return where the first of the largest entries lies; NaN counts as largest."""
    best = begin
    for i in range(begin, begin + length * inner, inner):
        if x[i] > x[best] or (x[i] != x[i] and x[best] == x[best]):
            best = i
    return best


@inlined
def reduce(code: int, x: Any, y: Any, outer: int, length: int, inner: int) -> None:
    """y[o, i] ← Σ, mean, max or log Σ exp of x[o, :, i]."""
    for o in range(outer):
        for i in range(inner):
            begin = o * length * inner + i
            end = begin + length * inner
            if code in (SUM, MEAN):
                total = float64(0)
                for at in range(begin, end, inner):
                    total += x[at]
                y[o * inner + i] = total if code == SUM else total / length
            else:
                largest = x[_largest(x, begin, length, inner)]
                if code == MAX:
                    y[o * inner + i] = largest
                else:
                    summed = float32(0)
                    for at in range(begin, end, inner):
                        summed += functions.exp(x[at] - largest)
                    y[o * inner + i] = np.log(summed) + largest


@inlined
def share_reduction(code: int, signal: Any, x: Any, y: Any, shared: Any, outer: int, length: int, inner: int) -> None:
    """Add the signals of y to those of the entries of x that it was made of."""
    for o in range(outer):
        for i in range(inner):
            upstream = signal[o * inner + i]
            begin = o * length * inner + i
            end = begin + length * inner
            if code == MAX:
                shared[_largest(x, begin, length, inner)] += upstream
            elif code == LOG_SUM_EXP:
                reduced = y[o * inner + i]
                for at in range(begin, end, inner):
                    shared[at] += upstream * functions.exp(x[at] - reduced)
            else:
                share = upstream if code == SUM else upstream / float32(length)
                for at in range(begin, end, inner):
                    shared[at] += share


@inlined
def softmax(x: Any, y: Any, outer: int, length: int, inner: int) -> None:
    """y[o, :, i] ← e^x / Σ e^x."""
    for o in range(outer):
        for i in range(inner):
            begin = o * length * inner + i
            end = begin + length * inner
            largest = x[_largest(x, begin, length, inner)]
            total = float32(0)
            for at in range(begin, end, inner):
                y[at] = functions.exp(x[at] - largest)
                total += y[at]
            for at in range(begin, end, inner):
                y[at] /= total


@inlined
def share_softmax(signal: Any, y: Any, shared: Any, outer: int, length: int, inner: int) -> None:
    """Add y ∘ (signal − Σ signal y) to the signal of x."""
    for o in range(outer):
        for i in range(inner):
            begin = o * length * inner + i
            end = begin + length * inner
            expected = float32(0)
            for at in range(begin, end, inner):
                expected += signal[at] * y[at]
            for at in range(begin, end, inner):
                shared[at] += y[at] * (signal[at] - expected)
