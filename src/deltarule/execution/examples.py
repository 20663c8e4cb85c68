"""Layers that are cut by the examples of a batch, so that what a thread has of them it takes through all of them.

The other layers are cut by neurons, whose weights stay with a thread while the activations of all examples come to it.
Of a small layer, the weights are less to move than the activations: each slice finds a gradient of its own from its
examples, and these are added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from deltarule.execution.rewrites import Unit, affine_of
from deltarule.execution.sizes import GRAIN, Work
from deltarule.graph import Node, Parameter
from deltarule.graph.operations.linear import Affine, Linear
from deltarule.graph.shapes import Shape

__all__ = ["cut_by_examples", "work_by_examples"]

_SMALL = 1 << 14  # weights
_GRAIN = GRAIN // 4  # of such a layer, whose slices need nothing of each other on the way to their gradients


def cut_by_examples(affine: Node) -> bool:
    """Say whether a layer is cut by examples: whether its weights and biases are parameters, and few."""
    parameters = affine.inputs[1:]
    return all(isinstance(node, Parameter) for node in parameters) and parameters[0].value.size <= _SMALL  # type: ignore[attr-defined]


def work_by_examples(units: Iterable[Unit]) -> dict[Shape, Work]:
    """Return the work of the layers that are cut by the examples of a shape, taken together."""
    weights: Counter[Shape] = Counter()
    for unit in units:
        affine = affine_of(unit)
        if isinstance(affine.operation, Linear | Affine) and cut_by_examples(affine):
            weights[affine.shape[:-1]] += affine.inputs[1].value.size  # type: ignore[attr-defined]
    return {rows: Work((*rows, count), _GRAIN) for rows, count in weights.items()}
