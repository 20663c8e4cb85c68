"""Gradients that hold some of their terms: of an array used twice only one use, of a sum only one row.

The derivative by an array is a sum of terms, one for each use of the array, and each of these a sum over the rows of
what the use computes. They are measured by moving the array in one use alone, along a few directions v drawn at random:
a gradient a that equals some of the terms has the same a · v for each v.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np

from deltarule.checking.diagnosis.evidence import Cause, Evidence
from deltarule.checking.differences import FLOAT64
from deltarule.graph import Array
from deltarule.integrations.watching import Move, UntraceableError, Use

__all__ = ["MovedLoss", "missing_terms"]

MovedLoss = Callable[[Move], tuple[float, list[Use]]]
"""The loss with the array moved in one of its uses only, and the list of its uses."""

DIRECTIONS = 3
MOST_USES = 32
ALL_SUBSETS = 6
MOST_ROWS = 64
EXACT = 1e-5


class Terms(NamedTuple):
    """The terms of a derivative.

    Attributes
    ----------
    uses : those that the loss feels, with their numbers
    slopes : array of shape (uses, directions): the term of each
    analytic : array of shape (directions,): a · v of the gradient under test
    noise : how far rounding may have moved the slopes
    """

    uses: list[tuple[int, Use]]
    slopes: Array
    analytic: Array
    noise: float

    def match(self, candidate: Array) -> bool:
        """Say whether a sum of terms is the gradient under test, along all directions."""
        size = max(float(np.abs(self.slopes).sum(axis=0).max()), float(np.abs(self.analytic).max()))
        return bool((np.abs(candidate - self.analytic) <= EXACT * size + self.noise).all())


def missing_terms(evidence: Evidence, moved: MovedLoss) -> Cause | None:
    """Recognise a gradient without some of its terms, or with one that is doubled, negative, or only one row.

    Parameters
    ----------
    evidence : of the array
    moved : computes the loss with the array moved in one of its uses
    """
    random = np.random.default_rng(0)
    scale = np.where(evidence.known, np.maximum(1.0, np.abs(evidence.point)), 0.0)  # a kink has no slope to be part of
    directions = [
        random.uniform(0.5, 1.5, scale.shape) * random.choice([-1, 1], scale.shape) * scale for _ in range(DIRECTIONS)
    ]
    try:
        terms = _measure(evidence, moved, directions)
        if terms is None:
            return None
        return _uses_cause(evidence, terms) or _rows_cause(moved, directions, terms)
    except UntraceableError:
        return None
    except Exception:  # a function that cannot bear to be watched has no cause of this form
        return None


def _measure(evidence: Evidence, moved: MovedLoss, directions: list[Array]) -> Terms | None:
    """Measure all terms, and see that together they are the whole derivative."""
    centre, uses = moved(Move(np.zeros_like(evidence.point)))
    if not 1 <= len(uses) <= MOST_USES:
        return None
    slopes = np.array([[_slope(moved, v, number) for v in directions] for number in range(len(uses))])
    size = float(np.abs(slopes).sum(axis=0).max())
    noise = FLOAT64.noise(max(abs(centre), size, 1e-300), FLOAT64.step)
    numeric = np.where(evidence.known, evidence.numeric, 0.0)
    whole = np.array([float((numeric * v).sum()) for v in directions])
    if (np.abs(slopes.sum(axis=0) - whole) > 10 * EXACT * size + noise).any():
        return None  # the array is also used in ways that were not seen
    analytic = np.array([float((evidence.analytic * v).sum()) for v in directions])
    felt = [number for number in range(len(uses)) if np.abs(slopes[number]).max() > EXACT * size + noise]
    return Terms([(number, uses[number]) for number in felt], slopes[felt], analytic, noise) if felt else None


def _slope(moved: MovedLoss, direction: Array, use: int, row: tuple[int, int] | None = None) -> float:
    """Measure the derivative along a direction through one use, or one row of it."""
    h = FLOAT64.step
    return (moved(Move(h * direction, use, row))[0] - moved(Move(-h * direction, use, row))[0]) / (2 * h)


def _uses_cause(evidence: Evidence, terms: Terms) -> Cause | None:
    """Recognise sums of some of the uses."""
    count = len(terms.uses)
    if count < 2:
        return None
    total = terms.slopes.sum(axis=0)
    sizes = range(count - 1, 0, -1) if count <= ALL_SUBSETS else (count - 1, 1)
    used = f"{evidence.name} is used {count} times ({', '.join(use.function for _, use in terms.uses)})"
    for size in sizes:
        for kept in combinations(range(count), size):
            if terms.match(terms.slopes[list(kept)].sum(axis=0)):
                which = ", ".join(f"{position + 1} ({terms.uses[position][1].function})" for position in kept)
                words = "the term of use" if size == 1 else "the terms of uses"
                return Cause("missing term", f"{used}, but the gradient holds only {words} {which}")
    for (_, use), slopes in zip(terms.uses, terms.slopes, strict=True):
        if terms.match(total + slopes):
            return Cause("term twice", f"{used}, and the term of one use ({use.function}) is counted twice")
        if terms.match(total - 2 * slopes):
            return Cause("sign of a term", f"{used}, and the term of one use ({use.function}) has the wrong sign")
    return None


def _rows_cause(moved: MovedLoss, directions: list[Array], terms: Terms) -> Cause | None:
    """Recognise one row in the place of a sum over rows."""
    total = terms.slopes.sum(axis=0)
    for (number, use), slopes in zip(terms.uses, terms.slopes, strict=True):
        for axis in _summed_axes(use):
            for row in range(min(use.output[axis], MOST_ROWS)):
                first = _slope(moved, directions[0], number, (axis, row))
                rest = total - slopes
                if not _near(rest[0] + first, terms):
                    continue
                found = np.array([_slope(moved, v, number, (axis, row)) for v in directions])
                if terms.match(rest + found):
                    text = (
                        f"the sum over axis {axis} of {use.function} ({use.output[axis]} rows) is missing:"
                        f" the gradient holds row {row} only"
                    )
                    return Cause("missing sum", text)
    return None


def _near(first: float, terms: Terms) -> bool:
    """Say whether a value fits the first direction, so that the others are worth measuring."""
    size = max(float(np.abs(terms.slopes[:, 0]).sum()), abs(float(terms.analytic[0])))
    return abs(first - float(terms.analytic[0])) <= 10 * EXACT * size + terms.noise


def _summed_axes(use: Use) -> list[int]:
    """List the axes of an output over which the gradient of the operand is summed."""
    extra = len(use.output) - len(use.operand)
    aligned = (1,) * extra + use.operand[max(0, -extra) :]
    broadcast = [axis for axis, size in enumerate(use.output) if size > 1 and aligned[axis] == 1]
    first = [0] if len(use.output) > 1 and use.output[0] > 1 and use.operand[:1] != use.output[:1] else []
    return list(dict.fromkeys(broadcast + first))
