"""A feed-forward network: layers on top of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.drawing import Drawing
from deltarule.errors import InputError
from deltarule.execution.reference import forward
from deltarule.graph import Array, Input, Node, Parameter
from deltarule.networks.layers import Layer
from deltarule.networks.picture import draw_network, drawn_as_neurons

__all__ = ["Network"]


class Network:
    """Layers stacked to any depth; calling the network on a node adds all of them to that node's graph.

    Parameters
    ----------
    layers : the layers, first the one that takes the input; one that has parameters already, from another network or
        place, shares them
    seed : seed of the parameters' first values

    Attributes
    ----------
    layers : the layers, named ``dense1``, ``dense2``, ... by kind unless they have names
    parameters : the parameters by name, such as ``dense1.weight``

    Examples
    --------
    The network of the lecture, which gives a window of five 4-dimensional word vectors one score:

    >>> import deltarule as dr
    >>> net = dr.Network([dr.Dense(20, 8, activation="sigmoid"), dr.Dense(8, 1, bias=False)])
    >>> {name: parameter.shape for name, parameter in net.parameters.items()}
    {'dense1.weight': (8, 20), 'dense1.bias': (8,), 'dense2.weight': (1, 8)}
    """

    def __init__(self, layers: Sequence[Layer], seed: int = 0) -> None:
        if not layers:
            raise InputError("a network needs at least one layer")
        self.layers = list(layers)
        random = np.random.default_rng(seed)
        counts: Counter[str] = Counter()
        named: dict[str, Layer] = {}
        for layer in self.layers:
            counts[layer.kind] += 1
            layer.name = layer.name or f"{layer.kind}{counts[layer.kind]}"
            if named.setdefault(layer.name, layer) is not layer:
                raise InputError(f"two layers are both named {layer.name!r}; give each its own name")
            if not layer.parameters:  # a layer that has parameters already shares them
                layer.initialise(random)
        self.parameters: dict[str, Parameter] = {
            f"{layer.name}.{name}": parameter for layer in self.layers for name, parameter in layer.parameters.items()
        }
        self(self.input_node())  # raises ShapeError now where layers do not fit each other

    def __call__(self, inputs: Node) -> Node:
        """Add the network to the graph, on top of `inputs`, and return its output node."""
        node = inputs
        for layer in self.layers:
            node = layer(node)
        return node

    def input_node(self, name: str = "inputs") -> Input:
        """Return an input of the shape that the network takes."""
        return self.layers[0].input_node(name)

    def predict(self, inputs: Any) -> Array:
        """Compute the outputs for a batch of inputs, without dropout.

        Parameters
        ----------
        inputs : array of shape (batch, inputs), or ids for a network that begins with a lookup

        Returns
        -------
        float32 array of shape (batch, outputs)
        """
        node = self.input_node()
        output = self(node)
        value: Array = forward([output], {node: inputs}, dtype=np.float32).values[output]
        return value

    def draw(self, inputs: Any = None, *, output: int | None = None) -> Drawing:
        """Draw the network neuron by neuron, a line for each weight; a large one, or one with a lookup, as its graph.

        Parameters
        ----------
        inputs : of one example, whose activations and error signals are then shown
        output : the output at which the signal 1 starts; all of them for ``None``

        Examples
        --------
        >>> import deltarule as dr
        >>> net = dr.Network([dr.Dense(2, 3, activation="tanh"), dr.Dense(3, 1)])
        >>> drawing = net.draw([0.5, -1.0])
        >>> len(drawing.nodes), len(drawing.edges), drawing.nodes[-1]["signal"]
        (6, 9, '1')
        """
        return draw_network(self.layers, inputs, output)

    def _repr_svg_(self) -> str | None:
        return self.draw().svg if drawn_as_neurons(self.layers) else None
