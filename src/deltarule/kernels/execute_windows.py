"""What instructions of rows and windows do: rows read and added by id, and the window layer."""

from __future__ import annotations

from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address
from deltarule.kernels.memory import WIDTH, doubles, floats, integers, long_integers, operands
from deltarule.kernels.rows import add, add_rows, copy, read_rows
from deltarule.kernels.slices import ALL, examples_of_slice, rows_of_slice
from deltarule.kernels.window_slices import window_layer, window_signals
from deltarule.kernels.windows import read_windows

__all__ = ["do_windows"]


@called_by_address(int64(int64, int64, int64, int64, int64, int64))
def do_windows(
    instruction: int, memory_address: int, numbers_address: int, part: int, parts: int, worker: int
) -> int:  # fmt: skip
    """Do one slice of an instruction; see `execute`."""
    p, memory, x = long_integers(instruction, WIDTH), long_integers(memory_address, ALL), doubles(numbers_address, 4)
    code, o = p[0], operands(p, memory)
    if code == do.READ_ROWS:
        first, last = examples_of_slice(o[2], part, parts)
        read_rows(o[0], integers(o[1], o[2]), first, last, o[3], o[4], o[5])
    elif code == do.ADD_ROWS:
        add_rows(o[0], integers(o[1], o[2]), o[2], o[3], o[4], o[5])
    elif code == do.WINDOW_LAYER:
        window_layer(o, x, part, parts, worker)
    elif code == do.WINDOW_SIGNALS:
        above = memory[p[20]], memory[p[21]], memory[p[22]], memory[p[23]]
        window_signals(o, x, part, parts, worker, above)
    elif code == do.SUM_PARTS:
        first, last = rows_of_slice(o[2], part, parts)
        output = floats(o[3], o[2])[first:last]
        copy(floats(o[0], o[2])[first:last], output)
        for i in range(1, o[1]):
            add(floats(o[0] + 4 * i * o[2], o[2])[first:last], output)
    elif code == do.CHOOSE_WINDOWS:
        few = o[0] < o[1]  # then less work window by window than vector by vector
        memory[p[6]], memory[p[7]] = few, not few
        memory[p[8]], memory[p[9]] = (o[0], o[0] * o[2]) if few else (0, 0)
        memory[p[10]], memory[p[11]] = (0, 0) if few else (o[0], o[1])
    elif code == do.READ_POSITIONS:
        positions, rows, output = integers(o[0], ALL), integers(o[1], o[2]), integers(o[4], o[2] * o[3])
        for i in range(o[2]):
            for place in range(o[3]):
                output[i * o[3] + place] = positions[rows[i] * o[3] + place]
    elif code == do.READ_WINDOWS:
        first, last = rows_of_slice(o[2], part, parts)
        positions = integers(o[1], o[2] * o[3])
        read_windows(floats(o[0], ALL), positions, first, last, o[3], o[4], floats(o[5], ALL))
    return 0
