"""Gradients whose numbers are right, in the wrong places: transposed, reshaped, in another order, or swapped."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from deltarule.checking.diagnosis.evidence import Cause, Evidence
from deltarule.graph import Array

__all__ = ["other_order", "swapped", "transposed"]


def transposed(evidence: Evidence) -> Cause | None:
    """Recognise axes that changed places, and a reshape where a transpose was due."""
    analytic = evidence.analytic
    for first, second in combinations(range(analytic.ndim), 2):
        if analytic.shape[first] == analytic.shape[second] and evidence.explained_by(analytic.swapaxes(first, second)):
            where = "" if analytic.ndim == 2 else f" in axes {first} and {second}"
            return Cause("transposed", f"numeric = analytic transposed{where}")
    if analytic.ndim < 2:
        return None
    reversed_shape = analytic.shape[::-1]
    candidates = (analytic.reshape(reversed_shape).T, analytic.T.reshape(analytic.shape))
    if any(map(evidence.explained_by, candidates)):
        return Cause("transposed", "its entries are laid out as those of the transposed: reshaped, not transposed")
    return None


def swapped(evidence: Evidence) -> Cause | None:
    """Recognise the gradient of another array of the same shape."""
    if int(evidence.clear.sum()) < 2:
        return None
    for name, other in evidence.others.items():
        if other.shape == evidence.analytic.shape and np.isfinite(other).all():
            gap = np.abs(evidence.analytic - other)
            if (gap <= 3 * evidence.tolerance * np.abs(other) + 3 * evidence.noise.max(initial=0.0)).all():
                return Cause("swapped", f"it is the gradient of {name}")
    return None


def other_order(evidence: Evidence) -> Cause | None:
    """Recognise rows (or columns, ...) in another order."""
    if not evidence.complete:
        return None
    for axis in range(evidence.analytic.ndim):
        order = _order(evidence, axis)
        if order is not None and evidence.explained_by(np.take(evidence.analytic, order, axis)):
            return Cause("order", f"its {_rows(axis, evidence.analytic.ndim)} are right, {_order_text(order)}")
    return None


def _order(evidence: Evidence, axis: int) -> Array | None:
    """Find, for each row of the numeric gradient, the row of the analytic one that is nearest; each taken once."""
    analytic = np.moveaxis(evidence.analytic, axis, 0).reshape(evidence.analytic.shape[axis], -1)
    numeric = np.moveaxis(evidence.numeric, axis, 0).reshape(analytic.shape)
    if not 2 <= len(analytic) <= 1000:
        return None
    keys = np.argsort(_projection(analytic), kind="stable"), np.argsort(_projection(numeric), kind="stable")
    order = np.empty(len(analytic), int)
    order[keys[1]] = keys[0]
    return order


def _projection(rows: Array) -> Array:
    """Sum each row with fixed weights, so that rows can be ordered."""
    projected: Array = rows @ np.random.default_rng(0).uniform(0.5, 1.5, rows.shape[1])
    return projected


def _order_text(order: Array) -> str:
    """Describe an order in words."""
    count = len(order)
    if count > 2 and (order == np.arange(count)[::-1]).all():
        return "in reverse order"
    shift = int(order[0])
    if count > 2 and (order == (np.arange(count) + shift) % count).all():
        back = shift if shift <= count // 2 else shift - count
        return f"shifted by {abs(back)} {'down' if back > 0 else 'up'}"
    shown = ", ".join(map(str, order[:10])) + (", ..." if count > 10 else "")
    return f"in another order: numeric = analytic taken in the order [{shown}]"


def _rows(axis: int, dimensions: int) -> str:
    if dimensions == 1:
        return "entries"
    return {0: "rows", 1: "columns"}[axis] if dimensions == 2 else f"parts along axis {axis}"
