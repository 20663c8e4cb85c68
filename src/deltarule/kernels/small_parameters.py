"""Small parameters, all of a network together: the norm of their gradients, and their updates."""

from __future__ import annotations

from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import entry, place_of
from deltarule.kernels.norms import NO_SQUARES, add_squares, sum_of_squares
from deltarule.kernels.row_sums import add_row
from deltarule.kernels.updates import update

__all__ = ["PARAMETER_WIDTH", "norm_of_each", "update_each"]

PARAMETER_WIDTH = 6  # columns of a table of parameters
_VALUE, _GRADIENT, _FIRST, _SECOND, _NUMBERS, _PARTS = range(PARAMETER_WIDTH)


@inlined
def norm_of_each(memory: int, parameters: int, count: int) -> float:
    """Add up the parts of gradients in their first, and return Σ g² of all.

    Parameters
    ----------
    memory, parameters, count : addresses of memory and of a table of so many parameters, which names places in it,
        except for how many numbers each has
    """
    squares: int = place_of(NO_SQUARES)
    for parameter in range(count):
        row = parameters + 8 * PARAMETER_WIDTH * parameter
        gradient, numbers = entry(memory, entry(row, _GRADIENT)), entry(row, _NUMBERS)
        for part in range(1, entry(memory, entry(row, _PARTS))):
            add_row(gradient + 4 * part * numbers, gradient, numbers)
        add_squares(gradient, numbers, squares)
    return sum_of_squares(squares)  # type: ignore[no-any-return]


@inlined
def update_each(rule: int, memory: int, parameters: int, count: int, scale: int, settings: int) -> None:
    """Take one step of a rule for each parameter of such a table; see `update`."""
    for parameter in range(count):
        row = parameters + 8 * PARAMETER_WIDTH * parameter
        value, gradient = entry(memory, entry(row, _VALUE)), entry(memory, entry(row, _GRADIENT))
        first, second = entry(memory, entry(row, _FIRST)), entry(memory, entry(row, _SECOND))
        update(rule, value, gradient, first, second, entry(row, _NUMBERS), scale, settings)
