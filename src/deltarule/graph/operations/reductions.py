"""Reductions over one axis or all: sum, mean, largest entry, log-sum-exp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.graph.operation import Operation, Sample
from deltarule.graph.shapes import Shape, without_axis
from deltarule.graph.signals import Array

__all__ = ["LogSumExp", "Max", "Mean", "Sum"]


@dataclass(frozen=True)
class Reduction(Operation):
    """An operation over one axis, or over all entries where `axis` is ``None``."""

    axis: int | None = None
    keepdims: bool = False

    def output_shape(self, x: Shape) -> Shape:
        """Drop the axis, or keep it with size 1."""
        return without_axis(x, self.axis, self.keepdims)

    def dropped(self, reduced: Array) -> Array:
        """Drop the reduced axis, now of size 1, unless it is to be kept."""
        return reduced if self.keepdims else reduced.squeeze(axis=self.axis)

    def spread(self, reduced: Array, x: Array) -> Array:
        """Stretch a reduced array over the axis again, as a view of the input's shape."""
        if self.axis is None:
            reduced = np.reshape(reduced, (1,) * x.ndim)
        elif not self.keepdims:
            reduced = np.expand_dims(reduced, self.axis)
        return np.broadcast_to(reduced, x.shape)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw over all entries, each axis, with and without keeping it."""
        x = random.normal(size=(3, 4))
        settings = [(None, False), (0, False), (-1, False), (1, True), (None, True)]
        return [(cls(axis, keepdims), [x]) for axis, keepdims in settings]


class Sum(Reduction):
    """f = Σ_i x_i; ∂f/∂x_i = 1."""

    name, symbol = "sum", "Σ"

    def forward(self, x: Array) -> Array:
        """Σ x."""
        return self.dropped(x.sum(axis=self.axis, keepdims=True))

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Give every entry the whole signal."""
        return (self.spread(signal, x),)


class Mean(Reduction):
    """f = (1/n) Σ_i x_i; ∂f/∂x_i = 1/n."""

    name = "mean"

    def forward(self, x: Array) -> Array:
        """Σ x / n."""
        return self.dropped(x.mean(axis=self.axis, keepdims=True))

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Give every entry 1/n of the signal."""
        count = x.size if self.axis is None else x.shape[self.axis]
        return (self.spread(signal / count, x),)


class Max(Reduction):
    """f = max_i x_i; the largest entry has local gradient 1, the others 0. At a tie (a kink), the first has it."""

    name, symbol = "max", "max"

    def forward(self, x: Array) -> Array:
        """Return the largest entry."""
        return self.dropped(x.max(axis=self.axis, keepdims=True))

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Give the whole signal to the first of the largest entries."""
        winners = np.zeros(x.shape, bool)
        if self.axis is None:
            winners.flat[x.argmax()] = True
        else:
            np.put_along_axis(winners, x.argmax(axis=self.axis, keepdims=True), True, self.axis)
        return (self.spread(signal, x) * winners,)

    def pieces(self, x: Array) -> Array:
        """Which entries are largest: two of them at a tie."""
        return np.equal(x, x.max(axis=self.axis, keepdims=True))


class LogSumExp(Reduction):
    """f = log Σ_i e^{x_i}; ∂f/∂x_i = softmax(x)_i."""

    name = "log_sum_exp"

    def forward(self, x: Array) -> Array:
        """log Σ eˣ; the largest entry is taken out first so that none overflows."""
        largest = x.max(axis=self.axis, keepdims=True)
        total = np.log(np.exp(x - largest).sum(axis=self.axis, keepdims=True)) + largest
        return self.dropped(total)

    def backward(self, signal: Array, output: Array, x: Array) -> tuple[Array]:
        """Share the signal out by softmax."""
        return (self.spread(signal, x) * np.exp(x - self.spread(output, x)),)
