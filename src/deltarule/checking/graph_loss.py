"""The loss that a graph computes, as a function of its leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.differences import Evaluation
from deltarule.checking.feeds import complete_feeds
from deltarule.checking.operation_loss import operation_loss
from deltarule.execution.reference import Feeds, Run, backward, forward
from deltarule.graph import Array, DropoutMask, Input, Node, Operation, Parameter, topological_order
from deltarule.graph.operations.arrangement import RowLookup
from deltarule.graph.signals import dense

__all__ = ["GraphLoss", "leaves_of"]


class GraphLoss(CheckedLoss):
    """The value of a node, as a function of leaves of its graph; dropout masks are drawn once and then stay.

    Parameters
    ----------
    output : the node; an array stands for the sum of its entries, as in `deltarule.backprop`
    leaves : the leaves to check, by name
    feeds : arrays for the inputs; missing ones are drawn
    seed : of what is drawn
    """

    def __init__(self, output: Node, leaves: Mapping[str, Node], feeds: Feeds, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.output, self.leaves = output, dict(leaves)
        self.order = topological_order([output])
        drawn = forward([output], complete_feeds(self.order, feeds, random), random=random, order=self.order).values
        self.arrays = {name: np.array(_held(leaf, drawn), np.float64) for name, leaf in self.leaves.items()}
        self.feeds: dict[str | Node, Any] = {
            **{node: drawn[node] for node in self.order if isinstance(node, Input | DropoutMask) or node in feeds},
            **{leaf: self.arrays[name] for name, leaf in self.leaves.items()},
        }
        self.kinked = [node for node in self.order if node.operation is not None and _has_kinks(node.operation)]
        self.run = self._forward()
        self.pieces = [_pieces(node, self.run) for node in self.kinked]

    def _forward(self) -> Run:
        return forward([self.output], self.feeds, order=self.order)

    def evaluate(self) -> Evaluation:
        """Run forward, and note the first operation that has left its smooth piece."""
        run = self._forward()
        crossed = (
            _describe(node)
            for node, piece in zip(self.kinked, self.pieces, strict=True)
            if not np.array_equal(_pieces(node, run), piece)
        )
        return Evaluation(float(run.values[self.output].sum()), next(crossed, None))

    def gradients(self) -> dict[str, Array]:
        """Run backward."""
        backward(self.run, self.output)
        signals = self.run.signals
        return {
            name: dense(signals[leaf]) if leaf in signals else np.zeros_like(self.arrays[name])
            for name, leaf in self.leaves.items()
        }

    def magnitude(self) -> float:
        """Return the largest Σ |value × signal| of a node: how much passes through it before terms cancel."""
        values, signals = self.run.values, self.run.signals
        sizes = [float(np.abs(values[node] * dense(signal)).sum()) for node, signal in signals.items()]
        return max((size for size in sizes if np.isfinite(size)), default=0.0)

    def read_rows(self, name: str) -> Array | None:
        """Return the ids by which lookups read a table."""
        lookups = [node for node in self.order if isinstance(node.operation, RowLookup)]
        read = [self.run.values[node.inputs[1]].ravel() for node in lookups if node.inputs[0] is self.leaves[name]]
        return np.unique(np.concatenate(read)) if read else None

    def operations(self, name: str) -> dict[str, CheckedLoss]:
        """Return each operation between a leaf and the output by itself, at the values that it has here."""
        above = {self.leaves[name]}
        found: dict[str, CheckedLoss] = {}
        for node in self.order:
            if above.isdisjoint(node.inputs):
                continue
            above.add(node)
            label = _describe(node)
            alone = operation_loss(node, self.run.values)
            if alone is not None:
                found[f"{label} #{len(found) + 1}" if label in found else label] = alone
        return found


def leaves_of(output: Node) -> dict[str, Node]:
    """Return the parameters and the inputs of numbers in a node's graph, by distinct names."""
    leaves: dict[str, Node] = {}
    for node in topological_order([output]):
        if isinstance(node, Parameter) or (isinstance(node, Input) and not node.integer):
            name = node.name or "parameter"
            same = sum(known == name or known.startswith(f"{name} #") for known in leaves)
            leaves[f"{name} #{same + 1}" if same else name] = node
    return leaves


def _held(leaf: Node, values: Mapping[Node, Array]) -> Array:
    """Return the array of a leaf; a parameter that the loss does not use has no value in the run."""
    if leaf not in values and isinstance(leaf, Parameter):
        return leaf.value
    return values[leaf]


def _has_kinks(operation: Operation) -> bool:
    return type(operation).pieces is not Operation.pieces


def _pieces(node: Node, run: Run) -> Array:
    """Return the smooth piece on which each entry of a node with kinks lies."""
    assert node.operation is not None
    return np.asarray(node.operation.pieces(*(run.values[source] for source in node.inputs)))


def _describe(node: Node) -> str:
    """Name an operation, with the node's own name where it has one."""
    assert node.operation is not None
    return f"{node.operation.name} ({node.name})" if node.name else node.operation.name
