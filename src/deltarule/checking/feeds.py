"""Arrays for the inputs of a graph that nobody fed: enough to compute its gradient somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.execution.reference import Feeds
from deltarule.graph import Array, Input, Node
from deltarule.graph.operations.arrangement import OneHot, Pick, RowLookup
from deltarule.graph.shapes import Dimension

__all__ = ["complete_feeds"]

SIZE = 5
"""Size of a named dimension that no fed array sets."""


def complete_feeds(order: Sequence[Node], feeds: Feeds, random: np.random.Generator) -> dict[str | Node, Any]:
    """Draw the inputs that are missing.

    Numbers are drawn from a normal distribution; ids and labels among those that the operations on them accept.

    Parameters
    ----------
    order : the nodes of the graph
    feeds : arrays that are given, by name or node; they set the sizes of named dimensions
    random : draws the others
    """
    inputs = [node for node in order if isinstance(node, Input)]
    missing = [node for node in inputs if node not in feeds and node.name not in feeds]
    sizes: dict[str, int] = {}
    for node in inputs:
        if node not in missing:
            _note_sizes(node, feeds[node] if node in feeds else feeds[node.name], sizes)
    return {**feeds, **{node: _draw(node, order, sizes, random) for node in missing}}


def _note_sizes(node: Input, array: Any, sizes: dict[str, int]) -> None:
    """Note the sizes that a fed array gives to named dimensions."""
    for dimension, size in zip(node.shape, np.shape(array), strict=False):
        if isinstance(dimension, str):
            sizes.setdefault(dimension, size)


def _draw(node: Input, order: Sequence[Node], sizes: dict[str, int], random: np.random.Generator) -> Array:
    """Draw an array for an input."""
    shape = tuple(_size(dimension, sizes) for dimension in node.shape)
    if node.integer:
        return np.asarray(random.integers(0, _count(node, order, sizes), shape))
    return np.asarray(random.normal(size=shape))


def _size(dimension: Dimension, sizes: dict[str, int]) -> int:
    """Return the size of a dimension: a number, a name, or a sum of such as concatenation makes it."""
    parts = str(dimension).split("+")
    return sum(int(part) if part.isdigit() else sizes.get(part, SIZE) for part in parts)


def _count(node: Input, order: Sequence[Node], sizes: dict[str, int]) -> int:
    """Return how many ids or labels all operations on an input accept."""
    counts = []
    for consumer in order:
        operation = consumer.operation
        if node not in consumer.inputs:
            continue
        if isinstance(operation, RowLookup):
            counts.append(_size(consumer.inputs[0].shape[0], sizes))
        elif isinstance(operation, Pick):
            counts.append(_size(consumer.inputs[0].shape[1], sizes))
        elif isinstance(operation, OneHot):
            counts.append(operation.classes)
    return min(counts, default=1)
