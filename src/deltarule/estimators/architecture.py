"""The network of an estimator: columns side by side, hidden layers, outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deltarule.graph import Input, Node, Parameter
from deltarule.graph.functions import concatenate, dropout, sparse_affine
from deltarule.networks import Dense, Lookup, Network
from deltarule.networks.activations import activation_function
from deltarule.networks.initialisation import initialisation_for

__all__ = ["Architecture", "hidden_sizes"]

_SCALE = 0.5  # of first vectors of categories, beside numbers of about unit variance


@dataclass(frozen=True)
class Architecture:
    """All that decides the shape of a network.

    Attributes
    ----------
    numbers : columns of numbers
    categories : for each categorical column, how many values it has
    sparse : whether inputs are sparse rows
    hidden : neurons of each hidden layer
    activation : of hidden layers
    dropout : rate, behind each hidden layer
    outputs : neurons of the last layer
    embedding : dimension of the vectors of categories; about half as many as there are values, at most 50, for ``None``
    """

    numbers: int
    categories: tuple[int, ...]
    sparse: bool
    hidden: tuple[int, ...]
    activation: str
    dropout: float
    outputs: int
    embedding: int | None = None

    def network(self, seed: int = 0) -> Network:
        """Build the network, with first values drawn by a seed."""
        random = np.random.default_rng(seed)
        node, width = (None, self.numbers) if self.sparse else self._side_by_side(random)
        sizes = (width, *self.hidden, self.outputs)
        for number, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            last = number == len(sizes) - 1
            name, activation = ("output", "identity") if last else (f"hidden{number}", self.activation)
            if node is None:
                node = _sparse_layer(inputs, outputs, activation, name, random)
            else:
                layer = Dense(inputs, outputs, activation, name=name)
                layer.initialise(random)
                node = layer(node)
            if not last:
                node = dropout(node, self.dropout)
        assert node is not None
        return Network(node)

    def _side_by_side(self, random: np.random.Generator) -> tuple[Node, int]:
        """Return the numbers and the vectors of categories of an example end to end, and how many that is."""
        parts: list[Node] = []
        if self.numbers or not self.categories:
            parts.append(Input("inputs", ("batch", self.numbers)))
        width = self.numbers
        for place, count in enumerate(self.categories, start=1):
            dimension = self.embedding or min(50, 1 + count // 2)
            lookup = Lookup(count + 1, dimension, scale=_SCALE, name=f"category{place}")
            lookup.initialise(random)
            lookup.parameters["vectors"].value[0] = 0  # of values that training does not know
            parts.append(lookup(Input(f"category{place}", ("batch",), integer=True)))
            width += dimension
        return (parts[0] if len(parts) == 1 else concatenate(parts, axis=1)), width


def _sparse_layer(inputs: int, outputs: int, activation: str, name: str, random: np.random.Generator) -> Node:
    """Return a = f(x W + b) for sparse rows x, with the first values that a `Dense` layer would have."""
    drawn = initialisation_for(activation, None)(inputs, outputs, random).astype(np.float32)
    weight = Parameter(np.ascontiguousarray(drawn.T), f"{name}.weight")
    bias = Parameter(np.zeros(outputs, np.float32), f"{name}.bias")
    columns, values = Input("columns", ("entries",), integer=True), Input("values", ("entries",))
    ends = Input("ends", ("batch",), integer=True)
    preactivation = sparse_affine(columns, values, ends, weight, bias).named(f"{name}.preactivation")
    activated = activation_function(activation)(preactivation)
    return activated if activated is preactivation else activated.named(f"{name}.activation")


def hidden_sizes(hidden: int | Sequence[int]) -> tuple[int, ...]:
    """Return the neurons of each hidden layer, of which a single number is one."""
    return (int(hidden),) if isinstance(hidden, int | np.integer) else tuple(int(size) for size in hidden)
