"""What a slice of an instruction does, where that is more than a call: layers, windows, and rows of tables.

`o` holds the operands of the instruction, addresses and sizes, `x` its real numbers; see `instructions`.
"""

from __future__ import annotations

from typing import Any

from numba import int64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.layers import finish_rows
from deltarule.kernels.memory import doubles, floats, integers
from deltarule.kernels.products import multiply
from deltarule.kernels.rows import add_distinct_rows
from deltarule.kernels.updates import update
from deltarule.kernels.windows import collect_windows, finish_windows, lay_out_weights, return_weights

__all__ = ["ALL", "layer", "rows_of_slice", "sum_distinct_rows", "update_rows", "window_layer", "window_signals"]

ALL = 1 << 40  # the length of arrays of which only the rows of a slice are touched
_TILE = 256  # rows of a layer whose products stay in the cache until bias and activation have passed over them
_FEW_VECTORS = 128


@inlined
def rows_of_slice(count: int, part: int, parts: int) -> Any:
    """Return where a slice begins and ends; all but the last are whole vectors of 16 numbers."""
    each = ((count + parts - 1) // parts + 15) // 16 * 16
    return min(part * each, count), min((part + 1) * each, count)


@inlined
def layer(o: Any, x: Any, part: int, parts: int) -> None:
    """Multiply with the weights, then add the bias and apply the activation while the products are in the cache."""
    rows, inner, columns = o[2], o[3], o[5]
    first, last, left, right = 0, rows, 0, columns
    if columns > rows:
        left, right = rows_of_slice(columns, part, parts)
    else:
        first, last = rows_of_slice(rows, part, parts)
    z, bias, weight = floats(o[6], rows * columns), floats(o[7], o[8]), o[4] + 4 * left * inner
    for begin in range(first, last, _TILE):
        end = min(begin + _TILE, last)
        at, to = o[0] + 4 * begin * o[1], o[6] + 4 * (begin * columns + left)
        multiply(end - begin, right - left, inner, at, o[1], False, weight, inner, True, to, columns, False)
        finish_rows(z, begin, end, columns, left, right, bias, int64(x[0]), x[1], o[9], x[2])


@inlined
def neurons_of_slice(columns: int, part: int, parts: int) -> Any:
    """Return where a slice of some neurons begins and ends."""
    each = ((columns + parts - 1) // parts + 1) // 2 * 2
    return min(part * each, columns), min((part + 1) * each, columns)


@inlined
def window_layer(o: Any, x: Any, part: int, parts: int) -> None:
    """Multiply all vectors with the weights of some neurons, then add the products up for each window."""
    count, dimension, size, columns = o[2], o[3], o[5], o[6]
    left, right = neurons_of_slice(columns, part, parts)
    width = (right - left) * size
    laid_out, products = o[12] + 4 * left * size * dimension, o[13] + 4 * left * size * count
    if count < _FEW_VECTORS:
        for place in range(size):
            weight, product = o[4] + 4 * (left * size + place) * dimension, products + 4 * place * (right - left)
            multiply(
                count, right - left, dimension, o[0], o[1], False, weight, size * dimension, True, product, width, False
            )
    else:
        lay_out_weights(floats(o[4], ALL), size, dimension, left, right, floats(laid_out, ALL))
        multiply(count, width, dimension, o[0], o[1], False, laid_out, dimension, True, products, width, False)
    finish_windows(
        floats(products, ALL), integers(o[7], ALL), o[8], size, columns, left, right, floats(o[11], ALL),
        floats(o[9], o[10]), o[15] != 0, floats(o[15], ALL), int64(x[0]), x[1], o[14], x[2],
    )  # fmt: skip


@inlined
def _share_place_by_place(o: Any, left: int, right: int, collected: int, part_of_shared: int) -> None:
    """Share out with the weights as they lie, which for few vectors is less work than to lay them out."""
    count, dimension, size, columns = o[2], o[3], o[5], right - left
    for place in range(size):
        own, at = collected + 4 * place * columns, 4 * (left * size + place) * dimension
        if o[14] != 0:
            multiply(
                count, dimension, columns, own, size * columns, False, o[16] + at, size * dimension, False,
                part_of_shared, dimension, place > 0,
            )  # fmt: skip
        if o[13] != 0:
            multiply(
                columns, dimension, count, own, size * columns, True, o[0], o[1], False, o[13] + at, size * dimension,
                False,
            )  # fmt: skip


@inlined
def window_signals(o: Any, x: Any, part: int, parts: int) -> None:
    """Collect the signals of some neurons for each vector, then share them out: δ xᵀ, and a part of Wᵀ δ."""
    count, dimension, size, columns = o[2], o[3], o[5], o[6]
    left, right = neurons_of_slice(columns, part, parts)
    width = (right - left) * size
    laid_out, collected = o[4] + 4 * left * size * dimension, o[11] + 4 * left * size * count
    collect_windows(
        floats(o[9], ALL), floats(o[10], ALL), integers(o[7], ALL), o[8], size, columns, left, right, count,
        floats(collected, ALL), floats(o[12], columns), int64(x[0]), x[1], o[15], x[2], x[3] != 0,
    )  # fmt: skip
    part_of_shared = o[14] + 4 * part * count * dimension
    if count < _FEW_VECTORS:
        _share_place_by_place(o, left, right, collected, part_of_shared)
        return
    if o[14] != 0:
        multiply(
            count, dimension, width, collected, width, False, laid_out, dimension, False, part_of_shared, dimension,
            False,
        )  # fmt: skip
    if o[13] != 0:  # the weights have been read, so that their gradient may take their place
        multiply(width, dimension, count, collected, width, True, o[0], o[1], False, laid_out, dimension, False)
        return_weights(floats(laid_out, ALL), size, dimension, left, right, floats(o[13], ALL))


@inlined
def sum_distinct_rows(o: Any, places: Any, memory: Any) -> None:
    """Add up the signals of each row that was read; the first such instruction of a table forgets the step before."""
    known, places_of_ids, distinct = o[9], integers(o[5], ALL), integers(o[6], ALL)
    if o[8]:
        for j in range(known):
            places_of_ids[distinct[j]] = -1
        known = 0
    ids, values, sums = integers(o[1], o[2]), floats(o[0], ALL), floats(o[7], ALL)
    memory[places[12]] = add_distinct_rows(values, ids, o[2], o[3], o[4], places_of_ids, distinct, known, sums)


@inlined
def update_rows(o: Any, x: Any, part: int, parts: int) -> None:
    """Take one step of an update rule on the rows of a table that have a gradient."""
    value, sums, first, second = floats(o[0], ALL), floats(o[1], ALL), floats(o[2], ALL), floats(o[3], ALL)
    distinct, columns = integers(o[4], o[5]), o[6]
    begin, end = rows_of_slice(o[5], part, parts)
    one, two = min(int64(x[1]), 1), min(int64(x[1]), 2) // 2
    for i in range(begin, end):
        at = distinct[i] * columns
        to = at + columns
        gradient = sums[i * columns : (i + 1) * columns]
        update(
            int64(x[0]), value[at:to], gradient, first[at * one : to * one], second[at * two : to * two],
            doubles(o[8], 1)[0], doubles(o[7], 8),
        )  # fmt: skip
