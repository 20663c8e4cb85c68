"""Networks that are trained by one instruction: small layers, one above the other, and an objective."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from deltarule.execution.examples import cut_by_examples
from deltarule.execution.rewrites import CrossEntropy, Layer, SquaredErrors, Unit, affine_of
from deltarule.graph import Input, Node
from deltarule.graph.operations.linear import Affine, Linear

__all__ = ["SmallNetwork", "small_network"]


@dataclass(frozen=True, eq=False)
class SmallNetwork(Unit):
    """Layers of neurons, each on the one before, with an objective; inputs are those of the first, and the objective's.

    Attributes
    ----------
    layers : from the first to the last
    objective : of the outputs of the last
    """

    layers: tuple[Unit, ...]
    objective: Unit


def small_network(units: Sequence[Unit], wanted: Collection[Node]) -> SmallNetwork | None:
    """Return the unit that takes the place of all units of a graph, or ``None`` where it is no small network.

    Parameters
    ----------
    wanted : nodes whose signal is needed
    """
    *layers, objective = units
    if not layers or not isinstance(objective, CrossEntropy | SquaredErrors):
        return None
    outputs, targets = objective.inputs
    x = below = affine_of(layers[0]).inputs[0]
    parameters: list[Node] = []
    for layer in layers:
        affine = affine_of(layer)
        if not _is_small(layer, affine) or affine.inputs[0] is not below:
            return None
        parameters += affine.inputs[1:]
        below = layer.output
    fed = isinstance(x, Input) and isinstance(targets, Input) and x is not targets
    rows = fed and outputs is below and len(x.shape) == len(outputs.shape) == 2
    trained = len(set(parameters)) == len(parameters) and all(node in wanted for node in parameters)
    return SmallNetwork(objective.output, (x, targets), tuple(layers), objective) if rows and trained else None


def _is_small(layer: Unit, affine: Node) -> bool:
    """Say whether a unit is f(W x + b) of rows, with few weights and without dropout."""
    plain = type(layer) is Unit or (isinstance(layer, Layer) and layer.mask is None)
    return plain and type(affine.operation) in (Linear, Affine) and cut_by_examples(affine)
