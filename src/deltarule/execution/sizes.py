"""What follows from the sizes of named dimensions, for all shapes at once: most batches have sizes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from deltarule.graph.shapes import Shape

__all__ = ["MOST_SLICES", "Entries", "Work", "slices_of"]

Counts: TypeAlias = NDArray[np.int64]

MOST_SLICES = 8
_GRAINS = np.array([1, 16, 64])  # from which on work is cut into 2, 4 and 8 slices
_SLICES = np.array([1, 2, 4, MOST_SLICES])


@dataclass(frozen=True)
class Work:
    """How an instruction is sliced: 2 from `grain` units of work on, 4 from 16 times as many, 8 from 64 times as many.

    Attributes
    ----------
    amount : shape whose entries are the units of work
    grain : units that are worth a second slice
    most : largest number of slices
    """

    amount: Shape
    grain: int
    most: int = MOST_SLICES


def slices_of(grains: Counts, most: Counts) -> Counts:
    """Return the number of slices of work that is so many times worth a second one."""
    slices: Counts = np.minimum(_SLICES[_GRAINS.searchsorted(grains, side="right")], most)
    return slices


class Entries:
    """The numbers of entries of shapes with named dimensions."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._names = sorted({d for shape in shapes for d in shape if isinstance(d, str)})
        self._fixed = np.array([prod(d for d in shape if isinstance(d, int)) for shape in shapes], np.int64)
        number = {name: i for i, name in enumerate(self._names)}
        named = [[number[d] for d in shape if isinstance(d, str)] for shape in shapes]
        # One array for the first names of all shapes, one for the second ones; behind the names stands a 1.
        self._factors = [
            np.array([own[i] if i < len(own) else len(self._names) for own in named], np.intp)
            for i in range(max(map(len, named), default=0))
        ]

    def __call__(self, sizes: Mapping[str, int]) -> Counts:
        """Return them for some sizes of the names."""
        values = np.array([*(sizes[name] for name in self._names), 1], np.int64)
        entries = self._fixed
        for factor in self._factors:
            entries = entries * values[factor]
        return entries
