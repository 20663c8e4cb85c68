"""Update rules as kernels know them: a number, and the settings of a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deltarule.kernels import instructions as do
from deltarule.graph import Array
from deltarule.training.update_rules import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp, UpdateRule

__all__ = ["rule_number", "rule_settings", "settings_of_steps"]

Settings = tuple[Any, ...]


def _adam(rule: Adam, rate: float, step: int, shrink: float = 1.0) -> Settings:
    """Return the rate with the correction of the first mean, the decays, the correction of the second, ε."""
    corrected = rate / (1 - rule.beta1**step)
    return corrected, rule.beta1, rule.beta2, (1 - rule.beta2**step) ** -0.5, rule.epsilon, shrink


# By the very type: a class derived from one of these may do anything.
_COMPILED: dict[type[UpdateRule], tuple[int, Callable[[Any, float, int], Settings]]] = {
    SGD: (do.SGD, lambda rule, rate, step: (rate,)),
    Momentum: (do.MOMENTUM, lambda rule, rate, step: (rate, rule.momentum)),
    Nesterov: (do.NESTEROV, lambda rule, rate, step: (rate, rule.momentum)),
    AdaGrad: (do.ADAGRAD, lambda rule, rate, step: (rate, rule.epsilon)),
    RMSProp: (do.RMSPROP, lambda rule, rate, step: (rate, rule.decay, rule.epsilon)),
    Adam: (do.ADAM, _adam),
    AdamW: (do.ADAM, lambda rule, rate, step: _adam(rule, rate, step, 1 - rate * rule.weight_decay)),
}


def rule_number(rule: UpdateRule) -> int | None:
    """Return the number of a rule, or ``None`` for one that has no kernel."""
    return _COMPILED[type(rule)][0] if type(rule) in _COMPILED else None


def rule_settings(rule: UpdateRule, rate: Any, step: Any) -> Settings:
    """Return what a kernel has to know for a step, or arrays of it for many: the rate, then other settings."""
    return _COMPILED[type(rule)][1](rule, rate, step)


def settings_of_steps(rule: UpdateRule, rates: Any, first: int, count: int) -> Array:
    """Return what a kernel has to know of each of many steps, (steps, 8).

    Parameters
    ----------
    rates : learning rate of each step, or of all
    first : number of the first step, from 1
    """
    settings = np.zeros((count, 8))
    for column, values in enumerate(rule_settings(rule, rates, np.arange(first, first + count))):
        settings[:, column] = values
    return settings
