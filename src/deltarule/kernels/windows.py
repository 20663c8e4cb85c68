"""The window layer, factorised: z_t = b + Σ_p W_p x_{i(t, p)} from the products W_p x of distinct vectors x.

It is cut by neurons: a slice has some rows of each W_p, the same columns of all products, and works on them while they
are in the cache.
"""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import map_function, scale_by_slope
from deltarule.kernels.masks import mask_row
from deltarule.kernels.memory import fetch_ahead
from deltarule.kernels.row_sums import add_row, add_row_to_six, copy_row, sum_six_rows
from deltarule.kernels.rows import copy

__all__ = ["collect_windows", "finish_windows", "read_windows", "rows_until"]

# Windows whose numbers are asked for before it is their turn: a slice has some columns of each row, and a processor
# does not guess by itself that it will need those of the next.
_AHEAD = 8


@inlined
def _row(matrix: int, positions: Any, at: int, place: int, size: int, width: int) -> int:
    """Return the address of the row for W_p x, where x stands at a place p of the window that begins at `at`."""
    return matrix + 4 * (positions[at + place] * size + place) * width


@inlined
def _first_five_rows(matrix: int, positions: Any, at: int, size: int, width: int) -> Any:
    """Return the addresses of the rows for the first five places of a window."""
    return (
        _row(matrix, positions, at, 0, size, width), _row(matrix, positions, at, 1, size, width),
        _row(matrix, positions, at, 2, size, width), _row(matrix, positions, at, 3, size, width),
        _row(matrix, positions, at, 4, size, width),
    )  # fmt: skip


@inlined
def _sum_window(products: int, positions: Any, at: int, size: int, width: int, bias: int, z: int) -> None:
    """z ← b + Σ_p W_p x, for one window."""
    together = 5 if size >= 5 else 0
    if together:
        one, two, three, four, five = _first_five_rows(products, positions, at, size, width)
        sum_six_rows(bias, one, two, three, four, five, z, width)
    else:
        copy_row(bias, z, width)
    for place in range(together, size):
        add_row(_row(products, positions, at, place, size, width), z, width)


@inlined
def _collect_window(
    signal: int, positions: Any, at: int, size: int, width: int, bias_sums: int, collected: int
) -> None:
    """Add the signal of one window to that of b, and to that of each W_p x that it has."""
    together = 5 if size >= 5 else 0
    if together:
        one, two, three, four, five = _first_five_rows(collected, positions, at, size, width)
        add_row_to_six(signal, bias_sums, one, two, three, four, five, width)
    else:
        add_row(signal, bias_sums, width)
    for place in range(together, size):
        add_row(signal, _row(collected, positions, at, place, size, width), width)


@inlined
def rows_until(positions: Any, first: int, last: int) -> int:
    """Return how many rows there are up to the last of those that some windows read."""
    largest = -1
    for i in range(first, last):
        largest = max(largest, positions[i])
    return largest + 1


@inlined
def finish_windows(
    products: int, positions: Any, first: int, last: int, size: int, columns: int, left: int, right: int, z: int,
    bias: int, addend: int, function: int, parameter: float, seed: int, rate: float, tile: Any,
) -> None:  # fmt: skip
    """z_t ← dropout(f(b + Σ_p W_p x_{i(t, p)})) for neurons left to right, of `columns`; f may get an addend, or 0."""
    width, rows = right - left, last - first
    for row in range(rows):
        own, strip = tile.ctypes.data + 4 * row * width, (first + row) * columns + left
        fetch_ahead(z + 4 * (strip + _AHEAD * columns), 4 * width)
        _sum_window(products, positions, (first + row) * size, size, width, bias + 4 * left, own)
        if addend != 0:
            add_row(addend + 4 * strip, own, width)
    map_function(function, parameter, tile[: rows * width])
    for row in range(rows):
        own, strip = tile.ctypes.data + 4 * row * width, (first + row) * columns + left
        if rate > 0:
            mask_row(own, z + 4 * strip, width, strip, seed, rate)
        else:
            copy_row(own, z + 4 * strip, width)


@inlined
def collect_windows(
    signal: int, stride: int, activation: int, positions: Any, first: int, last: int, size: int, columns: int,
    left: int, right: int, collected: int, bias_sums: int, function: int, parameter: float, seed: int, rate: float,
    left_at: int, tile: Any, activations: Any,
) -> None:  # fmt: skip
    """Add the signals of some windows to those of each W_p x that they have, for neurons left to right; and to b's.

    The signals, rows at an address and a stride, are at dropout(f(z)), and are turned into those at z on the way. Those
    of all windows are left at an address, if there is one; the activations stay in their tile.
    """
    width, rows = right - left, last - first
    for row in range(rows):
        own, strip = tile.ctypes.data + 4 * row * width, (first + row) * columns + left
        fetch_ahead(signal + 4 * (row + _AHEAD) * stride, 4 * width)
        fetch_ahead(activation + 4 * (strip + _AHEAD * columns), 4 * width)
        if rate > 0:
            mask_row(signal + 4 * row * stride, own, width, strip, seed, rate)
        else:
            copy_row(signal + 4 * row * stride, own, width)
        copy_row(activation + 4 * strip, activations.ctypes.data + 4 * row * width, width)
    a = activations[: rows * width]
    scale_by_slope(function, parameter, tile[: rows * width], a, a, 1 - rate)
    for row in range(rows):
        own, strip = tile.ctypes.data + 4 * row * width, (first + row) * columns + left
        if left_at != 0:
            copy_row(own, left_at + 4 * strip, width)
        _collect_window(own, positions, (first + row) * size, size, width, bias_sums, collected)


@inlined
def read_windows(vectors: Any, positions: Any, first: int, last: int, size: int, dimension: int, windows: Any) -> None:
    """Lay the vectors of windows first to last end to end."""
    for i in range(first, last):
        for place in range(size):
            source = positions[i * size + place] * dimension
            target = (i * size + place) * dimension
            copy(vectors[source : source + dimension], windows[target : target + dimension])
