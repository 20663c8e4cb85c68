"""Objectives over rows, each with its error signal found in the same pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import EXP, map_function

__all__ = ["class_margins", "class_violators", "pair_violators", "softmax_cross_entropy", "squared_error"]


@inlined
def softmax_cross_entropy(scores: Any, labels: Any, signal: Any, first: int, last: int, classes: int, rows: int) -> Any:
    """Return Σ (log Σ_j e^{s_j} − s_y) over rows first to last; their signals are (softmax(s) − [j = y]) / rows."""
    total, share = float64(0), float32(1) / float32(rows)
    for row in range(first, last):
        s = scores[row * classes : (row + 1) * classes]
        own = signal[row * classes : (row + 1) * classes]
        largest = s[0]
        for j in range(classes):
            if s[j] > largest or s[j] != s[j]:
                largest = s[j]
        for j in range(classes):
            own[j] = s[j] - largest
        total -= own[labels[row]]
    # All at once, as a row may have few classes.
    map_function(EXP, 0.0, signal[first * classes : last * classes])
    for row in range(first, last):
        own = signal[row * classes : (row + 1) * classes]
        exponentials = float32(0)
        for j in range(classes):
            exponentials += own[j]
        total += np.log(exponentials)
        scale = share / exponentials
        for j in range(classes):
            own[j] *= scale
        own[labels[row]] -= share
    return total


@inlined
def squared_error(outputs: Any, targets: Any, signal: Any, rows: int) -> Any:
    """Return Σ ½ (a − y)²; the signals are (a − y) / rows."""
    total, share = float64(0), float32(1) / float32(rows)
    for i in range(len(outputs)):
        difference = outputs[i] - targets[i]
        total += difference * difference
        signal[i] = difference * share
    return total / 2


@inlined
def class_margins(scores: Any, labels: Any, rivals: Any, first: int, last: int, classes: int, margin: float) -> Any:
    """Return Σ max(0, max_j (s_j + Δ [j ≠ y]) − s_y) over rows; `rivals` gets j of a row that violates it, else −1."""
    total, gap = float64(0), float32(margin)
    for row in range(first, last):
        s = scores[row * classes : (row + 1) * classes]
        label = labels[row]
        best, rival = s[label], -1
        for j in range(classes):
            if j != label and (s[j] + gap > best or s[j] != s[j]):
                best, rival = s[j] + gap, j
        rivals[row] = rival
        total += best - s[label]
    return total


@inlined
def class_violators(labels: Any, rivals: Any, signal: Any, violators: Any, classes: int, rows: int) -> int:
    """List the rows that violate their margin, with their signals: 1 / rows at the rival, −1 / rows at the label."""
    count, share = 0, float32(1) / float32(rows)
    for row in range(rows):
        if rivals[row] >= 0:
            violators[count] = row
            own = signal[count * classes : (count + 1) * classes]
            for j in range(classes):
                own[j] = 0
            own[rivals[row]] = share
            own[labels[row]] = -share
            count += 1
    return count


@inlined
def pair_violators(
    true: Any,
    corrupted: Any,
    true_signal: Any,
    corrupted_signal: Any,
    violators: Any,
    rows: int,
    margin: float,
    loss: Any,
) -> int:
    """List the pairs with Δ + s_c − s > 0, with their signals ∓ 1 / rows; `loss` gets the mean violation."""
    total, count, share, gap = float64(0), 0, float32(1) / float32(rows), float32(margin)
    for row in range(rows):
        violation = gap + corrupted[row] - true[row]
        if not violation <= 0:  # NaN is a violation, and makes the loss NaN
            violators[count] = row
            true_signal[count], corrupted_signal[count] = -share, share
            total += violation
            count += 1
    loss[0] = total / rows
    return count
