"""What an adapter makes of a framework's function: a loss of named NumPy arrays, with the framework's own gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deltarule.integrations.watching import Move, Use

__all__ = ["CONVERTED", "ArrayFunction", "GradientShapeError", "weights_of_outputs"]

Array: TypeAlias = NDArray[Any]

CONVERTED = (
    'float32 is checked in a float64 copy: its own differences, precision="float32", are exact to two or three digits'
)


class GradientShapeError(Exception):
    """A gradient has another shape than what it belongs to: whose gradient, its shape, and the shape it should have."""

    def __init__(self, name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
        super().__init__(name, shape, expected)
        self.name, self.shape, self.expected = name, shape, expected


class ArrayFunction(ABC):
    """A framework's function as a loss of named NumPy arrays; nothing of the caller's is changed.

    Attributes
    ----------
    arrays : copies in the precision of the check, whose entries may be moved in place
    note : what was done to make the check possible, for the report; may be empty
    """

    arrays: dict[str, Array]
    note: str = ""

    @abstractmethod
    def value(self) -> float:
        """Compute the loss of the arrays as they are now."""

    @abstractmethod
    def gradients(self) -> dict[str, Array]:
        """Compute the framework's gradient; an array that the loss does not reach has zeros."""

    def magnitude(self) -> float:
        """Return the size of the numbers that the loss is made of."""
        return 0.0

    def moved(self, name: str, move: Move) -> tuple[float, list[Use]]:
        """Compute the loss with an array moved in one of its uses only; also list these.

        Raises
        ------
        UntraceableError
            When the uses cannot be told apart.
        """
        raise NotImplementedError


def weights_of_outputs(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Draw the fixed weights by which outputs that are no single number are summed: 1 for a number, else 0.5 to 1.5."""
    return random.uniform(0.5, 1.5, shape) * random.choice([-1.0, 1.0], shape) if np.prod(shape) > 1 else np.ones(shape)
