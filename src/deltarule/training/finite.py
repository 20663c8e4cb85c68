"""Losses and gradients that are no longer finite: refused, with where the first bad number came from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deltarule.errors import NonFiniteError
from deltarule.execution.reference import Run
from deltarule.graph import Node, Parameter, Signal
from deltarule.training.clipping import squared_norm

__all__ = ["finite_loss", "first_non_finite", "refuse_gradients"]


def finite_loss(run: Run, loss: Node, step: int) -> float:
    """Return the loss of a step, or refuse it."""
    value = float(run.values[loss])
    if not np.isfinite(value):
        raise NonFiniteError(f"the loss became {value} at step {step}: {_where(run)}")
    return value


def refuse_gradients(run: Run, gradients: Mapping[Parameter, Signal], largest: float, step: int) -> None:
    """Refuse gradients that are not finite, or whose squared norm is above the largest."""
    for parameter, gradient in gradients.items():
        squared = squared_norm(gradient)
        if np.isfinite(squared) and squared <= largest:
            continue
        became = f"the gradient of {parameter.label!r} became infinite or NaN at step {step}"
        if first_non_finite(run) is not None:
            raise NonFiniteError(f"{became}: {_where(run)}")
        raise NonFiniteError(f"{became}; lower the learning rate, or clip gradients by norm")


def first_non_finite(run: Run) -> Node | None:
    """Return the first node, in the order of computation, whose value has a NaN or an infinity."""
    return next((node for node in run.order if not np.isfinite(run.values[node]).all()), None)


def _where(run: Run) -> str:
    """Say where a bad value came from and what to do about it."""
    node = first_non_finite(run)
    if node is None or node.operation is not None:
        return f"it first appeared in {node!r}; lower the learning rate, or clip gradients by norm"
    return f"it was already in {node.label!r}; look for bad numbers in the data or the first values of parameters"
