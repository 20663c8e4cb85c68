"""Probabilities that can be taken at their word: of the labels given with 90 %, nine of ten should be right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array

__all__ = ["calibration_error", "fitted_temperature"]

_COLDEST, _HOTTEST = 0.05, 20.0
_SMALLEST = 1e-12  # probability that a true label has at least, so that its logarithm is finite


def fitted_temperature(probabilities: Callable[[float], Array], labels: NDArray[np.int32]) -> float:
    """Return the temperature T at which true labels are likeliest, all scores divided by it.

    Dividing all scores by a number changes no decision, only how sure of it the probabilities are. Source: Guo, Pleiss,
    Sun and Weinberger 2017.

    Parameters
    ----------
    probabilities : of each label at each token, at a temperature
    labels : the true label of each token, or −1 where it is none of these; such tokens are left out
    """
    from scipy.optimize import minimize_scalar

    known = np.flatnonzero(labels >= 0)
    if not len(known):
        return 1.0

    def loss(log_temperature: float) -> float:
        true = probabilities(float(np.exp(log_temperature)))[known, labels[known]]
        return -float(np.log(np.maximum(true, _SMALLEST), dtype=np.float64).mean())

    bounds = (np.log(_COLDEST), np.log(_HOTTEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 0.01})
    return float(np.exp(found.x))


def calibration_error(probabilities: Array, right: Array, bins: int = 15) -> float:
    """Return the expected calibration error: how far probabilities are from the share that is right, on average.

    Predictions are sorted into bins by their probability; Σ_bins (size / all) · |share that is right − mean
    probability|.

    Parameters
    ----------
    probabilities : of predictions, between 0 and 1
    right : whether each is right
    bins : of equal width

    Examples
    --------
    Four predictions of 75 %, of which two are right:

    >>> calibration_error(np.full(4, 0.75), np.array([True, True, False, False]))
    0.25
    """
    number = np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)
    difference = np.bincount(number, np.asarray(right, float) - probabilities, bins)
    return float(np.abs(difference).sum() / max(len(number), 1))
