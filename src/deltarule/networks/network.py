"""A feed-forward network: layers on top of each other, or any graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deltarule.drawing import Drawing
from deltarule.errors import InputError
from deltarule.execution.reference import forward
from deltarule.graph import Array, Input, Node, Parameter, topological_order
from deltarule.graph.substitution import substitute
from deltarule.networks.fitting import DataNames, is_label, train
from deltarule.networks.layers import Layer
from deltarule.networks.objectives import Objective, SoftmaxCrossEntropy, SquaredError
from deltarule.networks.picture import draw_network, drawn_as_neurons
from deltarule.training import Epoch, History, Schedule, UpdateRule

__all__ = ["Network"]


class Network:
    """Layers stacked to any depth, or the graph of a node; calling it on nodes adds all of it to their graph.

    Parameters
    ----------
    layers : the layers, first the one that takes the input; one that has parameters already, from another network or
        place, shares them. Or a node: the network is then all that the node depends on, with as many inputs as there
        are
    seed : seed of the parameters' first values

    Attributes
    ----------
    layers : the layers, named ``dense1``, ``dense2``, ... by kind unless they have names; none for a graph
    inputs, output : the nodes at both ends
    parameters : the parameters by name, such as ``dense1.weight``
    history : loss, score and seconds of each epoch of the last `fit`, or ``None``

    Examples
    --------
    The network of the lecture, which gives a window of five 4-dimensional word vectors one score:

    >>> import deltarule as dr
    >>> net = dr.Network([dr.Dense(20, 8, activation="sigmoid"), dr.Dense(8, 1, bias=False)])
    >>> {name: parameter.shape for name, parameter in net.parameters.items()}
    {'dense1.weight': (8, 20), 'dense1.bias': (8,), 'dense2.weight': (1, 8)}

    A graph with two inputs:

    >>> left, right = dr.input("left", ("batch", 3)), dr.input("right", ("batch", 3))
    >>> layer = dr.Dense(3, 2, name="shared")
    >>> net = dr.Network(dr.sum(layer(left) * layer(right), axis=1))
    >>> [node.name for node in net.inputs], list(net.parameters)
    (['left', 'right'], ['shared.weight', 'shared.bias'])
    >>> net.predict({"left": [[1, 2, 3]], "right": [[0, 0, 0]]})
    array([0.], dtype=float32)
    """

    def __init__(self, layers: Sequence[Layer] | Node, seed: int = 0) -> None:
        self.layers: list[Layer] = []
        self.history: History | None = None
        if isinstance(layers, Node):
            self._graph(layers)
        else:
            self._stack(layers, seed)

    def _graph(self, output: Node) -> None:
        """Take all that a node depends on."""
        self.output = output
        order = topological_order([output])
        self.inputs = [node for node in order if isinstance(node, Input)]
        if len({node.name for node in self.inputs}) != len(self.inputs):
            names = ", ".join(repr(node.name) for node in self.inputs)
            raise InputError(f"each input of a network needs its own name; these have: {names}")
        self.parameters: dict[str, Parameter] = {}
        counts: Counter[str] = Counter()
        for node in order:
            if isinstance(node, Parameter):
                name = node.name or "parameter"
                counts[name] += 1
                self.parameters[name if counts[name] == 1 else f"{name} #{counts[name]}"] = node

    def _stack(self, layers: Sequence[Layer], seed: int) -> None:
        """Name layers, draw their parameters, and put them on top of each other."""
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
        self.parameters = {
            f"{layer.name}.{name}": parameter for layer in self.layers for name, parameter in layer.parameters.items()
        }
        self.inputs = [self.input_node()]
        self.output = self(*self.inputs)  # raises ShapeError now where layers do not fit each other

    def __call__(self, *inputs: Node) -> Node:
        """Add the network to the graph, on top of as many nodes as it has inputs, and return its output node."""
        if len(inputs) != len(self.inputs):
            names = ", ".join(node.name for node in self.inputs)
            raise InputError(f"this network takes {len(self.inputs)} nodes ({names}), not {len(inputs)}")
        if not self.layers:
            return substitute(self.output, dict(zip(self.inputs, inputs, strict=True)))
        node = inputs[0]
        for layer in self.layers:
            node = layer(node)
        return node

    def input_node(self, name: str = "inputs") -> Input:
        """Return an input of the shape that the network takes."""
        if self.layers:
            return self.layers[0].input_node(name)
        if len(self.inputs) != 1:
            raise InputError(f"this network has {len(self.inputs)} inputs, where one is needed")
        return Input(name, self.inputs[0].shape, self.inputs[0].integer)

    def fit(
        self,
        inputs: Any,
        targets: Any = None,
        *,
        objective: Objective | Node | Callable[[Node, Node], Node] | None = None,
        weights: Any = None,
        epochs: int = 10,
        batch: int = 32,
        update_rule: UpdateRule | None = None,
        schedule: Schedule | None = None,
        l2: float = 0.0,
        clip: float | None = None,
        seed: int = 0,
        threads: int | None = None,
        score: Callable[[], float] | None = None,
        patience: int | None = None,
        on_epoch: Callable[[Epoch], None] | None = None,
    ) -> Network:
        """Train the parameters in place.

        Parameters
        ----------
        inputs : array for a network of one input, or a dict of arrays by the names of inputs, a row an example
        targets : what the output is compared with, if the objective compares it with something
        objective : what to make small: an objective such as `MaxMargin`; a function of the output and of the targets,
            two nodes, that returns a scalar node; or a scalar node over this network's graph, whose other inputs are
            then given in `inputs` too. By default `SoftmaxCrossEntropy` for labels, `SquaredError` for numbers
        weights : of the examples, (batch,); for objectives that compare with targets
        epochs, batch, update_rule, schedule, l2, clip, seed, threads, score, patience, on_epoch : as for `train`

        Returns
        -------
        Network
            The network itself; `history` tells of each epoch.

        Examples
        --------
        >>> import deltarule as dr, numpy as np
        >>> x = np.linspace(-2, 2, 64)[:, None]
        >>> net = dr.Network([dr.Dense(1, 16, activation="tanh"), dr.Dense(16, 1)])
        >>> net = net.fit(x, np.sin(2 * x), epochs=300, update_rule=dr.Adam(0.03))
        >>> bool(np.abs(net.predict(x) - np.sin(2 * x)).mean() < 0.05)
        True
        """
        data = self._named(inputs)
        if targets is not None:
            data[DataNames.TARGETS] = given = np.asarray(targets)
            if given.size and given.ndim == 1 and self.output.shape[1:] == (1,):
                data[DataNames.TARGETS] = given[:, None]
        if weights is not None:
            data[DataNames.WEIGHTS] = np.asarray(weights)
        if objective is None:
            if targets is None:
                raise InputError("say what to make small: give targets, or an objective")
            objective = SoftmaxCrossEntropy() if is_label(data[DataNames.TARGETS], self.output) else SquaredError()
        self.history = train(
            self, objective, data, epochs=epochs, batch=batch, update_rule=update_rule, schedule=schedule, l2=l2,
            clip=clip, seed=seed, threads=threads, score=score, patience=patience, on_epoch=on_epoch,
        )  # fmt: skip
        return self

    def predict(self, inputs: Any) -> Array:
        """Compute the outputs for a batch of inputs, without dropout.

        Parameters
        ----------
        inputs : array of shape (batch, inputs), or ids for a network that begins with a lookup; a dict of arrays by
            name for a network of several inputs

        Returns
        -------
        float32 array of shape (batch, outputs)
        """
        value: Array = forward([self.output], self._named(inputs), dtype=np.float32).values[self.output]
        return value

    def _named(self, inputs: Any) -> dict[str, Any]:
        """Return arrays by the names of inputs."""
        if isinstance(inputs, Mapping):
            return {str(name): array for name, array in inputs.items()}
        if len(self.inputs) != 1:
            names = ", ".join(repr(node.name) for node in self.inputs)
            raise InputError(f"this network has {len(self.inputs)} inputs: give a dict of arrays for {names}")
        return {self.inputs[0].name: inputs}

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
