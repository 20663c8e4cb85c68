"""The batches of several steps, end to end, which kernels take one after another without coming back to Python."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.graph import Array

__all__ = ["Stack"]


class Stack:
    """Named arrays that hold the rows of one batch behind those of another.

    Parameters
    ----------
    data : the arrays
    ends : for each of them, where the rows of each batch end

    Examples
    --------
    >>> import numpy as np
    >>> stack = Stack({"inputs": np.arange(5)}, {"inputs": np.array([3, 5])})
    >>> [stack.feeds(number)["inputs"].tolist() for number in range(len(stack))]
    [[0, 1, 2], [3, 4]]
    """

    def __init__(self, data: Mapping[str, Array], ends: Mapping[str, NDArray[np.int64]]) -> None:
        counts = {name: len(ends[name]) for name in data}
        if len(set(counts.values())) != 1:
            raise InputError(f"the arrays must hold equally many batches, but hold: {counts}")
        self.data = data
        alike = {id(own): np.append(0, own) for own in ends.values()}  # many arrays have the same
        self.bounds = {name: alike[id(ends[name])] for name in data}
        rising = {id(bounds) for bounds in alike.values() if (np.diff(bounds) >= 0).all()}
        for name, array in data.items():
            if id(self.bounds[name]) not in rising or self.bounds[name][-1] != len(array):
                raise InputError(f"the ends of the batches in {name!r} must rise to its {len(array)} rows")
        self._count = next(iter(counts.values()))

    def __len__(self) -> int:
        return self._count

    def feeds(self, number: int) -> dict[str, Array]:
        """Return the arrays of a batch."""
        return {
            name: array[self.bounds[name][number] : self.bounds[name][number + 1]] for name, array in self.data.items()
        }
