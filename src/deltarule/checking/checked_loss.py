"""What the check asks of whatever it checks: a loss of named arrays, and the gradient under test."""

from __future__ import annotations

from abc import ABC, abstractmethod

from deltarule.checking.differences import Evaluation
from deltarule.graph import Array

__all__ = ["CheckedLoss"]


class CheckedLoss(ABC):
    """A loss of named arrays, with the gradient under test.

    Attributes
    ----------
    arrays : float64 copies, owned by the check, which moves their entries in place
    """

    arrays: dict[str, Array]

    @abstractmethod
    def evaluate(self) -> Evaluation:
        """Compute the loss of the arrays as they are now."""

    @abstractmethod
    def gradients(self) -> dict[str, Array]:
        """Compute the gradient under test."""

    def magnitude(self) -> float:
        """Return the size of the numbers that the loss is made of, where it is known to be larger than the loss."""
        return 0.0

    def read_rows(self, name: str) -> Array | None:
        """Return the rows of a table that were looked up; ``None`` for other arrays."""
        return None
