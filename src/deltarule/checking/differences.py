"""Differences: slopes of a loss measured by moving one entry of a parameter to the left and to the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

__all__ = [
    "DEFAULT_STEP",
    "FLOAT32",
    "FLOAT64",
    "Difference",
    "Evaluation",
    "Line",
    "Precision",
    "difference",
    "extrapolate",
    "ladder",
]

ROUNDING = 8.0
"""Units of rounding that a loss is trusted to: it is a sum of many rounded terms."""

LADDER_RATIO = 8.0


@dataclass(frozen=True)
class Precision:
    """The numbers that a loss is computed in, and the steps and the tolerance that fit them.

    Attributes
    ----------
    kind : NumPy's type
    tolerance : largest relative error that agrees
    ladder : steps for a second look, each an eighth of the one before
    cautious : whether a gap is forgiven that the numeric value's own estimated error explains: where there is little
        room between steps that round too much and steps that are too wide
    """

    kind: type[np.floating[Any]]
    tolerance: float
    ladder: tuple[float, ...]
    cautious: bool = False

    @property
    def epsilon(self) -> float:
        """The gap between 1 and the next number."""
        return float(np.finfo(self.kind).eps)

    @property
    def step(self) -> float:
        """∛eps, where truncation, of order h², and rounding, of order eps / h, are in balance."""
        return float(self.epsilon ** (1 / 3))

    def noise(self, size: float, step: float) -> float:
        """Return how far rounding may move a slope over a step, in a loss made of numbers of this size."""
        return ROUNDING * self.epsilon * size / step

    def moved(self, point: float, step: float) -> float:
        """Return point + step, rounded."""
        return float(self.kind(point) + self.kind(step))


FLOAT64 = Precision(np.float64, 1e-6, tuple(2.0**-exponent for exponent in range(9, 28, 3)))
FLOAT32 = Precision(np.float32, 1e-2, tuple(2.0**-exponent for exponent in range(2, 15, 3)), cautious=True)
DEFAULT_STEP = FLOAT64.step


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


def difference(
    line: Line, point: float, centre: float, step: float, magnitude: float, precision: Precision = FLOAT64
) -> Difference:
    """Measure the slopes of a loss over one step.

    Parameters
    ----------
    line : the loss along the entry
    point, centre : the entry's value θ, and the loss there
    step : h, for an entry between −1 and 1; it grows with larger ones
    magnitude : size of the numbers that the loss is made of, to which rounding is proportional
    precision : of the entry and of the loss
    """
    scaled = step * max(1.0, abs(point))
    h = precision.moved(point, scaled) - point  # the step that the entry really moves, after rounding
    above, below = line(point + h), line(point - h)
    size = max(magnitude, *(abs(loss) for loss in (above.loss, below.loss) if isfinite(loss)), 0.0)
    return Difference(
        step=h,
        left=(centre - below.loss) / h,
        right=(above.loss - centre) / h,
        central=(above.loss - below.loss) / (2 * h),
        noise=precision.noise(size, h),
        kink=below.kink or above.kink,
    )


def ladder(
    line: Line, point: float, centre: float, magnitude: float, precision: Precision = FLOAT64
) -> list[Difference]:
    """Measure the slopes over steps from 2e-3 down to 7e-9 (for float32: 0.25 to 6e-5), each an eighth of the last."""
    return [difference(line, point, centre, step, magnitude, precision) for step in precision.ladder]


def extrapolate(wide: Difference, narrow: Difference) -> float:
    """Combine two central differences, one step of the ladder apart, so that their errors of order h² cancel.

    Source: Richardson 1911; D + (D − D_wide) / (8² − 1).
    """
    return narrow.central + (narrow.central - wide.central) / (LADDER_RATIO**2 - 1)
