"""The window layer, factorised: z_t = b + Σ_p W_p x_{i(t, p)} from the products W_p x of distinct vectors x.

It is cut by neurons: a slice has some rows of each W_p, the same columns of all products, and works on them while they
are in the cache.
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import map_function, scale_by_slope
from deltarule.kernels.layers import mask
from deltarule.kernels.rows import add, copy
from deltarule.kernels.transposition import transpose

__all__ = ["collect_windows", "finish_windows", "lay_out_weights", "read_windows", "rows_until"]


@inlined
def lay_out_weights(weight: int, size: int, dimension: int, left: int, right: int, laid_out: int) -> None:
    """Lay the transposes of neurons left to right of every W_p side by side, (dimension, size × neurons)."""
    neurons, stride = right - left, size * dimension
    for place in range(size):
        source, target = weight + 4 * (left * stride + place * dimension), laid_out + 4 * place * neurons
        transpose(source, stride, neurons, dimension, target, size * neurons)


@inlined
def _sum_of_two(first: Any, second: Any, target: Any) -> None:
    """Write the sum of two arrays."""
    for j in range(len(target)):
        target[j] = first[j] + second[j]


@inlined
def _add_four(a: Any, b: Any, c: Any, d: Any, target: Any) -> None:
    """Add four arrays to another in one pass, which takes half as long as in four."""
    for j in range(len(target)):
        target[j] += (a[j] + b[j]) + (c[j] + d[j])


@inlined
def _product(products: Any, positions: Any, at: int, place: int, size: int, width: int) -> Any:
    """Return W_p x for the vector that stands at a place p of the window that begins at `at`."""
    begin = (positions[at + place] * size + place) * width
    return products[begin : begin + width]


@inlined
def rows_until(positions: Any, first: int, last: int) -> int:
    """Return how many rows there are up to the last of those that some windows read."""
    largest = -1
    for i in range(first, last):
        largest = max(largest, positions[i])
    return largest + 1


@inlined
def finish_windows(
    products: Any, positions: Any, first: int, last: int, size: int, columns: int, left: int, right: int, z: Any,
    bias: Any, added: bool, addend: Any, function: int, parameter: float, seed: int, rate: float, tile: Any,
) -> None:  # fmt: skip
    """z_t ← dropout(f(b + Σ_p W_p x_{i(t, p)})) for neurons left to right, of all `columns`; f may get an addend."""
    width, rows = right - left, last - first
    own_bias = bias[left:right]
    for row in range(rows):
        own, at = tile[row * width : (row + 1) * width], (first + row) * size
        _sum_of_two(own_bias, _product(products, positions, at, 0, size, width), own)
        fours = 1 + (size - 1) // 4 * 4
        for place in range(1, fours, 4):
            _add_four(
                _product(products, positions, at, place, size, width),
                _product(products, positions, at, place + 1, size, width),
                _product(products, positions, at, place + 2, size, width),
                _product(products, positions, at, place + 3, size, width), own,
            )  # fmt: skip
        for place in range(fours, size):
            add(_product(products, positions, at, place, size, width), own)
        if added:
            add(addend[(first + row) * columns + left : (first + row) * columns + right], own)
    map_function(function, parameter, tile[: rows * width])
    for row in range(rows):
        own, at = tile[row * width : (row + 1) * width], (first + row) * columns + left
        if rate > 0:
            mask(own, at, seed, rate)
        copy(own, z[at : at + width])


@inlined
def collect_windows(
    signal: Any, activation: Any, positions: Any, first: int, last: int, size: int, columns: int, left: int, right: int,
    collected: Any, bias_sums: Any, function: int, parameter: float, seed: int, rate: float, left_there: bool,
    tile: Any, activations: Any,
) -> None:  # fmt: skip
    """Add the signals of some windows to those of each W_p x that they have, for neurons left to right; and to b's.

    The signals are at dropout(f(z)) where there is an activation, and are turned into those at z on the way; these may
    be left where the others were.
    """
    width, rows = right - left, last - first
    for row in range(rows):
        own, at = tile[row * width : (row + 1) * width], (first + row) * columns + left
        copy(signal[at : at + width], own)
        if rate > 0:
            mask(own, at, seed, rate)
        if function != 0:
            copy(activation[at : at + width], activations[row * width : (row + 1) * width])
    a = activations[: rows * width]
    scale_by_slope(function, parameter, tile[: rows * width], a, a, 1 - rate)
    for row in range(rows):
        own, at = tile[row * width : (row + 1) * width], (first + row) * size
        add(own, bias_sums)
        if left_there:
            copy(own, signal[(first + row) * columns + left : (first + row) * columns + right])
        for place in range(size):
            target = (positions[at + place] * size + place) * width
            add(own, collected[target : target + width])


@inlined
def read_windows(vectors: Any, positions: Any, first: int, last: int, size: int, dimension: int, windows: Any) -> None:
    """Lay the vectors of windows first to last end to end."""
    for i in range(first, last):
        for place in range(size):
            source = positions[i * size + place] * dimension
            target = (i * size + place) * dimension
            copy(vectors[source : source + dimension], windows[target : target + dimension])
