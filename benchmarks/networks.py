"""The dense networks of the benchmarks, with made-up data and first values that all participants share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NETWORKS", "DenseNetwork"]

Array = NDArray[Any]


@dataclass(frozen=True)
class DenseNetwork:
    """A feed-forward network and the size of its batches.

    Attributes
    ----------
    sizes : numbers of inputs, of neurons of each hidden layer, of outputs
    activation : of hidden layers
    classes : whether the outputs are scores of classes, for a softmax; numbers, for a squared error, if not
    """

    sizes: tuple[int, ...]
    activation: str
    classes: bool
    batch: int
    learning_rate: float = 0.001

    @property
    def name(self) -> str:
        """The sizes, such as 64-100-10."""
        return "-".join(map(str, self.sizes))

    @classmethod
    def named(cls, name: str) -> DenseNetwork:
        """Return one of `NETWORKS`."""
        return next(network for network in NETWORKS if network.name == name)

    @property
    def activations(self) -> list[str]:
        """The activation function of each layer."""
        return [self.activation] * (len(self.sizes) - 2) + ["identity"]

    def data(self, batches: int = 50) -> tuple[Array, Array]:
        """Return made-up inputs (batches, batch, inputs), and their classes (batches, batch) or numbers (..., 1)."""
        random = np.random.default_rng(1)
        inputs = random.normal(size=(batches, self.batch, self.sizes[0])).astype(np.float32)
        if self.classes:
            return inputs, random.integers(0, self.sizes[-1], (batches, self.batch), dtype=np.int32)
        return inputs, random.normal(size=(batches, self.batch, self.sizes[-1])).astype(np.float32)

    def first_values(self) -> list[tuple[Array, Array]]:
        """Return the first weight (outputs, inputs) and bias of each layer."""
        random, values = np.random.default_rng(2), []
        for inputs, outputs in pairwise(self.sizes):
            weight = random.normal(scale=inputs**-0.5, size=(outputs, inputs))
            values.append((weight.astype(np.float32), np.zeros(outputs, np.float32)))
        return values


NETWORKS = (
    DenseNetwork((20, 8, 1), "sigmoid", classes=False, batch=32),
    DenseNetwork((64, 100, 10), "relu", classes=True, batch=200),
    DenseNetwork((784, 256, 128, 10), "relu", classes=True, batch=128),
)
