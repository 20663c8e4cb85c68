"""The loss that a framework's function computes."""

from __future__ import annotations

from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.diagnosis.shapes import wrong_shape
from deltarule.checking.differences import Evaluation
from deltarule.errors import InputError
from deltarule.graph import Array
from deltarule.integrations import ArrayFunction, GradientShapeError
from deltarule.integrations.watching import Move, Use

__all__ = ["AdaptedLoss"]


class AdaptedLoss(CheckedLoss):
    """The loss that a function of PyTorch or JAX computes.

    Parameters
    ----------
    function : the function as its adapter shows it
    """

    def __init__(self, function: ArrayFunction) -> None:
        self.function, self.arrays, self.note = function, function.arrays, function.note

    def evaluate(self) -> Evaluation:
        """Call the function."""
        return Evaluation(self.function.value())

    def gradients(self) -> dict[str, Array]:
        """Ask the framework."""
        try:
            return self.function.gradients()
        except GradientShapeError as error:
            raise InputError(wrong_shape(error.name, error.shape, "this input", error.expected)) from error

    def magnitude(self) -> float:
        """Return the size of the outputs together."""
        return self.function.magnitude()

    def moved(self, name: str, move: Move) -> tuple[float, list[Use]]:
        """Call the function with an array moved in one of its uses."""
        return self.function.moved(name, move)
