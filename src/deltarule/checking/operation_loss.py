"""One operation of a graph by itself: its forward rule against its local gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deltarule.checking.function_loss import FunctionLoss
from deltarule.execution.reference import local_signals
from deltarule.graph import Array, Node
from deltarule.graph.signals import dense

__all__ = ["operation_loss"]


def operation_loss(node: Node, values: Mapping[Node, Array]) -> FunctionLoss | None:
    """Make the loss Σ w ∘ f(inputs) of a node's operation f, at the values that it has in a run.

    Parameters
    ----------
    node : the node
    values : of all nodes; the weights w, drawn once, stand for the signal from above

    Returns
    -------
    FunctionLoss
        Of the inputs of numbers, by position; ``None`` if there are none.
    """
    operation = node.operation
    assert operation is not None
    places = {f"input {i + 1}": i for i, source in enumerate(node.inputs) if i not in operation.integer_inputs}
    weights = np.random.default_rng(0).uniform(0.5, 1.5, values[node].shape)

    def function(**numbers: Array) -> Any:
        inputs = [values[source] for source in node.inputs]
        for name, place in places.items():
            inputs[place] = numbers[name]
        return np.sum(weights * operation.forward(*inputs))

    def gradient(**numbers: Array) -> dict[str, Array]:
        twins = [
            Node(None, (), source.shape) for source in node.inputs
        ]  # an input used twice has a signal for each use
        inputs = [values[source] for source in node.inputs]
        for name, place in places.items():
            inputs[place] = numbers[name]
        alone = Node(operation, tuple(twins), node.shape)
        output = np.asarray(operation.forward(*inputs))
        signals = local_signals(alone, weights, {**dict(zip(twins, inputs, strict=True)), alone: output})
        return {
            name: np.zeros_like(inputs[place]) if (signal := signals[place]) is None else dense(signal)
            for name, place in places.items()
        }

    return (
        FunctionLoss(function, gradient, {name: values[node.inputs[i]] for name, i in places.items()})
        if places
        else None
    )
