"""What an operation is: one entry that holds its forward rule, its local gradient, its shape rule and its kinks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from deltarule.graph.shapes import Shape, broadcast_shapes
from deltarule.graph.signals import Array, Signal

__all__ = ["OPERATIONS", "Elementwise", "Operation", "Sample"]

OPERATIONS: dict[str, type[Operation]] = {}
"""Every operation by name. Defining a subclass of `Operation` with a `name` enters it here."""

Sample = tuple["Operation", Sequence[Array]]
"""An operation and inputs that it accepts, away from its kinks; the tests check its gradient there."""


class Operation(ABC):
    """A function of arrays, with the rules that the passes over the graph need.

    A subclass gives `name`, `output_shape`, `forward`, `backward`, `samples`, and `pieces` if it has kinks. Settings
    such as an axis are fields of the (frozen dataclass) subclass.
    """

    name: ClassVar[str] = ""
    symbol: ClassVar[str] = ""
    row_inputs: ClassVar[tuple[int, ...]] = ()
    """Inputs of which row i is used for row i of the output and for no other row."""

    integer_inputs: ClassVar[tuple[int, ...]] = ()
    """Inputs that hold ids or labels, which have no gradient."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" in cls.__dict__:
            OPERATIONS[cls.name] = cls

    @abstractmethod
    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the shape of the output; raise `ShapeError` when the inputs do not fit."""

    @abstractmethod
    def forward(self, *values: Array) -> Array:
        """Return the output."""

    @abstractmethod
    def backward(self, signal: Array, output: Array, *values: Array) -> tuple[Signal | None, ...]:
        """Return, for each input, upstream signal × local gradient; ``None`` for an input that has none (labels, ids).

        A signal for an input that was broadcast may be left at the output's shape: the sweep sums it.
        """

    def pieces(self, *values: Array) -> Array | None:
        """Say on which smooth piece of the function each entry lies, as integers; ``None`` where it has no kinks."""
        return None

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Say whether row i of this input is used for row i of the output alone."""
        return position in self.row_inputs

    @classmethod
    @abstractmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Return worked inputs of several shapes, for the gradient check of every operation."""

    @property
    def label(self) -> str:
        """How the operation is written in a drawing: its symbol, or its name."""
        return self.symbol or self.name


class Elementwise(Operation):
    """An operation on each entry by itself; inputs are broadcast against each other."""

    arity: ClassVar[int] = 1

    def output_shape(self, *shapes: Shape) -> Shape:
        """Broadcast the inputs' shapes."""
        return broadcast_shapes(*shapes)

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Rows correspond where the input has the output's rows."""
        return value.ndim == output.ndim and value.shape[:1] == output.shape[:1]

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw scalars, a vector, a matrix, and for two inputs a matrix broadcast against a row and a column."""
        shapes: list[tuple[tuple[int, ...], ...]] = [((),) * cls.arity, ((4,),) * cls.arity, ((3, 4),) * cls.arity]
        if cls.arity == 2:
            shapes += [((3, 4), (4,)), ((3, 1), (3, 4)), ((), (2, 3))]
        return [(cls(), [cls.draw(random, shape) for shape in group]) for group in shapes]

    @classmethod
    def draw(cls, random: Any, shape: tuple[int, ...]) -> Array:
        """Draw one input in the operation's domain."""
        drawn: Array = random.normal(size=shape)
        return drawn
