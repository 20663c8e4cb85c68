"""A graph built again on other nodes."""

from __future__ import annotations

from collections.abc import Mapping

from deltarule.errors import InputError, ShapeError
from deltarule.graph.node import DropoutMask, Node, apply, topological_order
from deltarule.graph.shapes import format_shape

__all__ = ["substitute"]


def substitute(output: Node, replaced: Mapping[Node, Node]) -> Node:
    """Build the graph of a node once more, with other nodes in the place of some; parameters are shared.

    Parameters
    ----------
    output : the node whose graph is built again
    replaced : nodes of that graph, and what stands in their place

    Returns
    -------
    Node
        The node that takes the place of `output`; what depends on nothing that was replaced is shared.

    Examples
    --------
    >>> import deltarule as dr
    >>> x, y = dr.input("x"), dr.input("y")
    >>> again = substitute(x * x, {x: y + 1.0})
    >>> dr.backprop(again, {"y": 2.0}).value(again)
    9.0
    """
    for old, new in replaced.items():
        if len(old.shape) != len(new.shape) or any(
            isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(old.shape, new.shape, strict=False)
        ):
            raise ShapeError(
                f"{old.label!r} has the shape {format_shape(old.shape)}; {new.label!r} of shape"
                f" {format_shape(new.shape)} cannot take its place"
            )
        if old.integer != new.integer:
            raise InputError(f"{old.label!r} and {new.label!r} must both hold ids, or both hold numbers")
    built: dict[Node, Node] = dict(replaced)
    for node in topological_order([output]):
        if node in built:
            continue
        if isinstance(node, DropoutMask):  # its `like` is no input, but stands before it wherever it is multiplied
            like = built.get(node.like, node.like)
            built[node] = node if like is node.like else DropoutMask(like, node.rate)
        elif node.operation is None or all(built[source] is source for source in node.inputs):
            built[node] = node
        else:
            built[node] = apply(node.operation, *(built[source] for source in node.inputs)).named(node.name)
    return built[output]
