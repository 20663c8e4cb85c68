"""What the check asks of whatever it checks: a loss of named arrays, and the gradient under test."""

from __future__ import annotations

from abc import ABC, abstractmethod

from deltarule.checking.differences import Evaluation
from deltarule.graph import Array
from deltarule.integrations.watching import Move, UntraceableError, Use

__all__ = ["CheckedLoss"]


class CheckedLoss(ABC):
    """A loss of named arrays, with the gradient under test.

    Attributes
    ----------
    arrays : copies in the precision of the check, owned by it, which moves their entries in place
    note : what the report should say about the way of checking; may be empty
    """

    arrays: dict[str, Array]
    note: str = ""

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

    def moved(self, name: str, move: Move) -> tuple[float, list[Use]]:
        """Compute the loss with an array moved in one of its uses only; also list these.

        Raises
        ------
        UntraceableError
            When the uses cannot be told apart.
        """
        raise UntraceableError("this loss does not tell")

    def operations(self, name: str) -> dict[str, CheckedLoss]:
        """Return a loss for each operation that stands between an array and the loss, where the loss is a graph."""
        return {}
