"""The comparison itself: every chosen entry judged, every wrong gradient given its likely cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from time import perf_counter

import numpy as np

from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.diagnosis import Cause, Evidence, diagnose
from deltarule.checking.differences import FLOAT64, Evaluation, Line, Precision
from deltarule.checking.report import GradientReport, ParameterCheck, summarise_entries
from deltarule.checking.sampling import ENTRIES, choose_entries, entries_each
from deltarule.checking.verdict import judge
from deltarule.errors import InputError, NonFiniteError
from deltarule.graph import Array

__all__ = ["compare"]

REPETITIONS = 4
"""How often a loss with a wrong gradient is computed again, to see whether it is always the same."""


def compare(
    loss: CheckedLoss,
    *,
    sample: int | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    step: float | None = None,
    precision: Precision = FLOAT64,
    most: int = ENTRIES,
) -> GradientReport:
    """Judge the chosen entries of every array, and take the time.

    Parameters
    ----------
    loss : what to check
    sample, seed : entries to check in each array, and the seed that draws them; by default `most` in total
    tolerance, step : by default those of the precision
    precision : that the loss is computed in
    """
    if not loss.arrays:
        raise InputError("there is nothing to check: no parameters, and no inputs of numbers")
    tolerance = precision.tolerance if tolerance is None else tolerance
    centre = loss.evaluate().loss
    if not isfinite(centre):
        raise NonFiniteError(f"the loss is {centre} at this point; check the gradient where the loss is finite")
    started = perf_counter()
    gradients = loss.gradients()
    backward_seconds = perf_counter() - started
    magnitude = max(loss.magnitude(), abs(centre))
    _require_same_again(loss, centre, precision.noise(magnitude, 1.0), times=1)
    random = np.random.default_rng(seed)
    sizes = {name: array.size for name, array in loss.arrays.items()}
    counts = entries_each(sizes, most) if sample is None else dict.fromkeys(sizes, sample)
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
                step=precision.step if step is None else step,
                tolerance=tolerance,
                precision=precision,
            )
            for index in choose_entries(array.shape, counts[name], random, loss.read_rows(name))
        ]
        checks.append(summarise_entries(name, array.shape, array.size, entries))
    seconds = perf_counter() - started
    if any(check.wrong or check.kinks for check in checks):
        _require_same_again(loss, centre, precision.noise(magnitude, 1.0), times=REPETITIONS)
        _require_same_gradient(loss, gradients, tolerance)
        checks = _diagnosed(loss, checks, gradients, tolerance, precision)
    return GradientReport(tuple(checks), evaluations, seconds, backward_seconds, loss.note)


def _require_same_again(loss: CheckedLoss, centre: float, noise: float, times: int) -> None:
    """Refuse a loss that differs from call to call, which says nothing about its gradient."""
    for _ in range(times):
        again = loss.evaluate().loss
        if not abs(again - centre) <= noise:
            raise InputError(
                f"the function is not deterministic: two calls at the same point gave {centre:.8g} and {again:.8g}, so"
                " differences say nothing about its gradient; seed whatever it draws anew at each call"
            )


def _require_same_gradient(loss: CheckedLoss, gradients: Mapping[str, Array], tolerance: float) -> None:
    """Refuse a gradient that differs from call to call."""
    for name, again in loss.gradients().items():
        if not np.allclose(again, gradients[name], rtol=tolerance, atol=1e-300, equal_nan=True):
            raise InputError(f"the gradient of {name} is not deterministic: two calls at the same point differ")


def _diagnosed(
    loss: CheckedLoss,
    checks: list[ParameterCheck],
    gradients: Mapping[str, Array],
    tolerance: float,
    precision: Precision,
) -> list[ParameterCheck]:
    """Give each wrong gradient its likely cause."""
    evidence = {check.name: _evidence(check, loss.arrays[check.name], gradients, tolerance) for check in checks}
    sizes = _sizes(loss.arrays)
    numeric = {name: found.numeric for name, found in evidence.items()}
    guilty: dict[str, Cause | None] = {}  # operations, checked once each

    def cause_of(check: ParameterCheck) -> Cause | None:
        others = {name: array for name, array in numeric.items() if name != check.name}
        found = replace(evidence[check.name], sizes=sizes, others=others)
        operation = _guilty_operation(loss, check.name, guilty)
        moved = (lambda move: loss.moved(check.name, move)) if precision == FLOAT64 else None
        return operation or diagnose(found, moved)

    return [replace(check, cause=cause_of(check)) if check.wrong else check for check in checks]


def _evidence(check: ParameterCheck, point: Array, gradients: Mapping[str, Array], tolerance: float) -> Evidence:
    """Gather what was measured; kinks say nothing."""
    numeric, noise = np.full(point.shape, np.nan), np.zeros(point.shape)
    for entry in check.entries:
        noise[entry.index] = entry.noise
        if entry.verdict != "kink":
            numeric[entry.index] = entry.numeric
    return Evidence(check.name, point, np.asarray(gradients[check.name], np.float64), numeric, noise, tolerance)


def _sizes(arrays: Mapping[str, Array]) -> dict[int, str]:
    """Say for each size above 1 what has it: batches before others."""
    sizes: dict[int, str] = {}
    for axis in range(max((array.ndim for array in arrays.values()), default=0)):
        for name, array in reversed([*arrays.items()]):
            if axis < array.ndim and array.shape[axis] > 1:
                sizes.setdefault(array.shape[axis], f"the size of axis {axis} of {name}")
    for name, array in arrays.items():
        if array.size > 1:
            sizes.setdefault(array.size, f"the number of entries of {name}")
    return sizes


def _guilty_operation(loss: CheckedLoss, name: str, guilty: dict[str, Cause | None]) -> Cause | None:
    """Check the operations between an array and the loss one by one; the first wrong one is the cause."""
    for label, operation in loss.operations(name).items():
        if label not in guilty:
            guilty[label] = _local_cause(label, operation)
        if (cause := guilty[label]) is not None:
            return cause
    return None


def _local_cause(label: str, operation: CheckedLoss) -> Cause | None:
    """Say what is wrong with an operation's local gradient, if something is."""
    try:
        wrong = [check for check in compare(operation, most=1000) if check.wrong]
    except (InputError, NonFiniteError):
        return None
    if not wrong:
        return None
    cause = wrong[0].cause
    text = f"the local gradient of {label} by its {wrong[0].name} is wrong"
    return Cause("operation", text) if cause is None else Cause(cause.form, f"{text}: {cause.text}")
