"""What instructions do that every step has, and those of small networks.

They take so short that it counts what comes before: each looks up no more operands than it needs.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address
from deltarule.kernels.memory import doubles, entry, floats, store
from deltarule.kernels.slices import examples_of_slice
from deltarule.kernels.small_networks import train_small_network
from deltarule.kernels.small_parameters import norm_of_each, update_each

__all__ = ["do_steps"]

_LARGEST = np.finfo(np.float32).max


@called_by_address(int64(int64, int64, int64, int64, int64, int64))
def do_steps(
    instruction: int, memory: int, numbers_address: int, part: int, parts: int, worker: int
) -> int:  # fmt: skip
    """Do one slice of an instruction; see `execute`."""
    code, places, x = entry(instruction, 0), instruction + 24, doubles(numbers_address, 4)
    a, b = entry(memory, entry(places, 0)), entry(memory, entry(places, 1))
    c, d = entry(memory, entry(places, 2)), entry(memory, entry(places, 3))
    if code == do.SMALL_NETWORK:
        rows, losses = entry(memory, entry(places, 4)), entry(memory, entry(places, 5))
        scratch = entry(memory, entry(places, 6)) + 4 * worker * entry(memory, entry(places, 7))
        together, softmax = entry(memory, entry(places, 8)), entry(memory, entry(places, 9)) != 0
        first, last = examples_of_slice(rows, part, parts)
        train_small_network(memory, a, b, c, d, rows, first, last, losses, part, scratch, together, softmax)
    elif code == do.SUM_LOSS:
        parts_of_loss, total = doubles(a, b), 0.0
        for j in range(b):
            total += parts_of_loss[j]
        floats(d, 1)[0] = total / c
    elif code == do.NORM_OF_EACH:
        doubles(c, 1)[0] = norm_of_each(memory, a, b)
    elif code == do.CHECK_GRADIENTS:
        norms, squared = doubles(a, b), 0.0
        for j in range(b):
            squared += norms[j]
        clipped = x[1] > 0 and squared > x[1] * x[1]
        doubles(d, 1)[0] = x[1] / np.sqrt(squared) if clipped else 1.0
        # Not isfinite: a compiler that may reorder sums may find x − x, by which that is computed, to be 0 always.
        fine = abs(floats(c, 1)[0]) <= _LARGEST and squared <= x[0]
        store(memory + 8 * entry(places, 4), int64(fine))
    elif code == do.UPDATE_EACH:
        update_each(int64(x[0]), memory, a, b, d, c)
    return 0
