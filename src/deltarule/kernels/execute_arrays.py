"""What instructions of plain arrays do: arithmetic, reductions, and moving entries about."""

from __future__ import annotations

import numpy as np
from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address
from deltarule.kernels.elementwise import combine, share_combination
from deltarule.kernels.memory import WIDTH, doubles, floats, integers, long_integers, operands
from deltarule.kernels.reductions import reduce, share_reduction, share_softmax, softmax
from deltarule.kernels.rows import copy_rows
from deltarule.kernels.slices import ALL, rows_of_slice

__all__ = ["do_arrays"]


@called_by_address(int64(int64, int64, int64, int64, int64, int64))
def do_arrays(
    instruction: int, memory_address: int, numbers_address: int, part: int, parts: int, worker: int
) -> int:  # fmt: skip
    """Do one slice of an instruction; see `execute`."""
    p, memory, x = long_integers(instruction, WIDTH), long_integers(memory_address, ALL), doubles(numbers_address, 4)
    code, o = p[0], operands(p, memory)
    if code == do.COMBINE:
        combine(int64(x[0]), o[3:7], floats(o[0], ALL), o[7:11], floats(o[1], ALL), o[11:15], floats(o[2], ALL))
    elif code == do.SHARE_COMBINED:
        share_combination(
            int64(x[0]), x[1] != 0, o[3:7], floats(o[15], ALL), floats(o[0], ALL), o[7:11],
            floats(o[1], ALL), o[11:15], floats(o[2], ALL), floats(o[16], ALL),
        )  # fmt: skip
    elif code == do.REDUCE:
        reduce(int64(x[0]), floats(o[0], ALL), floats(o[1], ALL), o[2], o[3], o[4])
    elif code == do.SHARE_REDUCED:
        share_reduction(
            int64(x[0]),
            floats(o[0], ALL),
            floats(o[1], ALL),
            floats(o[2], ALL),
            floats(o[3], ALL),
            o[4],
            o[5],
            o[6],
        )
    elif code == do.SOFTMAX:
        softmax(floats(o[0], ALL), floats(o[1], ALL), o[2], o[3], o[4])
    elif code == do.SHARE_SOFTMAX:
        share_softmax(floats(o[0], ALL), floats(o[1], ALL), floats(o[2], ALL), o[3], o[4], o[5])
    elif code == do.PICK:
        own, labels, picked = floats(o[0], ALL), integers(o[1], o[2]), floats(o[4], o[2])
        for row in range(o[2]):
            picked[row] = own[row * o[3] + labels[row]]
    elif code == do.SHARE_PICKED:
        signal, labels, shared = floats(o[0], o[2]), integers(o[1], o[2]), floats(o[4], ALL)
        for row in range(o[2]):
            shared[row * o[3] + labels[row]] += signal[row]
    elif code == do.ONE_HOT:
        labels, y = integers(o[0], o[1]), floats(o[3], o[1] * o[2])
        for j in range(len(y)):
            y[j] = 0
        for row in range(o[1]):
            y[row * o[2] + labels[row]] = 1
    elif code == do.TRANSPOSE:
        own, y = floats(o[0], o[2] * o[3]), floats(o[1], o[2] * o[3])
        for row in range(o[2]):
            for column in range(o[3]):
                y[column * o[2] + row] = own[row * o[3] + column]
    elif code == do.COPY:
        first, last = rows_of_slice(o[4], part, parts)
        copy_rows(o[0] + 4 * first * o[1], o[1], o[2] + 4 * first * o[3], o[3], last - first, o[5])
    elif code == do.ADD_SCALED:
        first, last = rows_of_slice(o[2], part, parts)
        source, target, factor = floats(o[0], o[2])[first:last], floats(o[1], o[2])[first:last], np.float32(x[0])
        for j in range(len(target)):
            target[j] += factor * source[j]
    elif code == do.FILL:
        first, last = rows_of_slice(o[1], part, parts)
        target = floats(o[0], o[1])[first:last]
        for j in range(len(target)):
            target[j] = x[0]
    return 0
