"""The passes over rows of a layer: bias, activation and dropout in one, and their signals in one."""

from __future__ import annotations

from typing import Any

from numba import float32, uint32

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import map_function, scale_by_slope

__all__ = ["finish_rows", "mask", "share_rows"]


@inlined
def _bits(seed: Any, number: Any) -> Any:
    """Mix a seed and a number to 32 bits that look random (the finalising steps of a 32-bit hash)."""
    x = uint32(uint32(number * uint32(0x9E3779B9)) + seed)
    x = uint32(x ^ (x >> uint32(16)))
    x = uint32(x * uint32(0x7FEB352D))
    x = uint32(x ^ (x >> uint32(15)))
    x = uint32(x * uint32(0x846CA68B))
    return uint32(x ^ (x >> uint32(16)))


@inlined
def mask(x: Any, begin: int, seed: int, rate: float) -> None:
    """Set x_i to 0 with probability `rate` and scale the others by 1 / (1 − rate): the mask of entries from `begin` on.

    The mask is a function of the seed and the entry's number, so the pass back finds the same one without keeping it.
    """
    least, scale = uint32(rate * 4294967296.0), float32(1 / (1 - rate))
    own_seed, number = uint32(seed), uint32(begin)
    for i in range(len(x)):
        x[i] *= scale if _bits(own_seed, number) >= least else float32(0)
        number = uint32(number + uint32(1))


@inlined
def _rows_at_once(columns: int) -> int:
    """Return how many rows, which lie one after another, pass through a function together: as many as a cache holds."""
    return max(1024 // columns, 1)


@inlined
def finish_rows(
    z: Any, first: int, last: int, columns: int, left: int, right: int, function: int, parameter: float, seed: int,
    rate: float,
) -> None:  # fmt: skip
    """z ← dropout(f(z)) for rows first to last, columns left to right; the rate may be 0."""
    group = _rows_at_once(columns) if right - left == columns else 1
    for begin in range(first, last, group):
        end = min(begin + group, last)
        own = z[begin * columns + left : (end - 1) * columns + right]
        map_function(function, parameter, own)
        if rate > 0:
            mask(own, begin * columns + left, seed, rate)


@inlined
def share_rows(
    signal: Any, first: int, last: int, columns: int, rows: Any, activation: Any, function: int, parameter: float,
    seed: int, rate: float,
) -> None:  # fmt: skip
    """Turn the signal at dropout(f(z)) into that at z, in place, from what finish_rows left.

    Parameters
    ----------
    signal : rows of signals, `columns` wide
    rows : which row of the activation each row of the signal belongs to; empty where row i belongs to row i
    activation : what finish_rows left
    """
    group = _rows_at_once(columns) if len(rows) == 0 else 1
    for begin in range(first, last, group):
        end = min(begin + group, last)
        row = rows[begin] if len(rows) > 0 else begin
        own = signal[begin * columns : end * columns]
        if rate > 0:
            mask(own, row * columns, seed, rate)
        # What was kept is scaled by 1 / (1 − rate); what was dropped has no signal.
        a = activation[row * columns : (row + end - begin) * columns]
        scale_by_slope(function, parameter, own, a, a, 1 - rate)
