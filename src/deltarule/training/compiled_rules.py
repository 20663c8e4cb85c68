"""Update rules as kernels know them: a number, and the settings of a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deltarule.execution.program import address
from deltarule.graph import Array
from deltarule.kernels import instructions as do
from deltarule.training.schedules import ConstantRate, Schedule
from deltarule.training.update_rules import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp, UpdateRule

__all__ = ["SettingsAhead", "rule_number", "rule_settings"]

_AHEAD, _AHEAD_AT_ONE_RATE = 256, 2048  # steps
_ROUNDED_OFF = 40  # e to the power of less than minus that is rounded off where it is taken from 1
Settings = tuple[Any, ...]


def _adam(rule: Adam, rate: float, step: int, shrink: float = 1.0) -> Settings:
    """Return the rate with the correction of the first mean, the decays, the correction of the second, ε."""
    corrected = rate / (1 - _power(rule.beta1, step))
    return corrected, rule.beta1, rule.beta2, (1 - _power(rule.beta2, step)) ** -0.5, rule.epsilon, shrink


def _power(decay: float, step: Any) -> Any:
    """Return a decay to the power of a step, or of one so late already that 1 less the power is 1.

    Numbers too small for a float64 take a hundred times as long to find as others.
    """
    if 0 < decay < 1:
        step = np.minimum(step, math.ceil(-_ROUNDED_OFF / math.log(decay)))
    return decay**step


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


class SettingsAhead:
    """What kernels have to know of coming steps, found for many at once, as that takes hardly longer than for one.

    Parameters
    ----------
    rule, schedule : of the training
    steps : of the whole training
    """

    def __init__(self, rule: UpdateRule, schedule: Schedule, steps: int) -> None:
        self.rule, self.schedule, self.steps = rule, schedule, steps
        self._one_rate = schedule == ConstantRate()
        self._ahead = _AHEAD_AT_ONE_RATE if self._one_rate else _AHEAD
        self._first, self._rows, self._begin = 0, np.zeros((0, 8)), 0

    def address_of(self, step: int, count: int = 1) -> int:
        """Return where the settings of a step lie, and those of the steps after it, until others are asked for.

        Each has eight numbers; the first step of a training has the number 0.
        """
        at = self._find(step, count)
        return self._begin + 64 * at

    def _find(self, step: int, count: int) -> int:
        """Return the row of a step, once there are rows for it and those after it."""
        at = step - self._first
        if at < 0 or at + count > len(self._rows):
            self._first, self._rows, at = step, self._found(step, max(count, self._ahead)), 0
            self._begin = address(self._rows)
        return at

    def _found(self, first: int, count: int) -> Array:
        factors = [self.schedule.factor(first + i, self.steps) for i in range(1 if self._one_rate else count)]
        settings, numbers = np.zeros((count, 8)), np.arange(first + 1, first + count + 1)
        rates = self.rule.learning_rate * np.array(factors)
        for column, values in enumerate(rule_settings(self.rule, rates, numbers)):
            settings[:, column] = values
        return settings
