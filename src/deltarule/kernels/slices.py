"""What a slice of an instruction does, where that is more than a call: layers, and rows of tables.

`o` holds the operands of the instruction, addresses and sizes, `x` its real numbers; see `instructions`.
"""

from __future__ import annotations

from typing import Any

from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import inlined
from deltarule.kernels.layers import finish_rows
from deltarule.kernels.memory import fetch_ahead, floats, integers
from deltarule.kernels.products import multiply
from deltarule.kernels.rows import add_distinct_rows
from deltarule.kernels.updates import update

__all__ = [
    "ALL", "cut_product", "examples_of_slice", "layer", "rows_of_slice", "sum_distinct_rows", "update_rows",
]  # fmt: skip

ALL = 1 << 40  # the length of arrays of which only the rows of a slice are touched
_TILE = 256  # rows of a layer whose products stay in the cache until bias and activation have passed over them
_AHEAD = 4  # rows that are asked for before they are updated, as they lie anywhere in a large table


@inlined
def rows_of_slice(count: int, part: int, parts: int) -> Any:
    """Return where a slice begins and ends; all but the last are whole vectors of 16 numbers."""
    each = ((count + parts - 1) // parts + 15) // 16 * 16
    return min(part * each, count), min((part + 1) * each, count)


@inlined
def examples_of_slice(count: int, part: int, parts: int) -> Any:
    """Return where a slice of the examples of a batch begins and ends."""
    each = ((count + parts - 1) // parts + 3) // 4 * 4
    return min(part * each, count), min((part + 1) * each, count)


@inlined
def cut_product(o: Any, part: int, parts: int) -> None:
    """Multiply two matrices, some rows or columns of the product, or the part of it that some inner numbers make."""
    rows, columns, inner, a, b, c = o[0], o[1], o[2], o[3], o[6], o[9]
    if o[12] == do.INNER:
        first, last = examples_of_slice(inner, part, parts)
        a += 4 * first * (o[4] if o[5] else 1)
        b += 4 * first * (1 if o[8] else o[7])
        c += 4 * part * rows * o[10]
        inner = last - first
    elif o[12] == do.ROWS or rows >= columns:
        # A slice then reads as little as it can of what all slices read.
        first, last = examples_of_slice(rows, part, parts) if o[12] == do.ROWS else rows_of_slice(rows, part, parts)
        a += 4 * first * (1 if o[5] else o[4])
        c += 4 * first * o[10]
        rows = last - first
    else:
        first, last = rows_of_slice(columns, part, parts)
        b += 4 * first * (o[7] if o[8] else 1)
        c += 4 * first
        columns = last - first
    multiply(rows, columns, inner, a, o[4], o[5] != 0, b, o[7], o[8] != 0, c, o[10], c if o[11] else 0, o[10])


@inlined
def layer(o: Any, x: Any, part: int, parts: int) -> None:
    """Multiply with the weights and add the bias, then apply the activation while the products are in the cache."""
    rows, inner, columns = o[2], o[3], o[5]
    first, last, left, right = 0, rows, 0, columns
    if o[9]:
        first, last = examples_of_slice(rows, part, parts)
    elif columns > rows:
        left, right = rows_of_slice(columns, part, parts)
    else:
        first, last = rows_of_slice(rows, part, parts)
    weight = o[4] + 4 * left * inner
    z, bias = floats(o[6], rows * columns), o[7] + 4 * left if o[7] != 0 else 0
    for begin in range(first, last, _TILE):
        end = min(begin + _TILE, last)
        at, to = o[0] + 4 * begin * o[1], o[6] + 4 * (begin * columns + left)
        multiply(end - begin, right - left, inner, at, o[1], False, weight, inner, True, to, columns, bias, 0)
        finish_rows(z, begin, end, columns, left, right, int64(x[0]), x[1], o[8], x[2])


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
