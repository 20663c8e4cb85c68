"""Operations that move entries without changing them: reshape, concatenate, row lookup, pick by label, one-hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.errors import InputError, ShapeError
from deltarule.graph.operation import Operation, Sample
from deltarule.graph.shapes import Shape, format_shape, normalise_axis, size_of, total
from deltarule.graph.signals import Array, RowSignal, Signal

__all__ = ["Concatenate", "OneHot", "Pick", "Reshape", "RowLookup"]


@dataclass(frozen=True)
class Reshape(Operation):
    """f = the same entries in another shape; the signal goes back in the old one."""

    shape: Shape = ()
    name = "reshape"

    def output_shape(self, x: Shape) -> Shape:
        """Return the new shape, which must hold as many entries; at most one of its dimensions may be named."""
        if size_of(x) != size_of(self.shape):
            raise ShapeError(f"{format_shape(self.shape)} does not hold the same number of entries")
        if sum(isinstance(dimension, str) for dimension in self.shape) > 1:
            raise ShapeError(f"the new shape {format_shape(self.shape)} may have one named dimension at most")
        return self.shape

    def forward(self, x: Array) -> Array:
        """Rearrange the entries in row order."""
        return np.reshape(x, tuple(-1 if isinstance(dimension, str) else dimension for dimension in self.shape))

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Rearrange the signal as the input was."""
        return (np.reshape(signal, x.shape),)

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Rows correspond where the first axis is kept."""
        return value.shape[:1] == output.shape[:1] != ()

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw a matrix into several shapes."""
        x = random.normal(size=(4, 6))
        return [(cls(shape), [x]) for shape in ((24,), (4, 2, 3), (3, 8), (2, 2, 6))]


@dataclass(frozen=True)
class Concatenate(Operation):
    """f = the inputs one after another along an axis; each gets its own part of the signal."""

    axis: int = -1
    name = "concatenate"

    def output_shape(self, *shapes: Shape) -> Shape:
        """Add up the sizes along the axis; the others must be equal."""
        axis = normalise_axis(shapes[0], self.axis)
        rest = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
        if len(rest) != 1 or len({len(shape) for shape in shapes}) != 1:
            raise ShapeError(f"the inputs differ in another axis than {self.axis}")
        return (*shapes[0][:axis], total(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])

    def forward(self, *values: Array) -> Array:
        """Join the inputs."""
        return np.concatenate(values, axis=self.axis)

    def backward(self, signal: Array, output: Array, *values: Array) -> tuple[Array, ...]:
        """Cut the signal where the inputs were joined."""
        boundaries = np.cumsum([value.shape[self.axis] for value in values])[:-1]
        return tuple(np.split(signal, boundaries, axis=self.axis))

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Rows correspond unless the rows themselves were joined."""
        return self.axis % output.ndim != 0

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw two and three inputs along either axis."""
        a, b, c = (random.normal(size=shape) for shape in ((3, 2), (3, 4), (5, 2)))
        return [(cls(), [a, b]), (cls(axis=1), [a, b, a]), (cls(axis=0), [a, c])]


def check_ids(ids: Array, count: int, what: str) -> None:
    """Refuse ids that are no whole numbers, or that name no row."""
    if ids.dtype.kind not in "iu":
        raise InputError(f"{what} must be whole numbers, not {ids.dtype}")
    if ids.size and (ids.min() < 0 or ids.max() >= count):
        raise InputError(f"{what} must be 0 to {count - 1}; found {ids.min()} to {ids.max()}")


class RowLookup(Operation):
    """f_i = T[ids_i], a row of a table for each id; the signal of a row is the sum over the places that read it."""

    name, symbol = "row_lookup", "rows"
    integer_inputs = (1,)

    def output_shape(self, table: Shape, ids: Shape) -> Shape:
        """Give S + (...) for a table of (rows, ...) and ids of any shape S."""
        if len(table) < 1:
            raise ShapeError("the table must have at least one axis")
        return ids + table[1:]

    def forward(self, table: Array, ids: Array) -> Array:
        """Read the rows."""
        check_ids(ids, len(table), "ids of rows to look up")
        return np.take(table, ids, axis=0)

    def backward(self, signal: Array, output: Array, table: Array, ids: Array) -> tuple[Signal, None]:
        """Send the signal to the rows that were read, and to no others."""
        return RowSignal(ids.ravel(), signal.reshape(ids.size, *table.shape[1:]), table.shape), None

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Say so of the ids; the table is read from anywhere."""
        return position == 1 and value.ndim > 0

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw ids with repeats, of no, one and two axes."""
        table = random.normal(size=(5, 3))
        return [(cls(), [table, random.integers(0, 5, size=shape)]) for shape in ((), (7,), (4, 2))]


class Pick(Operation):
    """f_i = x[i, label_i], one entry of each row; the signal goes to that entry."""

    name = "pick"
    row_inputs = (0, 1)
    integer_inputs = (1,)

    def output_shape(self, x: Shape, labels: Shape) -> Shape:
        """Rows of (batch, classes) with labels of (batch,) give (batch,)."""
        if len(x) != 2 or len(labels) != 1 or x[0] != labels[0]:
            raise ShapeError("expected a matrix and one label for each of its rows")
        return labels

    def forward(self, x: Array, labels: Array) -> Array:
        """Pick the entries."""
        check_ids(labels, x.shape[1], "labels")
        return np.asarray(x[np.arange(len(x)), labels])

    def backward(self, signal: Array, output: Array, x: Array, labels: Array) -> tuple[Array, None]:
        """Put the signal where it was picked."""
        spread = np.zeros_like(x)
        spread[np.arange(len(x)), labels] = signal
        return spread, None

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw rows and labels."""
        return [(cls(), [random.normal(size=(6, 4)), random.integers(0, 4, size=6)])]


@dataclass(frozen=True)
class OneHot(Operation):
    """f[i, j] = [label_i = j]; labels have no gradient."""

    classes: int = 2
    name, symbol = "one_hot", "one-hot"
    row_inputs = (0,)
    integer_inputs = (0,)

    def output_shape(self, labels: Shape) -> Shape:
        """Labels of shape S give S + (classes,)."""
        return (*labels, self.classes)

    def forward(self, labels: Array) -> Array:
        """1 at each label, 0 elsewhere."""
        check_ids(labels, self.classes, "labels")
        # Single precision holds 0 and 1 exactly, and leaves the precision of the run to the other operands.
        return np.eye(self.classes, dtype=np.float32)[labels]

    def backward(self, signal: Array, output: Array, labels: Array) -> tuple[None]:
        """Return no signal."""
        return (None,)

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Rows correspond, but a single label has none."""
        return value.ndim > 0

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw labels."""
        return [(cls(4), [random.integers(0, 4, size=6)])]
