"""The errors that deltarule raises for input it cannot use."""

__all__ = ["InputError", "ModelError", "NonFiniteError", "ShapeError"]


class InputError(ValueError):
    """A file, option or argument that cannot be used; the message says which one and what to do."""


class ShapeError(ValueError):
    """An operation was given inputs whose shapes do not fit; raised while the graph is built."""


class ModelError(InputError):
    """A saved model that is missing, damaged, or written by an incompatible version."""


class NonFiniteError(ArithmeticError):
    """Training met NaN or infinity; the message names the step and the first node where it appeared."""
