"""A small network forward and back in one go, its examples side by side in vectors.

Of layers with few neurons, all arrays lie transposed: a row holds what one neuron has for each of some examples. So
vectors are full however few neurons there are, weights need not be packed, and softmax and losses run along the
examples as activations do. What the passes leave for each other stays in the cache of a core, and nothing is looked up
between them, which takes longer than the arithmetic of a small layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import EXP, map_function, scale_by_slope
from deltarule.kernels.memory import doubles, entry, floats, integers
from deltarule.kernels.products import multiply
from deltarule.kernels.row_totals import put_along_rows, squared_differences, sum_each_row
from deltarule.kernels.transposition import transpose_few

__all__ = ["LAYER_WIDTH", "train_small_network"]

LAYER_WIDTH = 8  # columns of the table of layers
_INPUTS, _OUTPUTS, _WEIGHT, _BIAS, _WEIGHT_GRADIENT, _BIAS_GRADIENT, _FUNCTION, _SETTING = range(LAYER_WIDTH)
_LOG_AT_ONCE = 8  # sums of exponentials whose product is taken the logarithm of, in double precision


@inlined
def train_small_network(
    memory: int, layers: int, count: int, x: int, wanted: int, rows: int, first: int, last: int, losses: int,
    part: int, scratch: int, together: int, softmax: bool,
) -> None:  # fmt: skip
    """Find the loss of examples first to last and the gradients that they contribute.

    Parameters
    ----------
    memory, layers, count : addresses of memory and of the table of layers, which names places in it; how many layers
    x, wanted : addresses of the inputs of all examples, and of their labels or targets
    rows : examples of the batch
    losses : address of the float64 sums of losses of each part
    part : which part of the gradients to write
    scratch, together : address of memory, and for how many examples at a time it is enough
    softmax : whether to find the cross-entropy of a softmax, or the squared error
    """
    total, begin, again = 0.0, first, False
    inputs = entry(memory, entry(layers, _INPUTS))
    while begin < last or not again:
        end = min(begin + together, last)
        total += _train_some(
            memory, layers, count, x + 4 * begin * inputs, wanted, rows, begin, end - begin, part, scratch, softmax,
            again,
        )  # fmt: skip
        begin, again = end, True
    doubles(losses + 8 * part, 1)[0] = total


@inlined
def _train_some(
    memory: int, layers: int, count: int, x: int, wanted: int, rows: int, first: int, examples: int, part: int,
    scratch: int, softmax: bool, again: bool,
) -> float:  # fmt: skip
    """Take some examples forward and back; `again` where their gradients are added to those of others."""
    width = (examples + 15) // 16 * 16
    inputs = entry(memory, entry(layers, _INPUTS))
    transpose_few(x, inputs, examples, inputs, scratch, width)
    below, own, outputs = scratch, scratch + 4 * inputs * width, inputs
    for layer in range(count):
        row = layers + 8 * LAYER_WIDTH * layer
        inputs, outputs = outputs, entry(memory, entry(row, _OUTPUTS))
        _forward(memory, row, inputs, outputs, below, own, examples, width)
        below, own = own, own + 4 * outputs * width
    activation, signal, share = below, own, float32(1) / float32(rows)
    if softmax:
        labels, target = integers(wanted + 4 * first, examples), floats(signal, (outputs + 2) * width)
        scores = floats(activation, outputs * width)
        loss = _softmax_cross_entropy(scores, labels, target, outputs, width, examples, share)
    else:
        targets = wanted + 4 * first * outputs
        if outputs > 1:
            transpose_few(targets, outputs, examples, outputs, signal + 4 * outputs * width, width)
            targets = signal + 4 * outputs * width
        loss = _squared_error(activation, targets, signal, outputs, width, examples, share)
    for layer in range(count - 1, -1, -1):
        row = layers + 8 * LAYER_WIDTH * layer
        inputs = entry(memory, entry(row, _INPUTS))
        below = activation - 4 * inputs * width
        at, stride = (x, inputs) if layer == 0 else (below, width)
        _gradients(
            memory, row, inputs, outputs, activation, signal, at, stride, layer > 0, examples, width, part, again
        )
        if layer > 0:
            weight, shared = entry(memory, entry(row, _WEIGHT)), signal + 4 * outputs * width
            multiply(
                inputs, examples, outputs, weight, inputs, True, signal, width, False, shared, width, 0, 0
            )  # fmt: skip
            signal = shared
        activation, outputs = below, inputs
    return loss


@inlined
def _forward(
    memory: int, row: int, inputs: int, outputs: int, x: int, a: int, examples: int, width: int
) -> None:  # fmt: skip
    """Find a = f(W x + b)."""
    weight, bias, addend = entry(memory, entry(row, _WEIGHT)), entry(memory, entry(row, _BIAS)), 0
    if bias != 0:
        put_along_rows(bias, outputs, width, a)
        addend = a
    multiply(outputs, examples, inputs, weight, inputs, False, x, width, False, a, width, addend, width)
    map_function(entry(row, _FUNCTION), doubles(row, LAYER_WIDTH)[_SETTING], floats(a, outputs * width))


@inlined
def _gradients(
    memory: int, row: int, inputs: int, outputs: int, activation: int, signal: int, x: int, stride: int,
    transposed: bool, examples: int, width: int, part: int, again: bool,
) -> None:  # fmt: skip
    """Find δ = f′(z) ∘ signal, in place; ∂J/∂W = δ xᵀ and ∂J/∂b = Σ δ. The inputs x may lie transposed."""
    delta, a = floats(signal, outputs * width), floats(activation, outputs * width)
    scale_by_slope(entry(row, _FUNCTION), doubles(row, LAYER_WIDTH)[_SETTING], delta, a, a, 1.0)
    gradient = entry(memory, entry(row, _WEIGHT_GRADIENT)) + 4 * part * outputs * inputs
    multiply(
        outputs, inputs, examples, signal, width, False, x, stride, transposed, gradient, inputs,
        gradient if again else 0, inputs,
    )  # fmt: skip
    sums = entry(memory, entry(row, _BIAS_GRADIENT))
    if sums != 0:
        sum_each_row(signal, outputs, examples, width, sums + 4 * part * outputs, again)


@inlined
def _squared_error(a: int, y: int, signal: int, outputs: int, width: int, examples: int, share: Any) -> float:
    """Return Σ ½ (a − y)²; the signals are (a − y) / rows."""
    total = float64(0)
    for j in range(outputs):
        at = 4 * j * width
        total += squared_differences(a + at, y + at, signal + at, examples, share)
    return total / 2


@inlined
def _softmax_cross_entropy(
    scores: Any, labels: Any, signal: Any, classes: int, width: int, examples: int, share: Any
) -> float:
    """Return Σ (log Σ_j e^{s_j} − s_y); the signals are (softmax(s) − [j = y]) / rows, with two rows for sums."""
    largest, sums = signal[classes * width :][:width], signal[(classes + 1) * width :][:width]
    for i in range(examples):
        largest[i] = scores[i]
        sums[i] = 0
    for j in range(1, classes):
        row = scores[j * width :][:width]
        for i in range(examples):
            largest[i] = row[i] if row[i] > largest[i] or row[i] != row[i] else largest[i]
    for j in range(classes):
        row, own = scores[j * width :][:width], signal[j * width :][:width]
        for i in range(examples):
            own[i] = row[i] - largest[i]
    total = float64(0)
    for i in range(examples):
        total -= signal[labels[i] * width + i]
    map_function(EXP, 0.0, signal[: classes * width])
    for j in range(classes):
        own = signal[j * width :][:width]
        for i in range(examples):
            sums[i] += own[i]
    for begin in range(0, examples, _LOG_AT_ONCE):
        product = float64(1)
        for i in range(begin, min(begin + _LOG_AT_ONCE, examples)):
            product *= sums[i]
        total += np.log(product)
    for i in range(examples):
        sums[i] = share / sums[i]
    for j in range(classes):
        own = signal[j * width :][:width]
        for i in range(examples):
            own[i] *= sums[i]
    for i in range(examples):
        signal[labels[i] * width + i] -= share
    return total
