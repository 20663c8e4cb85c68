"""The window layer, factorised: z_t = b + Σ_p W_p x_{i(t, p)} from the products W_p x of distinct vectors x.

It is cut by neurons: a slice has some rows of each W_p, the same columns of all products, and works on them while they
are in the cache.
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import map_function, scale_by_slope
from deltarule.kernels.layers import mask
from deltarule.kernels.memory import fetch_ahead
from deltarule.kernels.row_sums import add_four_rows, add_row
from deltarule.kernels.rows import add, copy

__all__ = ["collect_windows", "finish_windows", "read_windows", "rows_until"]

# Windows whose numbers are asked for before it is their turn: a slice has some columns of each row, and a processor
# does not guess by itself that it will need those of the next.
_AHEAD = 8


@inlined
def _row(matrix: int, positions: Any, at: int, place: int, size: int, width: int) -> int:
    """Return the address of the row for W_p x, where x stands at a place p of the window that begins at `at`."""
    return matrix + 4 * (positions[at + place] * size + place) * width


@inlined
def rows_until(positions: Any, first: int, last: int) -> int:
    """Return how many rows there are up to the last of those that some windows read."""
    largest = -1
    for i in range(first, last):
        largest = max(largest, positions[i])
    return largest + 1


@inlined
def finish_windows(
    products: int, positions: Any, first: int, last: int, size: int, columns: int, left: int, right: int, z: Any,
    bias: Any, added: bool, addend: Any, function: int, parameter: float, seed: int, rate: float, tile: Any,
) -> None:  # fmt: skip
    """z_t ← dropout(f(b + Σ_p W_p x_{i(t, p)})) for neurons left to right, of all `columns`; f may get an addend."""
    width, rows = right - left, last - first
    own_bias, fours = bias[left:right], size // 4 * 4
    for row in range(rows):
        own, at = tile[row * width : (row + 1) * width], (first + row) * size
        fetch_ahead(z.ctypes.data + 4 * ((first + row + _AHEAD) * columns + left), 4 * width)
        copy(own_bias, own)
        target = own.ctypes.data
        for place in range(0, fours, 4):
            add_four_rows(
                _row(products, positions, at, place, size, width),
                _row(products, positions, at, place + 1, size, width),
                _row(products, positions, at, place + 2, size, width),
                _row(products, positions, at, place + 3, size, width), target, width,
            )  # fmt: skip
        for place in range(fours, size):
            add_row(_row(products, positions, at, place, size, width), target, width)
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
    collected: int, bias_sums: Any, function: int, parameter: float, seed: int, rate: float, left_there: bool,
    tile: Any, activations: Any,
) -> None:  # fmt: skip
    """Add the signals of some windows to those of each W_p x that they have, for neurons left to right; and to b's.

    The signals are at dropout(f(z)) where there is an activation, and are turned into those at z on the way; these may
    be left where the others were.
    """
    width, rows = right - left, last - first
    for row in range(rows):
        own, at = tile[row * width : (row + 1) * width], (first + row) * columns + left
        fetch_ahead(signal.ctypes.data + 4 * (at + _AHEAD * columns), 4 * width)
        fetch_ahead(activation.ctypes.data + 4 * (at + _AHEAD * columns), 4 * width)
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
            add_row(own.ctypes.data, _row(collected, positions, at, place, size, width), width)


@inlined
def read_windows(vectors: Any, positions: Any, first: int, last: int, size: int, dimension: int, windows: Any) -> None:
    """Lay the vectors of windows first to last end to end."""
    for i in range(first, last):
        for place in range(size):
            source = positions[i * size + place] * dimension
            target = (i * size + place) * dimension
            copy(vectors[source : source + dimension], windows[target : target + dimension])
