"""Rewrites: parts of a graph that kernels compute in one pass. The reference interpreter runs the graph as it stands.

dropout(f(W x + b)) becomes a `Layer`, also where something is added to the W x + b of windows; an objective over the
scores of classes, or over pairs of scores, becomes one pass that finds the loss and its error signal together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from deltarule.graph import Constant, DropoutMask, Input, Node
from deltarule.graph.operations import activations, arithmetic
from deltarule.graph.operations.arrangement import OneHot, Pick
from deltarule.graph.operations.linear import Affine, Linear
from deltarule.graph.operations.reductions import LogSumExp, Max, Mean, Sum
from deltarule.graph.operations.sequences import SentenceLikelihood, StructuredMargin
from deltarule.graph.operations.windows import WindowAffine

__all__ = [
    "ClassMargins", "CrossEntropy", "Layer", "Masked", "PairMargins", "SequenceLikelihood", "SequenceMargins",
    "SquaredErrors", "Unit", "affine_of", "rewritten",
]  # fmt: skip

FUSED_ACTIVATIONS = (
    activations.Sigmoid, activations.Tanh, activations.HardTanh, activations.SoftSign, activations.ReLU,
    activations.LeakyReLU,
)  # fmt: skip


_AFFINE = (Linear, Affine, WindowAffine)


@dataclass(frozen=True, eq=False)
class Unit:
    """What is computed in one go: here, a single node.

    Attributes
    ----------
    output : the node whose value it makes
    inputs : the nodes that it needs
    """

    output: Node
    inputs: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Layer(Unit):
    """dropout(f(W x + b)), of rows or of windows; the activation and the mask may be missing.

    Attributes
    ----------
    affine : W x + b
    activation : f(W x + b)
    mask : of dropout
    addend : what is added to the W x + b of windows before f
    """

    affine: Node
    activation: Node | None
    mask: DropoutMask | None
    addend: Node | None = None


@dataclass(frozen=True, eq=False)
class Masked(Unit):
    """Dropout of anything else."""

    mask: DropoutMask


@dataclass(frozen=True, eq=False)
class CrossEntropy(Unit):
    """mean(log Σ e^s − s_y); inputs are scores and labels."""


@dataclass(frozen=True, eq=False)
class SquaredErrors(Unit):
    """mean(½ Σ (a − y)²); inputs are the outputs a and the targets y."""


@dataclass(frozen=True, eq=False)
class ClassMargins(Unit):
    """mean(max_j (s_j + Δ [j ≠ y]) − s_y); inputs are scores and labels."""

    margin: float


@dataclass(frozen=True, eq=False)
class PairMargins(Unit):
    """mean(max(0, Δ + s_c − s)); inputs are the true and the corrupted scores."""

    margin: float


@dataclass(frozen=True, eq=False)
class SequenceLikelihood(Unit):
    """Σ (log Z − s(y)) / tokens; inputs are those of the operation."""


@dataclass(frozen=True, eq=False)
class SequenceMargins(Unit):
    """Σ max(0, max_y' (s(y') + Δ · wrong(y, y')) − s(y)) / tokens; inputs are those of the operation."""

    margin: float


def affine_of(layer: Unit) -> Node:
    """Return the node of a layer that multiplies with the weights."""
    return layer.affine if isinstance(layer, Layer) else layer.output


def rewritten(order: Sequence[Node], outputs: Iterable[Node], loss: Node | None = None) -> list[Unit]:
    """Divide a graph into units, each after those it needs.

    Parameters
    ----------
    order : the nodes in topological order
    outputs : nodes whose values are asked for, which cannot disappear into a unit
    loss : the node that will be differentiated; without it, objectives stay as they are
    """
    uses = Counter(source for node in order for source in node.inputs)
    uses.update(outputs)
    finder = _Finder(order, uses, loss)
    units: list[Unit] = []
    covered: set[Node] = set()
    for node in reversed(order):
        if node.operation is None or node in covered:
            continue
        unit, inner = finder.unit(node)
        covered.update(inner)
        units.append(unit)
    return units[::-1]


class _Finder:
    """Recognises units from their last node."""

    def __init__(self, order: Sequence[Node], uses: Counter[Node], loss: Node | None) -> None:
        self.uses, self.loss = uses, loss
        self.consumer = {source: node for node in order for source in node.inputs}

    def unit(self, node: Node) -> tuple[Unit, list[Node]]:
        """Return the unit that ends in a node, and the nodes inside of it."""
        if _is(node, Mean) and self.has_signal_one(node):
            finders = (self.cross_entropy, self.squared_errors, self.class_margins, self.pair_margins)
            objective = next((found for finder in finders if (found := finder(node)) is not None), None)
            if objective is not None:
                return objective
        return self.layer(node) or (self.sequences(node) or Unit(node, node.inputs), [])

    def sequences(self, node: Node) -> Unit | None:
        """Recognise an objective of label sequences."""
        if _is(node, SentenceLikelihood) and self.has_signal_one(node):
            return SequenceLikelihood(node, node.inputs)
        if _is(node, StructuredMargin) and self.has_signal_one(node):
            return SequenceMargins(node, node.inputs, node.operation.margin)  # type: ignore[union-attr]
        return None

    def has_signal_one(self, node: Node) -> bool:
        """Say whether a scalar is the loss, or a term of it."""
        if node is self.loss:
            return True
        consumer = self.consumer.get(node)
        added = consumer is not None and _is(consumer, arithmetic.Add) and consumer.shape == ()
        return added and self.uses[node] == 1 and consumer is not None and self.has_signal_one(consumer)

    def only(self, node: Node, kind: type | tuple[type, ...]) -> bool:
        """Say whether a node is of a kind and used once."""
        return _is(node, *(kind if isinstance(kind, tuple) else (kind,))) and self.uses[node] == 1

    def layer(self, node: Node) -> tuple[Unit, list[Node]] | None:
        """Recognise dropout(f(W x + b)), or dropout alone."""
        mask, top = None, node
        if _is(node, arithmetic.Multiply):
            mask = next((m for m in node.inputs if isinstance(m, DropoutMask)), None)
            rest = [source for source in node.inputs if source is not mask]
            if mask is None or len(rest) != 1 or mask.like is not rest[0] or self.uses[mask] != 1:
                return None
            top = rest[0]
        activation = top if _is(top, *FUSED_ACTIVATIONS) else None
        z = top if activation is None else top.inputs[0]
        inside = [inner for inner in dict.fromkeys((top, z)) if inner is not node]
        found = self.preactivation(z) if all(self.uses[inner] == 1 for inner in inside) else None
        if found is None:
            return None if mask is None else (Masked(node, (top,), mask), [mask])
        affine, addend = found
        inputs = affine.inputs if addend is None else (*affine.inputs, addend)
        inner = [*inside, *([affine] if affine is not z else []), *([] if mask is None else [mask])]
        return Layer(node, inputs, affine, activation, mask, addend), inner

    def preactivation(self, node: Node) -> tuple[Node, Node | None] | None:
        """Recognise W x + b, and what is added to it, if it is of windows."""
        if _is(node, *_AFFINE):
            return node, None
        if _is(node, arithmetic.Add):
            for affine, addend in (node.inputs, node.inputs[::-1]):
                if self.only(affine, WindowAffine) and addend.shape == node.shape == affine.shape:
                    return affine, addend
        return None

    def cross_entropy(self, node: Node) -> tuple[Unit, list[Node]] | None:
        """Recognise mean(log Σ e^s − s_y)."""
        difference = node.inputs[0]
        if not self.only(difference, arithmetic.Subtract) or len(difference.shape) != 1:
            return None
        total, true = difference.inputs
        if not (self.only(total, LogSumExp) and self.only(true, Pick) and total.inputs[0] is true.inputs[0]):
            return None
        if total.operation.axis not in (1, -1):  # type: ignore[union-attr]
            return None
        return CrossEntropy(node, true.inputs), [difference, total, true]

    def squared_errors(self, node: Node) -> tuple[Unit, list[Node]] | None:
        """Recognise mean(½ Σ (a − y) (a − y)) where y is fed."""
        halved = node.inputs[0]
        if not self.only(halved, arithmetic.Multiply) or _number(halved.inputs[0]) != 0.5:
            return None
        squares, inner = halved.inputs[1], [halved]
        if self.only(squares, Sum) and squares.operation.axis in (1, -1):  # type: ignore[union-attr]
            inner.append(squares)
            squares = squares.inputs[0]
        if not self.only(squares, arithmetic.Multiply) or squares.inputs[0] is not squares.inputs[1]:
            return None
        difference = squares.inputs[0]
        if not _is(difference, arithmetic.Subtract) or self.uses[difference] != 2:
            return None
        outputs, targets = difference.inputs
        if outputs.shape != targets.shape or len(outputs.shape) != len(inner) or not isinstance(targets, Input):
            return None
        return SquaredErrors(node, (outputs, targets)), [*inner, squares, difference]

    def class_margins(self, node: Node) -> tuple[Unit, list[Node]] | None:
        """Recognise mean(max(s_y, max_j (s_j + Δ (1 − one-hot(y)_j))) − s_y)."""
        difference = node.inputs[0]
        if not self.only(difference, arithmetic.Subtract):
            return None
        best, true = difference.inputs
        if not (self.only(best, arithmetic.Maximum) and _is(true, Pick) and self.uses[true] == 2):
            return None
        rival = best.inputs[1]
        if best.inputs[0] is not true or not self.only(rival, Max) or rival.shape != true.shape:
            return None
        augmented = rival.inputs[0]
        if not self.only(augmented, arithmetic.Add) or augmented.inputs[0] is not true.inputs[0]:
            return None
        costs = augmented.inputs[1]
        if not self.only(costs, arithmetic.Multiply) or _number(costs.inputs[0]) is None:
            return None
        others = costs.inputs[1]
        if not self.only(others, arithmetic.Subtract) or _number(others.inputs[0]) != 1:
            return None
        labels = others.inputs[1]
        if not self.only(labels, OneHot) or labels.inputs[0] is not true.inputs[1]:
            return None
        margin = _number(costs.inputs[0])
        if margin is None or not margin > 0 or rival.operation.axis not in (1, -1):  # type: ignore[union-attr]
            return None
        inner = [difference, best, true, rival, augmented, costs, others, labels]
        return ClassMargins(node, true.inputs, margin), inner

    def pair_margins(self, node: Node) -> tuple[Unit, list[Node]] | None:
        """Recognise mean(max(0, Δ + s_c − s))."""
        violation = node.inputs[0]
        if not self.only(violation, arithmetic.Maximum) or _number(violation.inputs[0]) != 0:
            return None
        difference = violation.inputs[1]
        if not self.only(difference, arithmetic.Subtract) or not self.only(difference.inputs[0], arithmetic.Add):
            return None
        shifted, true = difference.inputs
        margin, corrupted = _number(shifted.inputs[0]), shifted.inputs[1]
        single = true.shape == corrupted.shape and len(true.shape) in (1, 2) and true.shape[1:] in ((), (1,))
        if margin is None or not single or true is corrupted:
            return None
        return PairMargins(node, (true, corrupted), margin), [violation, difference, shifted]


def _number(node: Node) -> float | None:
    """Return the value of a constant that is a single number."""
    if isinstance(node, Constant) and node.value.ndim == 0 and np.isfinite(node.value):
        return float(node.value)
    return None


def _is(node: Node, *kinds: type) -> bool:
    """Say whether a node's operation is one of some; one that is derived from them may compute anything."""
    return type(node.operation) in kinds
