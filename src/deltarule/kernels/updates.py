"""Update rules on arrays, in one pass over the parameter, its gradient and what the rule remembers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64

from deltarule.kernels.compiled import inlined
from deltarule.kernels.instructions import ADAGRAD, MOMENTUM, NESTEROV, RMSPROP, SGD

__all__ = ["squared_norm", "update"]


@inlined
def squared_norm(x: Any) -> float:
    """Return Σ x²; in double precision, as squares overflow single precision long before x does."""
    total = float64(0)
    for i in range(len(x)):
        total += float64(x[i]) * float64(x[i])
    return total


@inlined
def update(rule: int, value: Any, gradient: Any, first: Any, second: Any, scale: float, settings: Any) -> None:
    """Take one step of a rule; its formulas are those of the update rules in NumPy.

    Parameters
    ----------
    value, gradient : the parameter, changed in place, and its gradient
    first, second : what the rule remembers, changed in place; empty where it remembers less
    scale : factor of the gradient, below 1 where gradients are clipped
    settings : learning rate, then the settings of the rule
    """
    n, g = len(value), float32(scale)
    rate, a, b = float32(settings[0]), float32(settings[1]), float32(settings[2])
    rest_a, rest_b = float32(1 - settings[1]), float32(1 - settings[2])
    if rule == SGD:
        for i in range(n):
            value[i] -= rate * (gradient[i] * g)
    elif rule == MOMENTUM:  # a: momentum
        for i in range(n):
            first[i] = a * first[i] + gradient[i] * g
            value[i] -= rate * first[i]
    elif rule == NESTEROV:
        for i in range(n):
            first[i] = a * first[i] + gradient[i] * g
            value[i] -= rate * (gradient[i] * g + a * first[i])
    elif rule == ADAGRAD:  # a: epsilon
        for i in range(n):
            own = gradient[i] * g
            first[i] += own * own
            value[i] -= rate * own / (np.sqrt(first[i]) + a)
    elif rule == RMSPROP:  # a: decay, b: epsilon
        for i in range(n):
            own = gradient[i] * g
            first[i] = a * first[i] + rest_a * own * own
            value[i] -= rate * own / (np.sqrt(first[i]) + b)
    else:  # Adam. a, b: decay of the means; the rate holds the correction of the first mean
        correction, epsilon = float32(settings[3]), float32(settings[4])
        shrink = float32(settings[5])  # 1, or less for the weight decay of AdamW
        for i in range(n):
            own = gradient[i] * g
            first[i] = a * first[i] + rest_a * own
            second[i] = b * second[i] + rest_b * (own * own)
            value[i] = value[i] * shrink - rate * first[i] / (np.sqrt(second[i]) * correction + epsilon)
