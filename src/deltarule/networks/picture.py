"""A network as a drawing: neuron by neuron where it is small, else as its graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.drawing import MOST_NEURONS, Drawing, NeuronLayer, draw_neurons
from deltarule.errors import InputError
from deltarule.execution.reference import Run, backward, forward
from deltarule.graph import Array, Input, Node
from deltarule.networks.layers import Dense, Dropout, Layer

__all__ = ["draw_network", "drawn_as_neurons"]


def drawn_as_neurons(layers: Sequence[Layer]) -> bool:
    """Say whether all layers are of neurons, and small enough to draw them one by one."""
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    return all(isinstance(layer, Dense | Dropout) for layer in layers) and all(
        max(layer.inputs, layer.outputs) <= MOST_NEURONS for layer in dense
    )


def draw_network(layers: Sequence[Layer], inputs: Any = None, output: int | None = None) -> Drawing:
    """Draw layers on top of each other; see `Network.draw`."""
    source, example = layers[0].input_node("inputs"), None if inputs is None else _one_example(inputs)
    node: Node = source
    drawn: list[tuple[Dense, Node]] = []
    for layer in layers:
        node = layer(node)
        if isinstance(layer, Dense):
            drawn.append((layer, node))
    run = None if example is None else _run(source, node, example, output)
    if not drawn_as_neurons(layers):
        return node.draw() if run is None else run.draw()
    pictured = [NeuronLayer("inputs", drawn[0][0].inputs, "x", None, *_of(run, source, source))]
    for layer, activation in drawn:
        affine = "W x + b" if layer.bias else "W x"
        note = f"z = {affine}" if layer.activation == "identity" else f"a = {layer.activation}({affine})"
        name = layer.name or layer.kind
        preactivation = activation if layer.activation == "identity" else activation.inputs[0]
        weight = layer.parameter("weight").value
        pictured.append(NeuronLayer(name, layer.outputs, note, weight, *_of(run, activation, preactivation)))
    return draw_neurons(pictured)


def _of(run: Run | None, activation: Node, preactivation: Node) -> tuple[Array | None, Array | None]:
    """Return the activations of a layer's neurons and the error signals at them, δ = ∂s/∂z."""
    if run is None:
        return None, None
    return run.value(activation)[0], run.gradient(preactivation)[0]


def _one_example(inputs: Any) -> Array:
    """Make a batch of one example."""
    example = np.asarray(inputs)
    if example.ndim == 2 and len(example) == 1:
        return example
    if example.ndim != 1:
        raise InputError(f"a drawing shows one example: give its inputs as one row, not an array {example.shape}")
    return example[None]


def _run(source: Input, node: Node, example: Array, output: int | None) -> Run:
    """Run forward, and send the signal 1 back from one output, or from all."""
    size = node.shape[-1]
    if output is not None and not (isinstance(size, int) and 0 <= output < size):
        raise InputError(f"there is no output {output}: the network has {size}, numbered from 0")
    run = forward([node], {source: example})
    signal = np.ones_like(run.values[node])
    if output is not None:
        signal[...] = 0
        signal[:, output] = 1
    backward(run, node, signal=signal)
    return run
