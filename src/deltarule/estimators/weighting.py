"""Weights of examples, and whole batches in which equal examples are merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from deltarule.errors import InputError
from deltarule.estimators.examples import Examples
from deltarule.graph import Array

__all__ = ["checked_weights", "class_weights", "equal_rows_merged"]


def checked_weights(sample_weight: Any, table: Any) -> Array:
    """Return one weight an example in float64, all 1 for ``None``; refuse negative ones, and if all are zero."""
    weights = np.asarray(_check_sample_weight(sample_weight, table, dtype=np.float64))
    if (weights < 0).any():
        raise InputError(f"sample weights must not be negative; the least is {weights.min():g}")
    if not weights.any():
        raise InputError("all sample weights are zero; at least one must be above zero")
    return weights


def class_weights(given: Any, labels: Array, classes: Array, weights: Array) -> Array:
    """Return the weight that each example has by its class.

    Parameters
    ----------
    given : ``None``, "balanced" for equal total weights of all classes, or a dict from class to weight (else 1)
    labels : place in `classes` of each example's class
    weights : of the examples by themselves
    """
    if given is None:
        return np.ones(len(labels))
    if isinstance(given, str) and given == "balanced":
        totals = np.bincount(labels, weights, len(classes))
        return np.asarray((weights.sum() / (len(classes) * totals))[labels])
    if not isinstance(given, Mapping):
        raise InputError(f"class_weight must be None, 'balanced' or a dict from class to weight, not {given!r}")
    each = np.array([float(given.get(name, 1.0)) for name in classes.tolist()])
    if (each < 0).any():
        raise InputError(f"class weights must not be negative: {given!r}")
    return each[labels]


def equal_rows_merged(examples: Examples, targets: Array, weights: Array) -> tuple[Examples, Array, Array]:
    """Merge equal examples into one with the sum of their weights, and put all in an order of their own.

    Where all examples make one batch, this changes nothing but rounding; and the result of training is then the same
    to the last bit for whole weights and for rows repeated as often, and in whatever order the rows come.
    """
    places: dict[bytes, int] = {}
    totals: list[float] = []
    first: list[int] = []
    named = np.unique(targets, return_inverse=True)[1] if targets.dtype == object else targets
    keys = [key + target.tobytes() for key, target in zip(examples.keys(), named, strict=True)]
    for row, key in enumerate(keys):
        if key in places:
            totals[places[key]] += weights[row]
        else:
            places[key] = len(first)
            first.append(row)
            totals.append(weights[row])
    order = [places[key] for key in sorted(places)]
    chosen = np.array(first)[order]
    return examples.rows(chosen), targets[chosen], np.array(totals)[order]
