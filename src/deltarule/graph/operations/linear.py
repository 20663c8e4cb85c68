"""Linear maps: matrix products, the affine map z = W x + b of a layer, and the transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.errors import ShapeError
from deltarule.graph.operation import Operation, Sample
from deltarule.graph.shapes import Shape
from deltarule.graph.signals import Array

__all__ = ["Affine", "Linear", "MatMul", "Transpose"]


class MatMul(Operation):
    """f = A B for matrices and vectors; ∂J/∂A = δ Bᵀ, ∂J/∂B = Aᵀ δ."""

    name, symbol = "matmul", "@"

    def output_shape(self, a: Shape, b: Shape) -> Shape:
        """(m, n) @ (n, k) gives (m, k); a vector stands for one row on the left, one column on the right."""
        if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2):
            raise ShapeError("both must be vectors or matrices")
        if a[-1] != b[0]:
            raise ShapeError(f"the inner dimensions {a[-1]} and {b[0]} differ")
        return a[:-1] + b[1:]

    def forward(self, a: Array, b: Array) -> Array:
        """Return A B."""
        return np.asarray(a @ b)

    def backward(self, signal: Array, output: Array, a: Array, b: Array) -> tuple[Array, Array]:
        """δ Bᵀ, Aᵀ δ."""
        rows, columns = np.atleast_2d(a), b.reshape(b.shape[0], -1)
        delta = signal.reshape(rows.shape[0], columns.shape[1])
        return (delta @ columns.T).reshape(a.shape), (rows.T @ delta).reshape(b.shape)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw matrix @ matrix, matrix @ vector, vector @ matrix, vector @ vector."""
        shapes = [((3, 4), (4, 2)), ((3, 4), (4,)), ((4,), (4, 2)), ((4,), (4,))]
        return [(cls(), [random.normal(size=a), random.normal(size=b)]) for a, b in shapes]


class Linear(Operation):
    """z = W x for each row x; ∂J/∂x = Wᵀ δ, ∂J/∂W = δ xᵀ, summed over rows."""

    name, symbol = "linear", "W x"
    row_inputs = (0,)

    def output_shape(self, x: Shape, weight: Shape) -> Shape:
        """(..., n) with W of (m, n) gives (..., m)."""
        if len(x) < 1 or len(weight) != 2:
            raise ShapeError("the input must have at least one axis, and the weight two")
        if x[-1] != weight[1]:
            raise ShapeError(f"the input has {x[-1]} entries a row, but the weight (outputs, inputs) takes {weight[1]}")
        return (*x[:-1], weight[0])

    def forward(self, x: Array, weight: Array) -> Array:
        """W x."""
        return np.asarray(x @ weight.T)

    def backward(self, signal: Array, output: Array, x: Array, weight: Array) -> tuple[Array, ...]:
        """Wᵀ δ, δ xᵀ."""
        delta, rows = signal.reshape(-1, weight.shape[0]), x.reshape(-1, weight.shape[1])
        return signal @ weight, delta.T @ rows

    def follows_rows(self, position: int, output: Array, value: Array) -> bool:
        """Rows of a batch correspond; a single x has entries, all of which are used for all of z."""
        return position == 0 and value.ndim > 1

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw one row, a batch of rows, and rows of windows."""
        weight = random.normal(size=(3, 4))
        return [(cls(), [random.normal(size=shape), weight]) for shape in ((4,), (5, 4), (2, 5, 4))]


class Affine(Linear):
    """z = W x + b for each row x; ∂J/∂x = Wᵀ δ, ∂J/∂W = δ xᵀ, ∂J/∂b = δ, summed over rows."""

    name, symbol = "affine", "W x + b"

    def output_shape(self, x: Shape, weight: Shape, bias: Shape = ()) -> Shape:
        """(..., n) with W of (m, n) and b of (m,) gives (..., m)."""
        shape = super().output_shape(x, weight)
        if bias != weight[:1]:
            raise ShapeError(f"the bias must have the weight's {weight[0]} outputs")
        return shape

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """W x + b."""
        preactivation = super().forward(x, weight)
        preactivation += bias
        return preactivation

    def backward(
        self, signal: Array, output: Array, x: Array, weight: Array, bias: Array | None = None
    ) -> tuple[Array, ...]:
        """Wᵀ δ, δ xᵀ, δ."""
        return *super().backward(signal, output, x, weight), signal.reshape(-1, weight.shape[0]).sum(axis=0)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw as for `Linear`, with a bias."""
        return [(cls(), [*inputs, random.normal(size=3)]) for _, inputs in super().samples(random)]


class Transpose(Operation):
    """f = Aᵀ; ∂J/∂A = δᵀ. Axes are reversed, as NumPy does for more than two."""

    name, symbol = "transpose", "ᵀ"

    def output_shape(self, a: Shape) -> Shape:
        """Reverse the axes."""
        return a[::-1]

    def forward(self, a: Array) -> Array:
        """Aᵀ."""
        return np.transpose(a)

    def backward(self, signal: Array, output: Array, a: Array) -> tuple[Array]:
        """δᵀ."""
        return (np.transpose(signal),)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw a matrix, a vector and three axes."""
        return [(cls(), [random.normal(size=shape)]) for shape in ((3, 4), (4,), (2, 3, 4))]
