"""The passes over rows of a layer: bias, activation and dropout in one, and their signals in one."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined
from deltarule.kernels.elementwise import map_function, scale_by_slope
from deltarule.kernels.masks import mask

__all__ = ["finish_rows", "share_rows"]


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
