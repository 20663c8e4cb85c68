"""What follows from the sizes of named dimensions, for all shapes at once: most batches have sizes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from deltarule.graph.shapes import Shape
from deltarule.kernels.sizes import MOST_SLICES

__all__ = ["GRAIN", "MOST_SLICES", "NamedShapes", "Work"]

GRAIN = 1 << 19  # products of two numbers that are worth a second slice

Counts: TypeAlias = NDArray[np.int64]


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


class NamedShapes:
    """Shapes with named dimensions.

    Attributes
    ----------
    fixed : product of the other dimensions of each
    names : numbers of the names in each, (shapes, most names)
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._names = sorted({d for shape in shapes for d in shape if isinstance(d, str)})
        self.fixed: Counts = np.array([prod(d for d in shape if isinstance(d, int)) for shape in shapes], np.int64)
        number = {name: i for i, name in enumerate(self._names)}
        named = [[number[d] for d in shape if isinstance(d, str)] for shape in shapes]
        most = max(map(len, named), default=0)
        # Behind the names stands a 1.
        rows = [own + [len(self._names)] * (most - len(own)) for own in named]
        self.names: Counts = np.array(rows, np.int64).reshape(len(shapes), most)

    def sizes(self, sizes: Mapping[str, int]) -> Counts:
        """Return sizes as an array, in the order of their numbers, and the 1: (1, names + 1)."""
        return np.array([[*(sizes[name] for name in self._names), 1]], np.int64)

    def sizes_of_steps(self, sizes: Mapping[str, Counts], steps: int) -> Counts:
        """Return the sizes of many steps, and the 1: (steps, names + 1)."""
        return np.column_stack([*(sizes[name] for name in self._names), np.ones(steps, np.int64)])

    def entries(self, sizes: Mapping[str, int]) -> Counts:
        """Return the numbers of entries."""
        counts: Counts = self.fixed * self.sizes(sizes)[0][self.names].prod(axis=1)
        return counts
