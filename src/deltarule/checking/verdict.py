"""The verdict on one entry: its analytic gradient agrees with the differences, is wrong, or the point is a kink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from typing import Literal

from deltarule.checking.differences import FLOAT64, Difference, Line, Precision, difference, extrapolate, ladder

__all__ = ["EntryCheck", "Verdict", "judge", "relative_error"]

Verdict = Literal["agrees", "kink", "wrong"]

SUSPICIOUS_JUMP = 1e-3
"""Left and right slopes that differ by more than this share of their size are looked at again with other steps."""


@dataclass(frozen=True)
class EntryCheck:
    """What the check found at one entry.

    Attributes
    ----------
    index : where the entry stands in its array
    analytic : the gradient under test
    numeric : the central difference
    left, right : the slopes on both sides
    relative_error : |analytic − numeric| / max(|analytic|, |numeric|, floor)
    verdict : "agrees", "wrong" or "kink"
    kink : the operation whose kink the point sits at, where it is known
    noise : how far rounding of the loss may have moved the numeric value
    """

    index: tuple[int, ...]
    analytic: float
    numeric: float
    left: float
    right: float
    relative_error: float
    verdict: Verdict
    kink: str | None = None
    noise: float = 0.0


def relative_error(analytic: float, numeric: float, noise: float, tolerance: float) -> float:
    """Return |a − n| / max(|a|, |n|, floor), where the floor, noise / tolerance, forgives what rounding explains.

    >>> relative_error(1.01, 1.0, 1e-10, 1e-6) > 1e-6, relative_error(2e-11, 1e-11, 1e-10, 1e-6) > 1e-6
    (True, False)
    """
    gap = abs(analytic - numeric)
    return gap / max(abs(analytic), abs(numeric), noise / tolerance) if gap else 0.0


def judge(
    line: Line,
    index: tuple[int, ...],
    point: float,
    analytic: float,
    *,
    centre: float,
    magnitude: float,
    step: float,
    tolerance: float,
    precision: Precision = FLOAT64,
) -> EntryCheck:
    """Compare one entry's analytic gradient with differences of the loss.

    One central difference settles most entries. Where it disagrees, or where left and right do, seven step sizes are
    measured, and the pair of steps whose extrapolation has the least error speaks for the loss; the analytic value has
    no part in that choice. Steps that are known to cross a kink are left out: so a kink nearby is escaped.

    Parameters
    ----------
    line : the loss along the entry
    index, point : where the entry stands, and its value
    analytic : the gradient under test
    centre : the loss at the point
    magnitude : size of the numbers that the loss is made of
    step, tolerance : of the first difference; the largest relative error that agrees
    precision : of the entry and of the loss
    """
    first = difference(line, point, centre, step, magnitude, precision)
    checked = _entry(index, analytic, first, first.central, tolerance)
    suspicious = first.jump > SUSPICIOUS_JUMP * max(abs(first.left), abs(first.right)) + first.noise
    if first.usable and checked.verdict == "agrees" and not suspicious:
        return checked
    steps = ladder(line, point, centre, magnitude, precision)
    pairs = [(wide, narrow) for wide, narrow in pairwise(steps) if wide.usable and narrow.usable]
    if not pairs:
        return _without_clear_steps(index, analytic, steps, tolerance)
    wide, narrow = min(pairs, key=_estimated_error)
    numeric = extrapolate(wide, narrow)
    if precision.cautious:
        narrow = replace(narrow, noise=max(narrow.noise, *(abs(numeric - slopes.central) for slopes in (wide, narrow))))
    settled = _entry(index, analytic, narrow, numeric, tolerance)
    if _left_and_right_stay_apart(wide, narrow) and _lies_between(analytic, narrow, tolerance):
        return _at_kink(settled, None)
    return settled


def _entry(index: tuple[int, ...], analytic: float, slopes: Difference, numeric: float, tolerance: float) -> EntryCheck:
    """Compare the analytic with the numeric value."""
    error = relative_error(analytic, numeric, slopes.noise, tolerance)
    verdict: Verdict = "agrees" if error <= tolerance else "wrong"  # also wrong for NaN
    return EntryCheck(index, analytic, numeric, slopes.left, slopes.right, error, verdict, noise=slopes.noise)


def _at_kink(entry: EntryCheck, operation: str | None) -> EntryCheck:
    """Return the entry with the verdict "kink"."""
    return replace(entry, verdict="kink", kink=operation)


def _without_clear_steps(
    index: tuple[int, ...], analytic: float, steps: Sequence[Difference], tolerance: float
) -> EntryCheck:
    """Judge a point from which even the smallest steps reach another piece, or leave where the loss is finite."""
    smallest = steps[-1]
    entry = _entry(index, analytic, smallest, smallest.central, tolerance)
    if smallest.kink is None:
        return entry
    both_agree = all(
        relative_error(analytic, slope, smallest.noise, tolerance) <= tolerance
        for slope in (smallest.left, smallest.right)
    )
    # The kink of an operation that the loss does not feel is none of the loss.
    return entry if both_agree else _at_kink(entry, smallest.kink)


def _estimated_error(pair: tuple[Difference, Difference]) -> float:
    """Estimate how far the extrapolation of a pair of steps is off: by truncation, and by rounding."""
    wide, narrow = pair
    return abs(extrapolate(wide, narrow) - narrow.central) + narrow.noise


def _left_and_right_stay_apart(wide: Difference, narrow: Difference) -> bool:
    """Say whether left and right disagree at both steps; between smooth ones the gap would shrink with the step."""
    return narrow.jump > wide.jump / 2 and narrow.jump > 10 * narrow.noise


def _lies_between(analytic: float, slopes: Difference, tolerance: float) -> bool:
    """Say whether a value is a slope that the kink allows: from the left one to the right one, a little widened."""
    low, high = sorted((slopes.left, slopes.right))
    widening = 0.01 * slopes.jump + slopes.noise + tolerance * max(abs(low), abs(high))
    return isfinite(analytic) and low - widening <= analytic <= high + widening
