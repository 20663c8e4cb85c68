"""Layers of neurons in a graph: where a weight is used, and what lies between it and the output."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.reference import Run
from deltarule.graph import Array, Constant, DropoutMask, Elementwise, Node, Parameter
from deltarule.graph.operations.arithmetic import Add, Multiply
from deltarule.graph.operations.linear import Affine, Linear
from deltarule.graph.operations.windows import WindowAffine
from deltarule.graph.shapes import format_shape
from deltarule.graph.signals import dense

__all__ = ["Level", "WeightUse", "layers_of", "path_to_output", "weight_use"]

_WEIGHT_AT = {Linear: 1, Affine: 1, WindowAffine: 2}  # which input is W; b stands right behind it


@dataclass(frozen=True)
class WeightUse:
    """One entry of the weight or bias of a layer.

    Attributes
    ----------
    shown : how it is written
    layer : node of z = W x + b
    neuron : i, which of its outputs
    input : j, which of its inputs; ``None`` for a bias
    """

    shown: str
    layer: Node
    neuron: int
    input: int | None

    @property
    def source(self) -> Node:
        """The node that x comes from."""
        return self.layer.inputs[0]

    @property
    def over_windows(self) -> bool:
        """Whether x is the vectors of a window."""
        return isinstance(self.layer.operation, WindowAffine)

    def input_value(self, run: Run, row: int) -> float:
        """Return the number that the weight was multiplied with."""
        if self.input is None:
            return 1.0
        values = run.values[self.source]
        if self.over_windows:
            place, entry = divmod(self.input, values.shape[1])
            return float(values[run.values[self.layer.inputs[1]][row, place], entry])
        return float(values[row, self.input] if values.ndim > 1 else values[self.input])

    def gradient(self, run: Run, row: int) -> float:
        """Return what the backward pass sends to this entry from the layer, on behalf of one example."""
        signal = np.zeros_like(run.values[self.layer])
        whole = dense(run.signals[self.layer]) if self.layer in run.signals else signal
        signal[row if signal.ndim > 1 else ...] = whole[row if signal.ndim > 1 else ...]
        operation = self.layer.operation
        assert operation is not None
        values = [run.values[node] for node in self.layer.inputs]
        shared = operation.backward(signal, run.values[self.layer], *values)
        at = _WEIGHT_AT[type(operation)] + (self.input is None)
        gradient = shared[at]
        assert gradient is not None
        entry = self.neuron if self.input is None else (self.neuron, self.input)
        return float(
            np.atleast_2d(dense(gradient)).sum(axis=0)[entry] if self.input is None else dense(gradient)[entry]
        )


@dataclass(frozen=True)
class Level:
    """A layer of neurons on the way from a weight to the output.

    Attributes
    ----------
    layer : node of z
    activations : nodes of f(z), in order; none for the identity
    end : the last node before the layer above: a = f(z), after dropout
    masks : dropout masks that a is multiplied with
    scale : number that the result has this layer's scores by; 1 unless it is a mean of those of several layers
    run : the run
    """

    layer: Node
    activations: tuple[Node, ...]
    end: Node
    masks: tuple[Node, ...]
    scale: float
    run: Run

    @property
    def name(self) -> str:
        """The layer's name, from that of its preactivation."""
        return self.layer.label.removesuffix(".preactivation")

    @property
    def function(self) -> str:
        """The name of f."""
        return " ".join(node.operation.name for node in self.activations if node.operation)

    @property
    def weight(self) -> Node:
        """The parameter W."""
        return self.layer.inputs[_WEIGHT_AT[type(self.layer.operation)]]  # type: ignore[index]

    def weight_column(self, run: Run, entry: int) -> Array:
        """Return the weights on one input of the layer."""
        column: Array = run.values[self.weight][:, entry]
        return column

    def slope(self, row: int) -> Array:
        """Return f′(z) for each neuron of one example."""
        slopes = self.slopes()
        return slopes[row] if slopes.ndim > 1 else slopes

    def slopes(self) -> Array:
        """Return f′(z) for each neuron of all examples."""
        ones = np.ones_like(self.run.values[self.layer])
        for node in reversed(self.activations):
            assert node.operation is not None
            (ones,) = node.operation.backward(ones, self.run.values[node], self.run.values[node.inputs[0]])  # type: ignore
        return ones

    def passed(self, row: int, neuron: int) -> float:
        """Return what dropout multiplied a neuron's output with: 1 without dropout."""
        factor = 1.0
        for mask in self.masks:
            value = self.run.values[mask]
            factor *= float(value if value.ndim == 0 else value[row, neuron])
        return factor


def weight_use(run: Run, weight: str) -> WeightUse:
    """Find the layer and the entry that a text such as "hidden[3,14]" names."""
    match = re.fullmatch(r"\s*([^\[\]]+?)\s*\[\s*(\d+)\s*(?:,\s*(\d+)\s*)?\]\s*", weight)
    if match is None:
        raise InputError(f"a weight is given as layer[neuron, input] or layer.bias[neuron], not {weight!r}")
    name, first, second = match[1], int(match[2]), None if match[3] is None else int(match[3])
    layers = [node for node in run.order if type(node.operation) in _WEIGHT_AT]
    known = {
        parameter: layer
        for layer in layers
        for parameter in layer.inputs[_WEIGHT_AT[type(layer.operation)] :]  # type: ignore[index]
        if isinstance(parameter, Parameter)
    }
    ending = ".bias" if second is None else ".weight"
    found = [p for p in known if p.name in (name, f"{name}{ending}") and len(p.shape) == (1 if second is None else 2)]
    if len(found) != 1:
        choices = ", ".join(f"{p.name} {format_shape(p.shape)}" for p in known)
        raise InputError(f"there is no layer with a weight {weight!r}; weights and biases are: {choices}")
    parameter = found[0]
    entry = (first,) if second is None else (first, second)
    if any(at >= size for at, size in zip(entry, parameter.value.shape, strict=True)):
        raise InputError(f"{weight!r} is beyond the shape of {parameter.name}, {format_shape(parameter.shape)}")
    uses = [layer for layer in layers if parameter in layer.inputs]
    if len(uses) > 1:
        raise InputError(f"{parameter.name} is used {len(uses)} times in this graph; trace the network on one example")
    return WeightUse(f"{parameter.name}[{', '.join(map(str, entry))}]", uses[0], first, second)


def path_to_output(run: Run, layer: Node, result: Node) -> list[Level]:
    """List the layers from one up to the output, or up to the objective, if that stands above them."""
    levels = []
    node: Node | None = layer
    while node is not None:
        level, node = _level(run, node, result)
        levels.append(level)
    return levels


def layers_of(run: Run) -> list[Level]:
    """List all layers of a graph, in the order of computation."""
    layers = [node for node in run.order if type(node.operation) in _WEIGHT_AT]
    return [_level(run, layer, run.order[-1])[0] for layer in layers]


def _level(run: Run, layer: Node, result: Node) -> tuple[Level, Node | None]:
    """Return a layer with its activation, and the layer that it feeds, if it feeds just one."""
    end, above, scale = layer, None, 1.0
    activations: list[Node] = []
    masks: list[Node] = []
    while end is not result:
        users = [node for node in run.order if end in node.inputs and node in run.signals]
        if len(users) != 1:
            break
        user = users[0]
        others = [source for source in user.inputs if source is not end]
        other = others[0] if len(others) == 1 else None
        if isinstance(user.operation, Elementwise) and len(user.inputs) == 1 and not masks:
            activations.append(user)
        elif isinstance(user.operation, Add) and not activations and not masks and user.shape == end.shape:
            pass  # z is a sum of several maps: the signal arrives at each of them as it is
        elif isinstance(user.operation, Multiply) and isinstance(other, DropoutMask):
            masks.append(other)
        elif (
            isinstance(user.operation, Multiply) and isinstance(other, Constant) and other.value.ndim == 0
            and user is result and not activations
        ):  # fmt: skip
            scale = float(other.value)  # the result is a mean of several maps
        elif type(user.operation) in (Linear, Affine) and user.inputs[0] is end:
            above = user
            break
        else:
            break
        end = user
    return Level(layer, tuple(activations), end, tuple(masks), scale, run), above
