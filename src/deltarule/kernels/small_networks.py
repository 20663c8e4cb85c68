"""A small network forward and back in one go, its examples side by side in vectors.

Of layers with few neurons, all arrays lie transposed: a row holds what one neuron has for each of some examples. So
vectors are full however few neurons there are, weights need not be packed, and softmax and losses run along the
examples as activations do. What the passes leave for each other stays in the first cache, and nothing is looked up
between them: at this size, that takes longer than the arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64, int64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import EXP, map_function, scale_by_slope
from deltarule.kernels.memory import doubles, floats, integers, long_integers
from deltarule.kernels.neuron_rows import put_along_rows, sum_each_row
from deltarule.kernels.products import multiply
from deltarule.kernels.transposition import transpose_few

__all__ = ["LAYER_WIDTH", "train_small_network"]

LAYER_WIDTH = 8  # columns of the table of layers
_INPUTS, _OUTPUTS, _WEIGHT, _BIAS, _WEIGHT_GRADIENT, _BIAS_GRADIENT, _FUNCTION, _SETTING = range(LAYER_WIDTH)
_LOG_AT_ONCE = 8  # sums of exponentials whose product is taken the logarithm of, in double precision


@inlined
def train_small_network(
    memory: Any, layers: int, count: int, x: int, wanted: int, rows: int, first: int, last: int, losses: int, part: int,
    parts: int, scratch: int, together: int, softmax: bool,
) -> None:  # fmt: skip
    """Find the loss of examples first to last and the gradients that they contribute.

    Parameters
    ----------
    memory, layers, count : addresses and sizes; address of the table of layers, places in memory; and how many layers
    x, wanted : addresses of the inputs of all examples, and of their labels or targets
    rows : examples of the batch
    losses : address of the float64 sums of losses of each part
    part, parts : which part of the gradients to write, of how many
    scratch, together : address of memory, and for how many examples at a time it is enough
    softmax : whether to find the cross-entropy of a softmax, or the squared error
    """
    total, begin, again = 0.0, first, False
    while begin < last or not again:
        end = min(begin + together, last)
        inputs = memory[long_integers(layers, 1)[_INPUTS]]
        total += _train_some(
            memory, layers, count, x + 4 * begin * inputs, wanted, rows, begin, end - begin, part, scratch, softmax, again
        )  # fmt: skip
        begin, again = end, True
    doubles(losses, parts)[part] = total


@inlined
def _train_some(
    memory: Any, layers: int, count: int, x: int, wanted: int, rows: int, first: int, examples: int, part: int,
    scratch: int, softmax: bool, again: bool,
) -> float:  # fmt: skip
    """Take some examples forward and back; `again` where their gradients are added to those of others."""
    width = (examples + 15) // 16 * 16
    table = long_integers(layers, count * LAYER_WIDTH)
    inputs = memory[table[_INPUTS]]
    transpose_few(x, inputs, examples, inputs, scratch, width)
    below, own = scratch, scratch + 4 * inputs * width
    for layer in range(count):
        at = layer * LAYER_WIDTH
        _forward(memory, table[at : at + LAYER_WIDTH], below, own, examples, width)
        below, own = own, own + 4 * memory[table[at + _OUTPUTS]] * width
    outputs = memory[table[(count - 1) * LAYER_WIDTH + _OUTPUTS]]
    activation, signal = below, own
    if softmax:
        labels, target = integers(wanted, rows)[first : first + examples], floats(signal, (outputs + 2) * width)
        scores = floats(activation, outputs * width)
        loss = _softmax_cross_entropy(scores, labels, target, outputs, width, examples, float32(1) / float32(rows))
    else:
        target = wanted + 4 * first * outputs
        if outputs > 1:
            transpose_few(target, outputs, examples, outputs, signal + 4 * outputs * width, width)
            target = signal + 4 * outputs * width
        loss = _squared_error(activation, target, signal, outputs, width, examples, float32(1) / float32(rows))
    for layer in range(count - 1, -1, -1):
        at = layer * LAYER_WIDTH
        own_table = table[at : at + LAYER_WIDTH]
        inputs, outputs = memory[own_table[_INPUTS]], memory[own_table[_OUTPUTS]]
        below = activation - 4 * inputs * width
        _gradients(memory, own_table, activation, signal, below, x if layer == 0 else 0, examples, width, part, again)
        if layer > 0:
            shared = signal + 4 * outputs * width
            multiply(
                inputs, examples, outputs, memory[own_table[_WEIGHT]], inputs, True, signal, width, False, shared,
                width, 0, 0,
            )  # fmt: skip
            signal = shared
        activation = below
    return loss


@inlined
def _forward(memory: Any, layer: Any, x: int, a: int, examples: int, width: int) -> None:
    """a ← f(W x + b)."""
    inputs, outputs, bias = memory[layer[_INPUTS]], memory[layer[_OUTPUTS]], memory[layer[_BIAS]]
    z = floats(a, outputs * width)
    if bias != 0:
        put_along_rows(bias, outputs, width, a)
    multiply(
        outputs, examples, inputs, memory[layer[_WEIGHT]], inputs, False, x, width, False, a, width,
        a if bias != 0 else 0, width,
    )  # fmt: skip
    map_function(layer[_FUNCTION], doubles(layer.ctypes.data, LAYER_WIDTH)[_SETTING], z)


@inlined
def _gradients(
    memory: Any, layer: Any, activation: int, signal: int, below: int, x: int, examples: int, width: int, part: int,
    again: bool,
) -> None:  # fmt: skip
    """δ ← f′(z) ∘ signal, in place; ∂J/∂W = δ xᵀ and ∂J/∂b = Σ δ. The inputs lie at x, or transposed below."""
    inputs, outputs = memory[layer[_INPUTS]], memory[layer[_OUTPUTS]]
    delta, a = floats(signal, outputs * width), floats(activation, outputs * width)
    scale_by_slope(layer[_FUNCTION], doubles(layer.ctypes.data, LAYER_WIDTH)[_SETTING], delta, a, a, 1.0)
    gradient = memory[layer[_WEIGHT_GRADIENT]] + 4 * part * outputs * inputs
    multiply(
        outputs, inputs, examples, signal, width, False, x if x != 0 else below, inputs if x != 0 else width, x == 0,
        gradient, inputs, gradient if again else 0, inputs,
    )  # fmt: skip
    if memory[layer[_BIAS_GRADIENT]] != 0:
        sum_each_row(signal, outputs, examples, width, memory[layer[_BIAS_GRADIENT]] + 4 * part * outputs, again)


@inlined
def _squared_error(a: int, y: int, signal: int, outputs: int, width: int, examples: int, share: Any) -> float:
    """Return Σ ½ (a − y)²; the signals are (a − y) / rows."""
    total = float64(0)
    for j in range(outputs):
        at = 4 * j * width
        own, wanted, to = floats(a + at, examples), floats(y + at, examples), floats(signal + at, examples)
        for i in range(examples):
            difference = own[i] - wanted[i]
            total += difference * difference
            to[i] = difference * share
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
