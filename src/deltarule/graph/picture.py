"""A graph as a drawing: a box for each node, with its value and its error signal where they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deltarule.drawing import Box, Drawing, brief, draw_boxes
from deltarule.errors import InputError
from deltarule.graph.shapes import format_shape
from deltarule.graph.signals import Array, Signal, dense

if TYPE_CHECKING:
    from deltarule.graph.node import Node

__all__ = ["MOST_NODES", "draw_nodes"]

MOST_NODES = 500
"""Of one drawing: more take long to lay out, and nobody could read them."""


def draw_nodes(
    order: Sequence[Node], values: Mapping[Node, Array] | None = None, signals: Mapping[Node, Signal] | None = None
) -> Drawing:
    """Draw a graph from left to right.

    Parameters
    ----------
    order : all its nodes, each after its inputs; number i is node ``n<i>`` of the drawing
    values, signals : what is known of the nodes
    """
    if len(order) > MOST_NODES:
        raise InputError(f"a graph of {len(order)} nodes is too large to draw; at most {MOST_NODES} can be read")
    number = {node: i for i, node in enumerate(order)}
    boxes = [_box(node, values or {}, signals or {}) for node in order]
    edges = [(number[source], number[node]) for node in order for source in node.inputs]
    return draw_boxes(boxes, edges)


def _box(node: Node, values: Mapping[Node, Array], signals: Mapping[Node, Signal]) -> Box:
    """Say what a node's box shows."""
    value = values.get(node)
    kind = type(node).__name__.lower() if node.operation is None else "operation"
    operation = "" if node.operation is None else node.operation.label
    scalar_constant = kind == "constant" and node.shape == ()
    signal = None
    if value is not None and not scalar_constant:
        if node in signals:
            signal = brief(dense(signals[node]))
        elif signals and value.dtype.kind == "f":
            signal = "0"  # the output does not depend on it
    return Box(
        title=node.name or operation,
        kind=kind,
        operation=operation if node.name else "",
        shape=format_shape(node.shape) if node.shape else "",
        value=None if value is None or scalar_constant else brief(value),
        signal=signal,
    )
