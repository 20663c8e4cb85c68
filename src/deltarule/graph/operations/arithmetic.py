"""Arithmetic on each entry: + − × ÷, powers, exponential, logarithm, absolute value, maximum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.graph.operation import Elementwise, Sample
from deltarule.graph.signals import Array

__all__ = ["Absolute", "Add", "Divide", "Exp", "Log", "Maximum", "Multiply", "Negate", "Power", "Subtract"]


class Add(Elementwise):
    """f = x + y; ∂f/∂x = 1, ∂f/∂y = 1."""

    name, symbol, arity = "add", "+", 2

    def forward(self, x: Array, y: Array) -> Array:
        """x + y."""
        return np.add(x, y)

    def backward(self, signal: Array, output: Array, x: Array, y: Array) -> tuple[Array, Array]:
        """Pass the signal on to both."""
        return signal, signal


class Subtract(Elementwise):
    """f = x − y; ∂f/∂x = 1, ∂f/∂y = −1."""

    name, symbol, arity = "subtract", "−", 2

    def forward(self, x: Array, y: Array) -> Array:
        """x − y."""
        return np.subtract(x, y)

    def backward(self, signal: Array, output: Array, x: Array, y: Array) -> tuple[Array, Array]:
        """Signal × 1, signal × −1."""
        return signal, 0 - signal  # not -signal, which shows a signal of 0 as -0.0


class Multiply(Elementwise):
    """f = x y; ∂f/∂x = y, ∂f/∂y = x."""

    name, symbol, arity = "multiply", "×", 2

    def forward(self, x: Array, y: Array) -> Array:
        """Return x × y."""
        return np.multiply(x, y)

    def backward(self, signal: Array, output: Array, x: Array, y: Array) -> tuple[Array, Array]:
        """Signal × y, signal × x."""
        return signal * y, signal * x


class Divide(Elementwise):
    """f = x / y; ∂f/∂x = 1/y, ∂f/∂y = −f/y."""

    name, symbol, arity = "divide", "÷", 2

    def forward(self, x: Array, y: Array) -> Array:
        """x ÷ y."""
        return np.divide(x, y)

    def backward(self, signal: Array, output: Array, x: Array, y: Array) -> tuple[Array, Array]:
        """Signal × 1/y, signal × −f/y."""
        return signal / y, -signal * output / y

    @classmethod
    def draw(cls, random: Any, shape: tuple[int, ...]) -> Array:
        """Draw away from a division by zero."""
        drawn: Array = random.uniform(0.5, 2, shape) * random.choice([-1, 1], shape)
        return drawn


class Negate(Elementwise):
    """f = −x; ∂f/∂x = −1."""

    name, symbol = "negate", "−"

    def forward(self, x: Array) -> Array:
        """−x."""
        return np.negative(x)

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Signal × −1."""
        return (0 - signal,)


@dataclass(frozen=True)
class Power(Elementwise):
    """f = xᵖ for a number p; ∂f/∂x = p xᵖ⁻¹."""

    exponent: float = 2.0
    name, symbol = "power", "^"

    def forward(self, x: Array) -> Array:
        """xᵖ."""
        return np.power(x, self.exponent)

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Signal × p xᵖ⁻¹."""
        if self.exponent == 0:
            return (np.zeros_like(signal),)
        return (signal * self.exponent * np.power(x, self.exponent - 1),)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw whole, fractional and negative exponents, with positive bases where they must be."""
        positive = random.uniform(0.5, 2, (3, 4))
        signed = random.normal(size=(3, 4)) + 3 * random.choice([-1, 1], (3, 4))
        whole: list[Sample] = [(cls(p), [signed]) for p in (0.0, 1.0, 2.0, 3.0, -2.0)]
        return whole + [(cls(p), [positive]) for p in (0.5, -1.5, 2.7)]


class Exp(Elementwise):
    """f = eˣ; ∂f/∂x = f."""

    name = "exp"

    def forward(self, x: Array) -> Array:
        """eˣ."""
        return np.exp(x)

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Signal × f."""
        return (signal * output,)


class Log(Elementwise):
    """f = log x; ∂f/∂x = 1/x."""

    name = "log"

    def forward(self, x: Array) -> Array:
        """Natural logarithm of x."""
        return np.log(x)

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Signal × 1/x."""
        return (signal / x,)

    @classmethod
    def draw(cls, random: Any, shape: tuple[int, ...]) -> Array:
        """Draw positive numbers."""
        drawn: Array = random.uniform(0.5, 3, shape)
        return drawn


class Absolute(Elementwise):
    """f = |x|; ∂f/∂x = sign x, taken as 0 at the kink x = 0."""

    name, symbol = "absolute", "|·|"

    def forward(self, x: Array) -> Array:
        """Return |x|."""
        return np.abs(x)

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Signal × sign x."""
        return (signal * np.sign(x),)

    def pieces(self, x: Array) -> Array:
        """Side of zero."""
        return np.sign(x)


class Maximum(Elementwise):
    """f = max(x, y); the larger has local gradient 1, the other 0. At the kink x = y, it goes to x.

    So max(0, Δ + s_c − s) sends no signal where the margin is exactly kept.
    """

    name, symbol, arity = "maximum", "max", 2

    def forward(self, x: Array, y: Array) -> Array:
        """Return the larger of x and y."""
        return np.maximum(x, y)

    def backward(self, signal: Array, output: Array, x: Array, y: Array) -> tuple[Array, Array]:
        """Send the signal to the larger."""
        first = np.greater_equal(x, y)
        return signal * first, signal * ~first

    def pieces(self, x: Array, y: Array) -> Array:
        """Which of the two is larger."""
        return np.sign(x - y)
