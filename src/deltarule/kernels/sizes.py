"""What follows from the sizes of named dimensions: numbers of entries, and of slices of work."""

from __future__ import annotations

from typing import Any

from numba import int64

from deltarule.kernels.compiled import inlined, kernel

__all__ = ["MOST_SLICES", "bind_sizes"]

MOST_SLICES = 8


@inlined
def _slices(grains: int) -> int:
    """Return in how many slices to cut work that is so many times worth a second one."""
    return 1 if grains < 1 else 2 if grains < 16 else 4 if grains < 64 else MOST_SLICES


@kernel(int64(int64[:, ::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[::1], int64[:, ::1]))
def bind_sizes(sizes: Any, fixed: Any, names: Any, places: Any, grains: Any, most: Any, memory: Any) -> int:
    """Write numbers of entries of shapes to their places in memories, and then numbers of slices of work.

    Parameters
    ----------
    sizes : of the named dimensions, and a 1 behind them, for each memory
    fixed : product of the other dimensions of each shape; the last shapes are those of work
    names : numbers of the names in each shape, (shapes, most names), with that of the 1 behind them
    places : where to write
    grains, most : units that are worth a second slice, and largest number of slices, of each work
    memory : addresses and sizes of a program, or of each of its steps

    Returns
    -------
    int
        How many grains the largest work has.
    """
    largest = 0
    first_work = len(fixed) - len(grains)
    for step in range(len(sizes)):
        for i in range(len(fixed)):
            entries = fixed[i]
            for j in range(names.shape[1]):
                entries *= sizes[step, names[i, j]]
            if i < first_work:
                memory[step, places[i]] = entries
            else:
                worth = entries // grains[i - first_work]
                largest = max(largest, worth)
                memory[step, places[i]] = min(_slices(worth), most[i - first_work])
    return largest
