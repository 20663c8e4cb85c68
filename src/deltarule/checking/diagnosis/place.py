"""Gradients that are wrong only in some places: one row, one column, one entry."""

from __future__ import annotations

import numpy as np

from deltarule.checking.diagnosis.evidence import Cause, Evidence
from deltarule.checking.diagnosis.scale import constant_factor, detached, wrong_sign

__all__ = ["wrong_place"]

NAMED = 5
"""Rows that are listed by number."""


def wrong_place(evidence: Evidence) -> Cause | None:
    """Recognise wrong entries that all stand in few rows or columns, or in one entry, while the rest agrees."""
    wrong, right = evidence.wrong, evidence.clear & ~evidence.wrong
    if not wrong.any() or not right.any():
        return None
    if wrong.sum() == 1:
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        return Cause("place", f"only entry [{', '.join(map(str, index))}] is wrong{_why(evidence.part(index))}")
    found = [place for axis in range(wrong.ndim) if (place := _rows_of(evidence, axis)) is not None]
    if not found:
        return None
    _, axis, rows = min(found)
    word = _word(axis, wrong.ndim, len(rows))
    listed = ", ".join(map(str, rows[:NAMED])) + (", ..." if len(rows) > NAMED else "")
    why = _why(evidence.part((slice(None),) * axis + (rows[0],))) if len(rows) == 1 else ""
    be = "is" if len(rows) == 1 else "are"
    return Cause("place", f"only {word} {listed} of {wrong.shape[axis]} {be} wrong{why}")


def _rows_of(evidence: Evidence, axis: int) -> tuple[float, int, list[int]] | None:
    """Return the rows along an axis that hold all wrong entries, if they are few."""
    others = tuple(other for other in range(evidence.wrong.ndim) if other != axis)
    wrong, clear = evidence.wrong.any(others), evidence.clear.any(others)
    rows = [int(row) for row in np.flatnonzero(wrong)]
    if not rows or 2 * len(rows) > clear.sum():
        return None
    return len(rows) / evidence.wrong.shape[axis], axis, rows


def _why(part: Evidence) -> str:
    """Say what is the matter with the part."""
    causes = (recognise(part) for recognise in (detached, wrong_sign, constant_factor))
    cause = next(filter(None, causes), None)
    return f", where {cause.text}" if cause else ""


def _word(axis: int, dimensions: int, count: int) -> str:
    if dimensions == 1:
        return "entry" if count == 1 else "entries"
    if dimensions == 2:
        return ("row" if axis == 0 else "column") + ("" if count == 1 else "s")
    return f"{'index' if count == 1 else 'indices'} along axis {axis}:"
