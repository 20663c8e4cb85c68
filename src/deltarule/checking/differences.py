"""Differences: slopes of a loss measured by moving one entry of a parameter to the left and to the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np

__all__ = ["DEFAULT_STEP", "Difference", "Evaluation", "Line", "difference", "extrapolate", "ladder"]

EPSILON = float(np.finfo(np.float64).eps)
DEFAULT_STEP = EPSILON ** (1 / 3)
"""The step at which truncation, of order h², and rounding, of order eps / h, are in balance."""

ROUNDING = 8.0
"""Units of rounding that a loss is trusted to: it is a sum of many rounded terms."""

LADDER = tuple(2.0**-exponent for exponent in range(9, 28, 3))
LADDER_RATIO = 8.0


@dataclass(frozen=True)
class Evaluation:
    """A loss at a moved entry.

    Attributes
    ----------
    loss : its value
    kink : the operation that lies on another smooth piece here than at the point itself; ``None`` if none, or not known
    """

    loss: float
    kink: str | None = None


Line = Callable[[float], Evaluation]
"""The loss along one entry: takes the entry's value."""


@dataclass(frozen=True)
class Difference:
    """Slopes over a step h on both sides of a point.

    Attributes
    ----------
    step : h
    left, right : (J(θ) − J(θ − h)) / h and (J(θ + h) − J(θ)) / h
    central : (J(θ + h) − J(θ − h)) / 2h
    noise : how far rounding of the loss may have moved the slopes
    kink : an operation that has a kink within the step, where that is known
    """

    step: float
    left: float
    right: float
    central: float
    noise: float
    kink: str | None = None

    @property
    def jump(self) -> float:
        """How far left and right disagree: h J″ where the loss is smooth, a constant at a kink."""
        return abs(self.right - self.left)

    @property
    def usable(self) -> bool:
        """Whether the step crosses no known kink and stays where the loss is finite."""
        return self.kink is None and isfinite(self.left) and isfinite(self.right)


def difference(line: Line, point: float, centre: float, step: float, magnitude: float) -> Difference:
    """Measure the slopes of a loss over one step.

    Parameters
    ----------
    line : the loss along the entry
    point, centre : the entry's value θ, and the loss there
    step : h, for an entry between −1 and 1; it grows with larger ones
    magnitude : size of the numbers that the loss is made of, to which rounding is proportional
    """
    scaled = step * max(1.0, abs(point))
    h = (point + scaled) - point  # the step that the entry really moves, after rounding
    above, below = line(point + h), line(point - h)
    size = max(magnitude, *(abs(loss) for loss in (above.loss, below.loss) if isfinite(loss)), 0.0)
    return Difference(
        step=h,
        left=(centre - below.loss) / h,
        right=(above.loss - centre) / h,
        central=(above.loss - below.loss) / (2 * h),
        noise=ROUNDING * EPSILON * size / h,
        kink=below.kink or above.kink,
    )


def ladder(line: Line, point: float, centre: float, magnitude: float) -> list[Difference]:
    """Measure the slopes over steps from 2e-3 down to 7e-9, each an eighth of the one before."""
    return [difference(line, point, centre, step, magnitude) for step in LADDER]


def extrapolate(wide: Difference, narrow: Difference) -> float:
    """Combine two central differences, one step of the ladder apart, so that their errors of order h² cancel.

    Source: Richardson 1911; D + (D − D_wide) / (8² − 1).
    """
    return narrow.central + (narrow.central - wide.central) / (LADDER_RATIO**2 - 1)
