"""Objectives J: what training makes small. Each adds its formula to the graph of the scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from deltarule.errors import InputError, ShapeError
from deltarule.graph import Input, Node
from deltarule.graph.functions import log_sum_exp, max, maximum, mean, one_hot, pick, sum
from deltarule.graph.shapes import format_shape

__all__ = ["MaxMargin", "MultiClassMaxMargin", "Objective", "Scorer", "SoftmaxCrossEntropy", "SquaredError"]


class Scorer(Protocol):
    """What an objective asks of a network."""

    def __call__(self, inputs: Node) -> Node:
        """Add the network to the graph of its inputs."""

    def input_node(self, name: str = ...) -> Input:
        """Make an input of the network."""


class Objective(ABC):
    """A quantity to make small."""

    @abstractmethod
    def loss(self, network: Scorer) -> Node:
        """Build the graph of J for a network, with inputs "inputs" and whatever the objective compares them to."""


@dataclass(frozen=True)
class MaxMargin(Objective):
    """J = max(0, Δ + s_c − s), averaged over pairs of a true window (score s) and a corrupted one (score s_c).

    No error once s − s_c ≥ Δ: such a pair sends no signal, and costs no backward work.

    Parameters
    ----------
    margin : Δ; as the weights can scale, 1 is general

    Examples
    --------
    >>> import deltarule as dr
    >>> s, s_c = dr.input("s"), dr.input("s_c")
    >>> J = dr.MaxMargin(margin=1.0)(s, s_c)
    >>> run = dr.backprop(J, {"s": 0.5, "s_c": 0.2})
    >>> round(run.value(J), 6), run.gradient(s), run.gradient(s_c)
    (0.7, -1.0, 1.0)
    >>> dr.backprop(J, {"s": 2.0, "s_c": 0.2}).gradient(s)
    0.0
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        _check_margin(self.margin)

    def __call__(self, score: Node, corrupted_score: Node) -> Node:
        """Return mean(max(0, Δ + s_c − s))."""
        return mean(maximum(0.0, self.margin + corrupted_score - score)).named("objective")

    def loss(self, network: Scorer) -> Node:
        """Score "inputs" and "corrupted" by the same network and compare."""
        score, corrupted_score = network(network.input_node("inputs")), network(network.input_node("corrupted"))
        if score.shape[-1:] not in ((), (1,)) and len(score.shape) > 1:
            raise ShapeError(
                f"MaxMargin compares single scores, but the network gives {format_shape(score.shape)};"
                " use MultiClassMaxMargin for one score a class"
            )
        return self(score, corrupted_score)


class LabelledObjective(Objective):
    """An objective that compares the scores of inputs with "targets": one label each."""

    @abstractmethod
    def __call__(self, scores: Node, targets: Node) -> Node:
        """Add the objective to the graph of the scores."""

    def loss(self, network: Scorer) -> Node:
        """Compare the network's scores of "inputs" with the labels "targets"."""
        scores = network(network.input_node("inputs"))
        return self(scores, Input("targets", scores.shape[:1], integer=True))


@dataclass(frozen=True)
class MultiClassMaxMargin(LabelledObjective):
    """J = max_j (s_j + Δ [j ≠ y]) − s_y, averaged: the true label's score must beat the best wrong one by Δ.

    Source: Crammer and Singer 2001. An example that keeps its margin sends no signal, and costs no backward work.

    Parameters
    ----------
    margin : Δ
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        _check_margin(self.margin)

    def __call__(self, scores: Node, targets: Node) -> Node:
        """Return mean(max_j (s_j + Δ [j ≠ y]) − s_y) for scores (batch, classes) and labels (batch,)."""
        classes = _classes(scores)
        # The true label takes part without Δ, so the largest is never below s_y and J never below 0. At a tie, where
        # the margin is exactly kept, `maximum` sends the signal to s_y, where it cancels.
        augmented = scores + self.margin * (1.0 - one_hot(targets, classes))
        true = pick(scores, targets)
        return mean(maximum(true, max(augmented, axis=1)) - true).named("objective")


@dataclass(frozen=True)
class SoftmaxCrossEntropy(LabelledObjective):
    """J = log Σ_j e^{s_j} − s_y, averaged: minus the log-probability of the true label under a softmax."""

    def __call__(self, scores: Node, targets: Node) -> Node:
        """Return mean(log Σ_j e^{s_j} − s_y) for scores (batch, classes) and labels (batch,)."""
        _classes(scores)
        return mean(log_sum_exp(scores, axis=1) - pick(scores, targets)).named("objective")


@dataclass(frozen=True)
class SquaredError(Objective):
    """J = ½ Σ_k (a_k − y_k)², averaged over examples."""

    def __call__(self, outputs: Node, targets: Node) -> Node:
        """Return mean(½ Σ (a − y)²) for outputs and targets of shape (batch, k)."""
        difference = outputs - targets
        squares = difference * difference
        if squares.shape != outputs.shape:
            raise ShapeError(
                f"SquaredError compares outputs with targets of their own shape, but {outputs.label} is"
                f" {format_shape(outputs.shape)} and {targets.label} {format_shape(targets.shape)}"
            )
        return mean(0.5 * (sum(squares, axis=1) if len(squares.shape) > 1 else squares)).named("objective")

    def loss(self, network: Scorer) -> Node:
        """Compare the network's outputs of "inputs" with the numbers "targets"."""
        outputs = network(network.input_node("inputs"))
        return self(outputs, Input("targets", outputs.shape))


def _check_margin(margin: float) -> None:
    if not margin > 0:
        raise InputError(f"a margin must be above 0, not {margin}")


def _classes(scores: Node) -> int:
    """Return the number of classes of scores of shape (batch, classes)."""
    if len(scores.shape) != 2 or not isinstance(scores.shape[1], int):
        raise ShapeError(f"scores must be of shape (batch, classes), not {format_shape(scores.shape)}")
    return scores.shape[1]
