"""Networks so small that they are trained by one instruction: layers, one above the other, and an objective."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from deltarule.execution.rewrites import CrossEntropy, Layer, SquaredErrors, Unit
from deltarule.graph import Input, Node, Parameter
from deltarule.graph.operations.linear import Affine, Linear

__all__ = ["SmallNetwork", "small_network"]

_MOST_WEIGHTS = 4096  # of all layers
_Objective = (CrossEntropy, SquaredErrors)


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
    if not layers or not isinstance(objective, _Objective) or not isinstance(objective.inputs[1], Input):
        return None
    below: Node | None = None
    parameters: list[Node] = []
    for layer in layers:
        affine = affine_of(layer)
        if not _is_plain(layer, affine) or (below is not None and affine.inputs[0] is not below):
            return None
        parameters += affine.inputs[1:]
        below = layer.output
    x = affine_of(layers[0]).inputs[0]
    whole = objective.inputs[0] is below and len(set(parameters)) == len(parameters) and len(x.shape) == 2
    rows = whole and isinstance(x, Input) and x is not objective.inputs[1] and len(objective.inputs[0].shape) == 2
    small = sum(node.value.size for node in parameters if isinstance(node, Parameter)) <= _MOST_WEIGHTS
    trained = all(isinstance(node, Parameter) and node in wanted for node in parameters)
    if not (rows and small and trained):
        return None
    return SmallNetwork(objective.output, (x, *objective.inputs[1:]), tuple(layers), objective)


def affine_of(layer: Unit) -> Node:
    """Return the node that multiplies with the weights."""
    return layer.affine if isinstance(layer, Layer) else layer.output


def _is_plain(layer: Unit, affine: Node) -> bool:
    """Say whether a unit is f(W x + b) of rows, without dropout."""
    plain = type(affine.operation) in (Linear, Affine)
    return plain and (type(layer) is Unit or (isinstance(layer, Layer) and layer.mask is None and layer.addend is None))
