"""The function that does each instruction. Each does those of one kind, and is compiled by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltarule.kernels import instructions as do
from deltarule.kernels.execute_arrays import do_arrays
from deltarule.kernels.execute_layers import do_layers
from deltarule.kernels.execute_sequences import do_sequences
from deltarule.kernels.execute_steps import do_steps
from deltarule.kernels.execute_updates import do_updates
from deltarule.kernels.execute_windows import do_windows

__all__ = ["FUNCTIONS"]

_LAST = {
    do.MASK: do_layers, do.FILL: do_arrays, do.READ_WINDOWS: do_windows, do.UPDATE_ROWS: do_updates,
    do.STRUCTURED_MARGINS: do_sequences, do.SHARE_SPARSE_VALUES: do_layers,
    do.UPDATE_EACH: do_steps,
}  # fmt: skip

FUNCTIONS: NDArray[np.int64] = np.repeat(
    [function.address for function in _LAST.values()], np.diff(list(_LAST), prepend=-1)
).astype(np.int64)
"""Address of the function for each instruction; it takes

instruction : address of its row in the program
memory_address : address of the memory, addresses and sizes
numbers_address : address of its row of real numbers
part, parts : which slice, of how many
worker : number of the thread that does it
"""
