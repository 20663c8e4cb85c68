"""The affine map of windows, factorised: what windows share is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.errors import ShapeError
from deltarule.graph.operation import Operation, Sample
from deltarule.graph.operations.arrangement import check_ids
from deltarule.graph.shapes import Shape, format_shape
from deltarule.graph.signals import Array, Signal, sum_rows

__all__ = ["WindowAffine"]


class WindowAffine(Operation):
    """z_t = b + Σ_p W_p x_{i(t, p)}: W x + b for the vectors of each window t laid end to end, W = [W_1 … W_k].

    A vector that stands in many windows, or in several places of them, is multiplied with each W_p once, and windows
    then add up rows of these products. The value and the gradients are those of a row lookup, a reshape and `Affine`,
    for fewer multiplications: in text, words recur.
    """

    name, symbol = "window_affine", "Σ W x + b"
    row_inputs = (1,)
    integer_inputs = (1,)

    def output_shape(self, vectors: Shape, positions: Shape, weight: Shape, bias: Shape) -> Shape:
        """Vectors (n, d), windows of ids (batch, k), W of (m, k d) and b of (m,) give (batch, m)."""
        if len(vectors) != 2 or len(positions) != 2 or len(weight) != 2:
            raise ShapeError("the vectors, the windows and the weight must have two axes each")
        size, dimension = positions[1], vectors[1]
        if isinstance(size, str) or isinstance(dimension, str) or weight[1] != size * dimension:
            raise ShapeError(
                f"windows of {size} vectors of {dimension} numbers do not fit the weight {format_shape(weight)}"
            )
        if bias != weight[:1]:
            raise ShapeError(f"the bias must have the weight's {weight[0]} outputs")
        return (positions[0], weight[0])

    def forward(self, vectors: Array, positions: Array, weight: Array, bias: Array) -> Array:
        """Multiply each vector with every W_p, then add up the products that each window needs."""
        check_ids(positions, len(vectors), "ids of a window")
        size, outputs = positions.shape[1], len(weight)
        products = (vectors @ _side_by_side(weight, size)).reshape(-1, outputs)  # row i k + p is W_p x_i
        preactivation = products[positions[:, 0] * size]
        for place in range(1, size):
            preactivation += products[positions[:, place] * size + place]
        preactivation += bias
        return preactivation

    def backward(
        self, signal: Array, output: Array, vectors: Array, positions: Array, weight: Array, bias: Array
    ) -> tuple[Signal | None, ...]:
        """Collect the signals of each product, then Wᵀ δ and δ xᵀ as in `Affine`."""
        size, outputs = positions.shape[1], len(weight)
        if len(positions) < len(vectors):  # few windows have a signal: less work one by one than vector by vector
            windows = vectors[positions].reshape(len(positions), weight.shape[1])
            shared = (signal @ weight).reshape(positions.size, vectors.shape[1])
            return sum_rows(positions.ravel(), shared, len(vectors)), None, signal.T @ windows, signal.sum(axis=0)
        collected = sum_rows(positions * size + np.arange(size), signal, len(vectors) * size).reshape(len(vectors), -1)
        gradient = (vectors.T @ collected).reshape(-1, size, outputs).transpose(2, 1, 0).reshape(weight.shape)
        return collected @ _side_by_side(weight, size).T, None, gradient, signal.sum(axis=0)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw windows of one, three and five, in which vectors recur."""
        samples: list[Sample] = []
        for size in (1, 3, 5):
            vectors, positions = random.normal(size=(4, 2)), random.integers(0, 4, (6, size))
            samples.append((cls(), [vectors, positions, random.normal(size=(3, 2 * size)), random.normal(size=3)]))
        return samples


def _side_by_side(weight: Array, size: int) -> Array:
    """Lay the transposed W_p side by side, of shape (d, k m), for one product with all of them."""
    outputs = len(weight)
    return weight.reshape(outputs, size, -1).transpose(2, 1, 0).reshape(-1, size * outputs)
