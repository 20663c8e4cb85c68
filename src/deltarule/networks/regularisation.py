"""Penalties on parameters, added to an objective."""

from __future__ import annotations

from collections.abc import Iterable

from deltarule.errors import InputError
from deltarule.graph import Node, Parameter
from deltarule.graph.functions import constant, sum

__all__ = ["l2_penalty"]


def l2_penalty(parameters: Iterable[Parameter], strength: float) -> Node:
    """Return (λ/2) Σ ‖W‖² over the parameters with two axes: weights, not biases.

    Parameters
    ----------
    parameters : parameters to keep small; those with one axis are left out
    strength : λ, at least 0

    Returns
    -------
    Node
        A scalar whose gradient at W is λ W.
    """
    if strength < 0:
        raise InputError(f"the L2 strength must be at least 0, not {strength}")
    penalty: Node = constant(0.0)
    for weight in parameters:
        if len(weight.shape) == 2:
            penalty = penalty + 0.5 * strength * sum(weight * weight)
    return penalty.named("L2 penalty")
