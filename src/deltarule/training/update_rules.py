"""Update rules: how a gradient changes a parameter. Each works on whole arrays and on the rows that have a gradient.

On sparse rows a rule touches only those rows of the parameter and of its own state: what it remembers of a row stands
still while the row has no gradient.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deltarule.errors import InputError
from deltarule.graph import Array, RowSignal, Signal

__all__ = ["SGD", "AdaGrad", "Adam", "AdamW", "Momentum", "Nesterov", "RMSProp", "State", "UpdateRule", "update_rule"]

State = dict[str, Array]


@dataclass(frozen=True)
class UpdateRule(ABC):
    """A rule θ ← θ − (change); α is the learning rate at the step, ∇ the gradient.

    Parameters
    ----------
    learning_rate : α before a schedule scales it
    """

    learning_rate: float = 0.01
    remembers: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not self.learning_rate > 0:
            raise InputError(f"the learning rate must be above 0, not {self.learning_rate}")

    def initial_state(self, value: Array) -> State:
        """Return what the rule remembers of a parameter: arrays of zeros of its shape."""
        return {name: np.zeros_like(value) for name in self.remembers}

    def apply(self, value: Array, gradient: Signal, state: State, rate: float, step: int) -> None:
        """Update a parameter in place, on all entries or on the rows that have a gradient.

        Parameters
        ----------
        value, state : the parameter and what the rule remembers of it; both are changed
        gradient : its gradient, whole or as rows
        rate : learning rate at this step
        step : number of this step, from 1
        """
        if not isinstance(gradient, RowSignal):
            self.update(value, gradient, state, rate, step)
            return
        distinct = gradient.distinct()
        rows = distinct.rows
        taken, taken_state = value[rows], {name: array[rows] for name, array in state.items()}
        self.update(taken, distinct.values, taken_state, rate, step)
        value[rows] = taken
        for name, array in taken_state.items():
            state[name][rows] = array

    @abstractmethod
    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Update whole arrays in place."""


@dataclass(frozen=True)
class SGD(UpdateRule):
    """Gradient descent: θ ← θ − α ∇."""

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Take one step down the gradient."""
        value -= rate * gradient


@dataclass(frozen=True)
class Momentum(UpdateRule):
    """v ← μ v + ∇; θ ← θ − α v (Polyak 1964)."""

    momentum: float = 0.9
    remembers = ("velocity",)

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Take one step along the velocity."""
        velocity = state["velocity"]
        velocity *= self.momentum
        velocity += gradient
        value -= rate * velocity


@dataclass(frozen=True)
class Nesterov(UpdateRule):
    """v ← μ v + ∇; θ ← θ − α (∇ + μ v): momentum that looks ahead (Nesterov 1983, as in Sutskever et al. 2013)."""

    momentum: float = 0.9
    remembers = ("velocity",)

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Take one step along the velocity as it will be."""
        velocity = state["velocity"]
        velocity *= self.momentum
        velocity += gradient
        value -= rate * (gradient + self.momentum * velocity)


@dataclass(frozen=True)
class AdaGrad(UpdateRule):
    """g ← g + ∇²; θ ← θ − α ∇ / (√g + ε) (Duchi et al. 2011)."""

    epsilon: float = 1e-10
    remembers = ("squares",)

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Take a step that shrinks with the squares seen so far."""
        squares = state["squares"]
        squares += gradient * gradient
        value -= rate * gradient / (np.sqrt(squares) + self.epsilon)


@dataclass(frozen=True)
class RMSProp(UpdateRule):
    """g ← ρ g + (1 − ρ) ∇²; θ ← θ − α ∇ / (√g + ε) (Tieleman and Hinton 2012)."""

    decay: float = 0.99
    epsilon: float = 1e-8
    remembers = ("squares",)

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Take a step scaled by recent squares."""
        squares = state["squares"]
        squares *= self.decay
        squares += (1 - self.decay) * gradient * gradient
        value -= rate * gradient / (np.sqrt(squares) + self.epsilon)


@dataclass(frozen=True)
class Adam(UpdateRule):
    """m ← β₁ m + (1 − β₁) ∇; v ← β₂ v + (1 − β₂) ∇²; θ ← θ − α m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).

    Source: Kingma and Ba 2015. On rows, t counts the steps of training, not those of the row.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    remembers = ("mean", "squares")

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Take a step along the mean gradient, scaled by its root mean square."""
        mean, squares = state["mean"], state["squares"]
        mean *= self.beta1
        mean += (1 - self.beta1) * gradient
        squares *= self.beta2
        squares += (1 - self.beta2) * (gradient * gradient)
        scale = np.asarray(np.sqrt(squares))  # which is no array for a scalar parameter
        scale *= 1 / np.sqrt(1 - self.beta2**step)
        scale += self.epsilon
        np.divide(mean, scale, out=scale)
        scale *= rate / (1 - self.beta1**step)
        value -= scale


@dataclass(frozen=True)
class AdamW(Adam):
    """θ ← θ − α λ θ, then Adam's step: weight decay kept apart from the gradient (Loshchilov and Hutter 2019)."""

    weight_decay: float = 0.01

    def update(self, value: Array, gradient: Array, state: State, rate: float, step: int) -> None:
        """Shrink the parameter, then step as Adam does."""
        value *= 1 - rate * self.weight_decay
        super().update(value, gradient, state, rate, step)


UPDATE_RULES: dict[str, type[UpdateRule]] = {
    rule.__name__.lower(): rule for rule in (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW)
}


def update_rule(name: str, learning_rate: float | None = None) -> UpdateRule:
    """Return the update rule of a name: "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam" or "adamw"."""
    if name.lower() not in UPDATE_RULES:
        raise InputError(f"unknown update rule {name!r}; choose one of: {', '.join(UPDATE_RULES)}")
    rule = UPDATE_RULES[name.lower()]
    return rule() if learning_rate is None else rule(learning_rate)
