"""What a slice of a layer does, or of a product of matrices.

`o` holds the operands of the instruction, addresses and sizes, `x` its real numbers; see `instructions`.
"""

from __future__ import annotations

from typing import Any

from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import inlined
from deltarule.kernels.layers import finish_rows
from deltarule.kernels.memory import floats
from deltarule.kernels.products import multiply
from deltarule.kernels.slices import examples_of_slice, rows_of_slice

__all__ = ["cut_product", "layer"]

_TILE = 256  # rows of a layer whose products stay in the cache until bias and activation have passed over them


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
