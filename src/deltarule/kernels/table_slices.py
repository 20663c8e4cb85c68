"""What a slice does for a table of which few rows were read: their signals added up, and their updates.

`o` holds the operands of the instruction, addresses and sizes, `x` its real numbers; see `instructions`.
"""

from __future__ import annotations

from typing import Any

from numba import int64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import fetch_ahead, integers
from deltarule.kernels.rows import add_distinct_rows
from deltarule.kernels.slices import ALL, rows_of_slice
from deltarule.kernels.updates import update

__all__ = ["sum_distinct_rows", "update_rows"]

_AHEAD = 4  # rows that are asked for before they are updated, as they lie anywhere in a large table


@inlined
def sum_distinct_rows(o: Any, places: Any, memory: Any) -> None:
    """Add up the signals of each row that was read; the first such instruction of a table forgets the step before."""
    known, places_of_ids, distinct = o[9], integers(o[5], ALL), integers(o[6], ALL)
    if o[8]:
        for j in range(known):
            places_of_ids[distinct[j]] = -1
        known = 0
    ids = integers(o[1], o[2])
    memory[places[12]] = add_distinct_rows(o[0], ids, o[2], o[3], o[4], places_of_ids, distinct, known, o[7])


@inlined
def update_rows(o: Any, x: Any, part: int, parts: int) -> None:
    """Take one step of an update rule on the rows of a table that have a gradient."""
    distinct, columns = integers(o[4], o[5]), o[6]
    begin, end = rows_of_slice(o[5], part, parts)
    one, two = min(int64(x[1]), 1), min(int64(x[1]), 2) // 2
    for i in range(begin, end):
        ahead = 4 * columns * distinct[min(i + _AHEAD, end - 1)]
        fetch_ahead(o[0] + ahead, 4 * columns)
        fetch_ahead(o[2] + ahead * one, 4 * columns)
        fetch_ahead(o[3] + ahead * two, 4 * columns)
        at = 4 * columns * distinct[i]
        update(int64(x[0]), o[0] + at, o[1] + 4 * i * columns, o[2] + at, o[3] + at, columns, o[8], o[7])
