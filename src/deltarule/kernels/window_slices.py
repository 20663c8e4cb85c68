"""What a slice of the window layer does, forward and back: all that belongs to some of its neurons.

`o` holds the operands of the instruction, addresses and sizes, `x` its real numbers; see `instructions`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import floats, integers
from deltarule.kernels.products import multiply, multiply_blocks
from deltarule.kernels.rows import fill
from deltarule.kernels.slices import ALL
from deltarule.kernels.transposition import transpose
from deltarule.kernels.vectors import LANES
from deltarule.kernels.windows import collect_windows, finish_windows, rows_until

__all__ = ["window_layer", "window_signals"]

_WINDOWS = 32  # whose preactivations pass through f together
_VECTORS = 256  # that are multiplied at a time
_SHARED = 128  # vectors whose signals are shared out at a time


@inlined
def neurons_of_slice(columns: int, part: int, parts: int) -> Any:
    """Return where a slice of some neurons begins and ends."""
    return _first_neuron(columns, part, parts), _first_neuron(columns, part + 1, parts)


@inlined
def _first_neuron(columns: int, part: int, parts: int) -> int:
    """Return where a slice begins: halves are equal, for two threads, and slices of a half are whole vectors."""
    half = columns // 2
    begin, end = (half, columns) if 2 * part >= parts else (0, half)
    return min(begin + (columns * part // parts - begin + 15) // 16 * 16, end)


@inlined
def window_layer(o: Any, x: Any, part: int, parts: int, worker: int) -> None:
    """Multiply all vectors with the weights of some neurons, and add the products up for each window.

    Vectors are multiplied some at a time, just before the first window that has one of them, so that most products are
    still in the cache when they are added up: a batch numbers its vectors in the order of the text.
    """
    count, windows, size, columns = o[2], o[8], o[5], o[6]
    left, right = neurons_of_slice(columns, part, parts)
    positions, products = integers(o[7], ALL), o[12] + 4 * worker * columns * size * count
    weights = o[15] + 4 * worker * o[3] * (columns * size + LANES)
    tile = np.empty(_WINDOWS * (right - left), np.float32)
    _lay_out_weights(o, left, right, weights)
    done = 0
    for first in range(0, windows, _WINDOWS):
        last = min(first + _WINDOWS, windows)
        needed = rows_until(positions, first * size, last * size)
        if needed > done:
            until = min(count, done + (needed - done + _VECTORS - 1) // _VECTORS * _VECTORS)
            _multiply_vectors(o, (right - left) * size, done, until, weights, products)
            done = until
        finish_windows(
            products, positions, first, last, size, columns, left, right, o[11], o[9], o[14], int64(x[0]), x[1], o[13],
            x[2], tile,
        )  # fmt: skip


@inlined
def _lay_out_weights(o: Any, left: int, right: int, weights: int) -> None:
    """Put the transposed W_p of some neurons side by side, so that their products are one."""
    dimension, size, neurons = o[3], o[5], right - left
    for place in range(size):
        transpose(
            o[4] + 4 * (left * size + place) * dimension, size * dimension, neurons, dimension,
            weights + 4 * place * neurons, _filled_up(size * neurons),
        )  # fmt: skip


@inlined
def _filled_up(columns: int) -> int:
    """Return how many numbers the vectors have that a row takes."""
    return (columns + LANES - 1) // LANES * LANES


@inlined
def _multiply_vectors(o: Any, columns: int, first: int, last: int, weights: int, products: int) -> None:
    """Multiply vectors first to last with every W_p of some neurons."""
    multiply(
        last - first, columns, o[3], o[0] + 4 * first * o[1], o[1], False, weights, _filled_up(columns), False,
        products + 4 * first * columns, columns, 0, 0,
    )  # fmt: skip


@inlined
def window_signals(o: Any, x: Any, part: int, parts: int, worker: int, above: Any) -> None:
    """Collect the signals of some neurons for each vector, then share them out.

    Where `above` tells of the layer above, its error signal δ, weights U, their number of rows and their gradient, the
    signals Uᵀ δ of some windows are found when it is their turn, and the gradient δ aᵀ with them: no other slice needs
    these columns of U.
    """
    count, windows, size, columns = o[2], o[8], o[5], o[6]
    left, right = neurons_of_slice(columns, part, parts)
    width = (right - left) * size
    positions, collected = integers(o[7], ALL), o[11] + 4 * worker * columns * size * count
    tile, activations = np.empty(_WINDOWS * (right - left), np.float32), np.empty(_WINDOWS * (right - left), np.float32)
    signals = np.empty(_WINDOWS * (right - left) if above[0] != 0 else 0, np.float32)
    fill(floats(o[12], columns)[left:right], 0)
    for row in range(above[2] if above[3] != 0 else 0):
        fill(floats(above[3] + 4 * row * columns, columns)[left:right], 0)
    ready = 0  # rows that signals can be added to, made so when the cache gets them anyway
    for first in range(0, windows, _WINDOWS):
        last = min(first + _WINDOWS, windows)
        needed = max(ready, rows_until(positions, first * size, last * size))
        fill(floats(collected, count * width)[ready * width : needed * width], 0)
        ready = needed
        signal, stride = o[9] + 4 * (first * columns + left), columns
        if above[0] != 0:
            signal, stride = signals.ctypes.data, right - left
            _signals_from_above(above, columns, left, right, first, last, signal)
        collect_windows(
            signal, stride, o[10], positions, first, last, size, columns, left, right, collected, o[12] + 4 * left,
            int64(x[0]), x[1], o[15], x[2], o[9] if x[3] != 0 else 0, tile, activations,
        )  # fmt: skip
        if above[3] != 0:
            _gradient_above(above, columns, left, right, first, last, activations.ctypes.data)
    fill(floats(collected, count * width)[ready * width :], 0)
    gradients = o[16] + 4 * worker * o[3] * (columns * size + LANES)
    for first in range(0, max(count, 1), _SHARED):
        _share_out(o, part, left, right, first, min(first + _SHARED, count), collected, gradients)
    if o[13] != 0:
        _write_rest(o, left, right, gradients)


@inlined
def _signals_from_above(above: Any, columns: int, left: int, right: int, first: int, last: int, signals: int) -> None:
    """Uᵀ δ for some windows and neurons."""
    delta, weight, outputs, _ = above
    multiply(
        last - first, right - left, outputs, delta + 4 * first * outputs, outputs, False, weight + 4 * left, columns,
        False, signals, right - left, 0, 0,
    )  # fmt: skip


@inlined
def _gradient_above(above: Any, columns: int, left: int, right: int, first: int, last: int, activations: int) -> None:
    """Add the δ aᵀ of some windows to the gradient of U, for some neurons."""
    delta, _, outputs, gradient = above
    own = gradient + 4 * left
    multiply(
        outputs, right - left, last - first, delta + 4 * first * outputs, outputs, True, activations, right - left,
        False, own, columns, own, columns,
    )  # fmt: skip


@inlined
def _share_out(o: Any, part: int, left: int, right: int, first: int, last: int, collected: int, gradients: int) -> None:
    """Share out the signals collected for vectors first to last: x δᵀ, summed over them, and a part of Wᵀ δ."""
    count, dimension, size, neurons = o[2], o[3], o[5], right - left
    columns, stride = size * neurons, size * dimension
    vectors, signals = o[0] + 4 * first * o[1], collected + 4 * first * columns
    if o[14] != 0:
        multiply_blocks(
            last - first, dimension, neurons, size, signals, columns, o[4] + 4 * left * stride, stride, dimension,
            o[14] + 4 * (part * count + first) * dimension, dimension,
        )  # fmt: skip
    if o[13] == 0:
        return
    whole = _along_rows(dimension)
    for place in range(size):
        gradient = o[13] + 4 * (left * stride + place * dimension)
        multiply(
            neurons, whole, last - first, signals + 4 * place * neurons, columns, True, vectors, o[1], False, gradient,
            stride, gradient if first > 0 else 0, stride,
        )  # fmt: skip
    if whole < dimension:
        multiply(
            dimension - whole, columns, last - first, vectors + 4 * whole, o[1], True, signals, columns, False,
            gradients, columns, gradients if first > 0 else 0, columns,
        )  # fmt: skip


@inlined
def _along_rows(dimension: int) -> int:
    """Return how many numbers of x are multiplied along their rows: all, but for so few that most of a vector is empty.

    Those are multiplied the other way round: there they are rows, of which there may be any number.
    """
    rest = dimension % LANES
    return dimension - rest if rest <= LANES // 4 else dimension


@inlined
def _write_rest(o: Any, left: int, right: int, gradients: int) -> None:
    """Transpose the gradients that were found the other way round to where they belong."""
    dimension, size, neurons = o[3], o[5], right - left
    whole = _along_rows(dimension)
    for place in range(size):
        transpose(
            gradients + 4 * place * neurons, size * neurons, dimension - whole, neurons,
            o[13] + 4 * ((left * size + place) * dimension + whole), size * dimension,
        )  # fmt: skip
