"""The window layer, factorised: z_t = b + Σ_p W_p x_{i(t, p)} from the products W_p x of distinct vectors x.

It is cut by neurons: a slice has some rows of each W_p, the same columns of all products, and works on them while they
are in the cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import map_function, scale_by_slope
from deltarule.kernels.layers import mask
from deltarule.kernels.rows import add, copy, fill

__all__ = ["collect_windows", "finish_windows", "lay_out_weights", "read_windows", "return_weights"]

_TILE = 32  # windows whose preactivations pass through f together


@inlined
def lay_out_weights(weight: Any, size: int, dimension: int, left: int, right: int, laid_out: Any) -> None:
    """Lay neurons left to right of every W_p one below the other, as a matrix of (size × neurons, dimension)."""
    for place in range(size):
        for j in range(left, right):
            source, target = (j * size + place) * dimension, (place * (right - left) + j - left) * dimension
            copy(weight[source : source + dimension], laid_out[target : target + dimension])


@inlined
def return_weights(laid_out: Any, size: int, dimension: int, left: int, right: int, weight: Any) -> None:
    """Put what lies as `lay_out_weights` leaves it back where it came from."""
    for place in range(size):
        for j in range(left, right):
            target, source = (j * size + place) * dimension, (place * (right - left) + j - left) * dimension
            copy(laid_out[source : source + dimension], weight[target : target + dimension])


@inlined
def _add_two(first: Any, second: Any, target: Any) -> None:
    """Add two arrays to another in one pass."""
    for j in range(len(target)):
        target[j] += first[j] + second[j]


@inlined
def finish_windows(
    products: Any, positions: Any, windows: int, size: int, columns: int, left: int, right: int, z: Any, bias: Any,
    added: bool, addend: Any, function: int, parameter: float, seed: int, rate: float,
) -> None:  # fmt: skip
    """z_t ← dropout(f(b + Σ_p W_p x_{i(t, p)})) for neurons left to right, of all `columns`; f may get an addend."""
    width = right - left
    own_bias, tile = bias[left:right], np.empty(_TILE * width, np.float32)
    for begin in range(0, windows, _TILE):
        rows = min(_TILE, windows - begin)
        for row in range(rows):
            own, at = tile[row * width : (row + 1) * width], (begin + row) * size
            copy(own_bias, own)
            if added:
                add(addend[(begin + row) * columns + left : (begin + row) * columns + right], own)
            if size % 2 == 1:
                last = (positions[at + size - 1] * size + size - 1) * width
                add(products[last : last + width], own)
            for place in range(0, size - 1, 2):
                one = (positions[at + place] * size + place) * width
                other = (positions[at + place + 1] * size + place + 1) * width
                _add_two(products[one : one + width], products[other : other + width], own)
        map_function(function, parameter, tile[: rows * width])
        for row in range(rows):
            own, at = tile[row * width : (row + 1) * width], (begin + row) * columns + left
            if rate > 0:
                mask(own, at, seed, rate)
            copy(own, z[at : at + width])


@inlined
def collect_windows(
    signal: Any, activation: Any, positions: Any, windows: int, size: int, columns: int, left: int, right: int,
    vectors: int, collected: Any, sums: Any, function: int, parameter: float, seed: int, rate: float, left_there: bool,
) -> None:  # fmt: skip
    """Add up the signals of each W_p x over all windows that it stands in, for neurons left to right; and those of b.

    The signals are at dropout(f(z)) where there is an activation, and are turned into those at z on the way; these may
    be left where the others were.
    """
    width = right - left
    tile, activations = np.empty(_TILE * width, np.float32), np.empty(_TILE * width, np.float32)
    fill(collected[: vectors * size * width], 0)
    bias_sums = sums[left:right]
    fill(bias_sums, 0)
    for begin in range(0, windows, _TILE):
        rows = min(_TILE, windows - begin)
        for row in range(rows):
            own, at = tile[row * width : (row + 1) * width], (begin + row) * columns + left
            copy(signal[at : at + width], own)
            if rate > 0:
                mask(own, at, seed, rate)
            if function != 0:
                copy(activation[at : at + width], activations[row * width : (row + 1) * width])
        a = activations[: rows * width]
        scale_by_slope(function, parameter, tile[: rows * width], a, a, 1 - rate)
        for row in range(rows):
            own, at = tile[row * width : (row + 1) * width], (begin + row) * size
            add(own, bias_sums)
            if left_there:
                copy(own, signal[(begin + row) * columns + left : (begin + row) * columns + right])
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
