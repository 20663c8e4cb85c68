"""What the instructions around updates do: objectives with their signals, norms, update rules."""

from __future__ import annotations

from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address
from deltarule.kernels.losses import (
    class_margins,
    class_violators,
    pair_violators,
    softmax_cross_entropy,
    squared_error,
)
from deltarule.kernels.memory import WIDTH, doubles, floats, integers, long_integers, operands
from deltarule.kernels.norms import squared_norm
from deltarule.kernels.row_sums import add_row
from deltarule.kernels.slices import ALL, examples_of_slice, rows_of_slice
from deltarule.kernels.table_slices import sum_distinct_rows, update_rows
from deltarule.kernels.updates import update

__all__ = ["do_updates"]


@called_by_address(int64(int64, int64, int64, int64, int64, int64))
def do_updates(
    instruction: int, memory_address: int, numbers_address: int, part: int, parts: int, worker: int
) -> int:  # fmt: skip
    """Do one slice of an instruction; see `execute`."""
    p, memory, x = long_integers(instruction, WIDTH), long_integers(memory_address, ALL), doubles(numbers_address, 4)
    code, o = p[0], operands(p, memory)
    if code == do.SOFTMAX_CROSS_ENTROPY:
        first, last = examples_of_slice(o[3], part, parts)
        scores, labels, signal = floats(o[0], o[3] * o[4]), integers(o[1], o[3]), floats(o[2], o[3] * o[4])
        doubles(o[5], parts)[part] = softmax_cross_entropy(scores, labels, signal, first, last, o[4], o[3])
    elif code == do.SQUARED_ERROR:
        first, last = examples_of_slice(o[3], part, parts)
        count = o[3] * o[4]
        a, targets, signal = floats(o[0], count), floats(o[1], count), floats(o[2], count)
        begin, end = first * o[4], last * o[4]
        doubles(o[5], parts)[part] = squared_error(a[begin:end], targets[begin:end], signal[begin:end], o[3])
    elif code == do.CLASS_MARGINS:
        first, last = rows_of_slice(o[3], part, parts)
        scores, labels, rivals = floats(o[0], o[3] * o[4]), integers(o[1], o[3]), integers(o[2], o[3])
        doubles(o[5], parts)[part] = class_margins(scores, labels, rivals, first, last, o[4], x[0])
    elif code == do.CLASS_VIOLATORS:
        labels, rivals, rows = integers(o[0], o[5]), integers(o[1], o[5]), integers(o[3], o[5])
        signal = floats(o[2], o[5] * o[4])
        memory[p[9]] = class_violators(labels, rivals, signal, rows, o[4], o[5])
    elif code == do.PAIR_VIOLATORS:
        n = o[5]
        memory[p[10]] = pair_violators(
            floats(o[0], n),
            floats(o[1], n),
            floats(o[2], n),
            floats(o[3], n),
            integers(o[4], n),
            n,
            x[0],
            floats(o[6], 1),
        )
    elif code == do.NORM:
        count = o[1] * o[2]
        first, last = rows_of_slice(count, part, parts)
        own = o[0] + 4 * first
        for i in range(1, o[4]):
            add_row(own + 4 * i * count, own, last - first)
        doubles(o[3], parts)[part] = squared_norm(own, last - first)
    elif code == do.SUM_DISTINCT_ROWS:
        sum_distinct_rows(o, p, memory)
    elif code == do.UPDATE:
        first, last = rows_of_slice(o[4], part, parts)
        at = 4 * first
        update(int64(x[0]), o[0] + at, o[1] + at, o[2] + at, o[3] + at, last - first, o[6], o[5])
    elif code == do.UPDATE_ROWS:
        update_rows(o, x, part, parts)
    return 0
