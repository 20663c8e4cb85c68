"""What instructions of layers do: products of matrices, the passes over rows, and layers over sparse rows."""

from __future__ import annotations

from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address
from deltarule.kernels.elementwise import map_function, scale_by_slope
from deltarule.kernels.layer_slices import cut_product, layer
from deltarule.kernels.layers import share_rows
from deltarule.kernels.masks import mask_row
from deltarule.kernels.memory import WIDTH, doubles, floats, integers, long_integers, operands
from deltarule.kernels.rows import copy
from deltarule.kernels.slices import ALL, examples_of_slice, rows_of_slice
from deltarule.kernels.sparse import share_sparse_rows, share_sparse_values, sparse_layer

__all__ = ["do_layers"]


@called_by_address(int64(int64, int64, int64, int64, int64, int64))
def do_layers(
    instruction: int, memory_address: int, numbers_address: int, part: int, parts: int, worker: int
) -> int:  # fmt: skip
    """Do one slice of an instruction; see `execute`."""
    p, memory, x = long_integers(instruction, WIDTH), long_integers(memory_address, ALL), doubles(numbers_address, 4)
    code, o = p[0], operands(p, memory)
    if code == do.MULTIPLY:
        cut_product(o, part, parts)
    elif code == do.LAYER:
        layer(o, x, part, parts)
    elif code == do.SHARE_FINISHED:
        first, last = examples_of_slice(o[1], part, parts)
        signal, rows, activation = floats(o[0], o[1] * o[2]), integers(o[3], o[4]), floats(o[5], ALL)
        share_rows(signal, first, last, o[2], rows, activation, int64(x[0]), x[1], o[6], x[2])
    elif code == do.APPLY:
        first, last = rows_of_slice(o[2], part, parts)
        y = floats(o[1], o[2])[first:last]
        copy(floats(o[0], o[2])[first:last], y)
        map_function(int64(x[0]), x[1], y)
    elif code == do.SHARE_APPLIED:
        first, last = rows_of_slice(o[4], part, parts)
        shared = floats(o[3], o[4])[first:last]
        copy(floats(o[0], o[4])[first:last], shared)
        scale_by_slope(int64(x[0]), x[1], shared, floats(o[1], o[4])[first:last], floats(o[2], o[4])[first:last], 1.0)
    elif code == do.MASK:
        first, last = rows_of_slice(o[2], part, parts)
        mask_row(o[0] + 4 * first, o[1] + 4 * first, last - first, first, o[3], x[0])
    elif code == do.SPARSE_LAYER:
        first, last = rows_of_slice(o[5], part, parts)
        columns, values, ends = integers(o[0], ALL), floats(o[1], ALL), integers(o[2], o[5])
        sparse_layer(columns, values, ends, floats(o[3], ALL), floats(o[4], o[6]), first, last, o[6], floats(o[7], ALL))
    elif code == do.SHARE_SPARSE_ROWS:
        first, last = rows_of_slice(o[3], part, parts)
        values, ends = floats(o[0], ALL), integers(o[1], o[3])
        share_sparse_rows(values, ends, floats(o[2], ALL), first, last, o[4], floats(o[5], ALL))
    elif code == do.SHARE_SPARSE_VALUES:
        first, last = rows_of_slice(o[4], part, parts)
        columns, ends, table = integers(o[0], ALL), integers(o[1], o[4]), floats(o[2], ALL)
        share_sparse_values(columns, ends, table, floats(o[3], ALL), first, last, o[5], floats(o[6], ALL))
    return 0
