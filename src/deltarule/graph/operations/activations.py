"""Activation functions f, each with its derivative f′ beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.graph.operation import Elementwise, Operation, Sample
from deltarule.graph.shapes import Shape, normalise_axis
from deltarule.graph.signals import Array

__all__ = ["HardTanh", "LeakyReLU", "ReLU", "Sigmoid", "SoftSign", "Softmax", "Tanh"]


class Sigmoid(Elementwise):
    """f(z) = σ(z) = 1 / (1 + e⁻ᶻ); f′(z) = σ(z) (1 − σ(z))."""

    name, symbol = "sigmoid", "σ"

    def forward(self, z: Array) -> Array:
        """σ(z), from e^−|z|, which never overflows."""
        small = np.exp(-np.abs(z))
        return np.where(z < 0, small, 1) / (1 + small)

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """Signal × a (1 − a)."""
        return (signal * output * (1 - output),)


class Tanh(Elementwise):
    """f(z) = tanh z; f′(z) = 1 − tanh² z."""

    name = "tanh"

    def forward(self, z: Array) -> Array:
        """Hyperbolic tangent of z."""
        return np.tanh(z)

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """Signal × (1 − a²)."""
        return (signal * (1 - output * output),)


class HardTanh(Elementwise):
    """f(z) = z cut to [−1, 1]; f′(z) = 1 inside, 0 outside and at the kinks z = ±1."""

    name, symbol = "hard_tanh", "hard tanh"

    def forward(self, z: Array) -> Array:
        """Cut z to [−1, 1]."""
        return np.clip(z, -1, 1)

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """Signal × 1 inside (−1, 1)."""
        return (signal * (np.abs(z) < 1),)

    def pieces(self, z: Array) -> Array:
        """Below, at, between and above the two kinks."""
        return np.sign(z - 1) + np.sign(z + 1)


class SoftSign(Elementwise):
    """f(z) = z / (1 + |z|); f′(z) = 1 / (1 + |z|)², smooth at 0 too."""

    name, symbol = "soft_sign", "soft sign"

    def forward(self, z: Array) -> Array:
        """Return z / (1 + |z|)."""
        return np.divide(z, 1 + np.abs(z))

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """Signal × 1 / (1 + |z|)²."""
        return (signal / (1 + np.abs(z)) ** 2,)


class ReLU(Elementwise):
    """f(z) = max(0, z); f′(z) = 1 for z > 0, else 0, also at the kink z = 0."""

    name, symbol = "relu", "ReLU"

    def forward(self, z: Array) -> Array:
        """Return max(0, z)."""
        return np.maximum(z, 0)

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """Signal × [z > 0]."""
        return (signal * (z > 0),)

    def pieces(self, z: Array) -> Array:
        """Side of zero."""
        return np.sign(z)


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """f(z) = z for z > 0, else k z; f′(z) = 1 for z > 0, else k (0 < k < 1), also at the kink z = 0."""

    slope: float = 0.01
    name, symbol = "leaky_relu", "leaky ReLU"

    def forward(self, z: Array) -> Array:
        """Return z or k z."""
        return np.where(z > 0, z, z * self.slope)

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """Signal × 1 or k."""
        return (np.where(z > 0, signal, signal * self.slope),)

    def pieces(self, z: Array) -> Array:
        """Side of zero."""
        return np.sign(z)


@dataclass(frozen=True)
class Softmax(Operation):
    """f(z)_i = e^{z_i} / Σ_j e^{z_j} along an axis; ∂f_i/∂z_j = f_i ([i = j] − f_j)."""

    axis: int = -1
    name = "softmax"
    row_inputs = (0,)

    def output_shape(self, z: Shape) -> Shape:
        """Keep the input's shape."""
        normalise_axis(z, self.axis)
        return z

    def forward(self, z: Array) -> Array:
        """Exponentials, scaled to sum to 1; the largest is taken out first so that none overflows."""
        exponentials = np.exp(z - z.max(axis=self.axis, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=self.axis, keepdims=True))

    def backward(self, signal: Array, output: Array, z: Array) -> tuple[Array]:
        """f ∘ (signal − Σ_i signal_i f_i)."""
        return (output * (signal - (signal * output).sum(axis=self.axis, keepdims=True)),)

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Rows are on their own unless they are what is normalised over."""
        return self.axis % value.ndim != 0

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw along the last and the first axis."""
        z = random.normal(size=(3, 4))
        return [(cls(), [z]), (cls(axis=0), [z]), (cls(), [z[0]])]
