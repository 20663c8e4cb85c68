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
            # Glorot's also for rectified units: on tables, fits from He's larger values generalise worse.
            layer = Dense(inputs, outputs, activation, initialisation="glorot", name=name)
            layer.initialise(random)
            if not last:  # so that the kinks of rectified units do not all begin at the mean
                bound = inputs**-0.5
                layer.parameters["bias"].value[:] = random.uniform(-bound, bound, outputs)
            node = _sparse_layer(layer) if node is None else layer(node)
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


def _sparse_layer(layer: Dense) -> Node:
    """Return a = f(x W + b) for sparse rows x; W is the transposed weight of a layer for whole rows."""
    weight = Parameter(np.ascontiguousarray(layer.parameters["weight"].value.T), f"{layer.name}.weight")
    bias = layer.parameters["bias"]
    columns, values = Input("columns", ("entries",), integer=True), Input("values", ("entries",))
    ends = Input("ends", ("batch",), integer=True)
    preactivation = sparse_affine(columns, values, ends, weight, bias)
    activated = activation_function(layer.activation)(preactivation.named(f"{layer.name}.preactivation"))
    return activated if activated is preactivation else activated.named(f"{layer.name}.activation")


def hidden_sizes(hidden: int | Sequence[int]) -> tuple[int, ...]:
    """Return the neurons of each hidden layer, of which a single number is one."""
    return (int(hidden),) if isinstance(hidden, int | np.integer) else tuple(int(size) for size in hidden)
