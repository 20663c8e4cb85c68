"""The gradient check: backpropagation against central differences, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np

from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.differences import DEFAULT_STEP, Evaluation, Line
from deltarule.checking.function_loss import FunctionLoss
from deltarule.checking.graph_loss import GraphLoss, leaves_of
from deltarule.checking.report import GradientReport, summarise_entries
from deltarule.checking.sampling import choose_entries, entries_each
from deltarule.checking.verdict import judge
from deltarule.errors import InputError, NonFiniteError
from deltarule.execution.reference import Feeds
from deltarule.graph import Array, Node

__all__ = ["gradient_check"]


def gradient_check(
    target: Any,
    gradient: Callable[..., Any] | None = None,
    at: Any = None,
    *,
    objective: Any = None,
    feeds: Feeds | None = None,
    sample: int | None = None,
    seed: int = 0,
    tolerance: float = 1e-6,
    step: float | None = None,
) -> GradientReport:
    r"""Compare an analytic gradient with central differences in float64, entry by entry.

    ∂J/∂θ_i ≈ (J(θ + h e_i) − J(θ − h e_i)) / 2h. Exact enough to test with, too slow to train with: two evaluations
    of the loss an entry. There are three uses:

    * ``gradient_check(network, objective=...)``: the parameters of a network;
    * ``gradient_check(node, feeds=...)``: the parameters and the inputs of numbers of any graph;
    * ``gradient_check(function, gradient, at)``: any function and gradient over NumPy arrays.

    An entry *agrees* when |a − n| / max(|a|, |n|, floor) ≤ `tolerance`. The floor is 8 eps M / (h `tolerance`), where
    M is the size of the numbers that the loss is made of: so a gap that rounding of the loss explains is no alarm.
    Where a first difference disagrees, seven step sizes are tried and extrapolated before an entry is called *wrong*.
    It is a *kink*, and does not fail, where the point is not differentiable: in a graph when the smallest steps still
    reach another smooth piece of an operation, which the report names; for a function when left and right slopes stay
    apart as the step shrinks, and the gradient lies between them (outside it is wrong).

    Parameters
    ----------
    target : a network (with ``parameters`` by name), a node, or a function of arrays that computes in float64
    gradient : for a function: takes the same arrays and returns an array for each
    at : for a function: an array, a list or tuple of arrays, or a dict of arrays passed by name; they stay unchanged
    objective : for a network: ``objective.loss(network)`` builds the loss
    feeds : arrays for inputs, by name or node; missing ones are drawn from `seed` (named dimensions have size 5), and
        so are dropout masks, which then stay
    sample : entries to check in each parameter; by default all, up to 4000 in total, and a sample beyond. Four fifths
        of the sample from a table go to rows that were looked up
    seed : of the sample and of drawn inputs
    tolerance : largest relative error that agrees
    step : first h for entries between −1 and 1, in proportion beyond; by default the cube root of eps, 6e-6

    Returns
    -------
    GradientReport
        True if no entry is wrong; ``print`` shows a row a parameter.

    Raises
    ------
    InputError
        When the arguments belong to none of the three uses, the gradient's shapes do not match `at`, the function
        returns anything but a float64 number, or there is nothing to check.
    NonFiniteError
        When the loss itself is NaN or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from deltarule.checking import gradient_check
    >>> bool(gradient_check(lambda x: np.sum(x**3), lambda x: 3 * x**2, np.array([1.0, -2.0])))
    True
    >>> report = gradient_check(lambda x: np.sum(x**3), lambda x: 2 * x**2, np.array([1.0, -2.0]))
    >>> report["at"].wrong, report["at"].verdict
    (2, 'wrong')
    """
    if not tolerance > 0 or (step is not None and not step > 0) or (sample is not None and sample < 1):
        raise InputError("tolerance, step and sample must be above 0")
    with np.errstate(all="ignore"):  # a step out of the loss's domain is discarded; NaN elsewhere is reported
        loss = _loss(target, gradient, at, objective, feeds, seed)
        return _check(loss, sample, np.random.default_rng(seed), tolerance, DEFAULT_STEP if step is None else step)


def _loss(target: Any, gradient: Any, at: Any, objective: Any, feeds: Feeds | None, seed: int) -> CheckedLoss:
    """Find out which of the three uses is meant."""
    if isinstance(target, Node):
        return GraphLoss(target, leaves_of(target), feeds or {}, seed)
    if gradient is not None:
        if at is None or not callable(target) or not callable(gradient):
            raise InputError("to check a function, give gradient_check(function, gradient, at)")
        return FunctionLoss(target, gradient, at)
    if not hasattr(target, "parameters"):
        raise InputError(
            f"cannot check a {type(target).__name__}: give a network, a node, or a function and its gradient"
        )
    if objective is None:
        raise InputError("to check a network, say what it is trained for: objective=MaxMargin(1.0), for example")
    return GraphLoss(objective.loss(target), target.parameters, feeds or {}, seed)


def _check(
    loss: CheckedLoss, sample: int | None, random: np.random.Generator, tolerance: float, step: float
) -> GradientReport:
    """Judge the chosen entries of every array, and take the time."""
    if not loss.arrays:
        raise InputError("there is nothing to check: no parameters, and no inputs of numbers")
    centre = loss.evaluate().loss
    if not isfinite(centre):
        raise NonFiniteError(f"the loss is {centre} at this point; check the gradient where the loss is finite")
    started = perf_counter()
    gradients = loss.gradients()
    backward_seconds = perf_counter() - started
    magnitude = max(loss.magnitude(), abs(centre))
    sizes = {name: array.size for name, array in loss.arrays.items()}
    counts = entries_each(sizes) if sample is None else dict.fromkeys(sizes, sample)
    evaluations = 0

    def line_along(array: Array, index: tuple[int, ...]) -> Line:
        def evaluate_at(value: float) -> Evaluation:
            nonlocal evaluations
            evaluations += 1
            array[index], kept = value, array[index]
            try:
                return loss.evaluate()
            finally:
                array[index] = kept

        return evaluate_at

    started = perf_counter()
    checks = []
    for name, array in loss.arrays.items():
        entries = [
            judge(
                line_along(array, index),
                index,
                float(array[index]),
                float(gradients[name][index]),
                centre=centre,
                magnitude=magnitude,
                step=step,
                tolerance=tolerance,
            )
            for index in choose_entries(array.shape, counts[name], random, loss.read_rows(name))
        ]
        checks.append(summarise_entries(name, array.shape, array.size, entries))
    return GradientReport(tuple(checks), evaluations, perf_counter() - started, backward_seconds)
