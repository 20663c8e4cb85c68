"""Objectives J: what training makes small. Each adds its formula to the graph of the scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

from deltarule.errors import InputError, ShapeError
from deltarule.graph import Input, Node
from deltarule.graph.functions import (
    absolute,
    concatenate,
    hard_tanh,
    log_sum_exp,
    max,
    maximum,
    mean,
    one_hot,
    pick,
    reshape,
    sum,
)
from deltarule.graph.shapes import format_shape

__all__ = [
    "AbsoluteError",
    "Comparison",
    "HuberError",
    "MaxMargin",
    "MultiClassMaxMargin",
    "MultiLabelMaxMargin",
    "Objective",
    "Scorer",
    "SigmoidCrossEntropy",
    "SoftmaxCrossEntropy",
    "SquaredError",
]


class Scorer(Protocol):
    """What an objective asks of a network."""

    output: Node

    def __call__(self, *inputs: Node) -> Node:
        """Add the network to the graph of its inputs."""

    def input_node(self, name: str = ...) -> Input:
        """Make an input of the network."""


class Objective(ABC):
    """A quantity to make small."""

    @abstractmethod
    def loss(self, network: Any, weighted: bool = False) -> Node:
        """Build the graph of J for a network, with the network's inputs and whatever the objective compares them to.

        Parameters
        ----------
        network : a `Network`
        weighted : whether every example has a weight, which is fed as "weights"
        """


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

    def loss(self, network: Scorer, weighted: bool = False) -> Node:
        """Score "inputs" and "corrupted" by the same network and compare."""
        if weighted:
            raise InputError("MaxMargin compares pairs, which have no weights")
        score, corrupted_score = network(network.input_node("inputs")), network(network.input_node("corrupted"))
        if score.shape[-1:] not in ((), (1,)) and len(score.shape) > 1:
            raise ShapeError(
                f"MaxMargin compares single scores, but the network gives {format_shape(score.shape)};"
                " use MultiClassMaxMargin for one score a class"
            )
        return self(score, corrupted_score)


class Comparison(Objective):
    """An objective that compares a network's outputs with "targets", example by example."""

    @abstractmethod
    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return the error of each example, of shape (batch,)."""

    @abstractmethod
    def targets(self, outputs: Node) -> Input:
        """Return the input that the outputs are compared with."""

    def __call__(self, outputs: Node, targets: Node, weights: Node | None = None) -> Node:
        """Return the mean of the errors, or that of weight × error.

        Parameters
        ----------
        outputs, targets : what is compared, a row an example
        weights : of the examples, (batch,); J is not divided by their sum, so give weights whose mean is 1
        """
        errors = self.errors(outputs, targets)
        return mean(errors if weights is None else weights * errors).named("objective")

    def loss(self, network: Scorer, weighted: bool = False) -> Node:
        """Compare the network's output with the input "targets", by "weights" if there are some."""
        outputs = network.output
        return self(outputs, self.targets(outputs), Input("weights", outputs.shape[:1]) if weighted else None)


class LabelledObjective(Comparison):
    """An objective that compares the scores of classes with one label an example."""

    def targets(self, outputs: Node) -> Input:
        """Return an input of labels."""
        return Input("targets", outputs.shape[:1], integer=True)


class NumericObjective(Comparison):
    """An objective that compares outputs with numbers of their own shape."""

    def targets(self, outputs: Node) -> Input:
        """Return an input of numbers."""
        return Input("targets", outputs.shape)

    def difference(self, outputs: Node, targets: Node) -> Node:
        """Return a − y; refuse targets of another shape, which NumPy's rules would stretch."""
        difference = outputs - targets
        if difference.shape != outputs.shape or targets.shape != outputs.shape:
            raise ShapeError(
                f"{type(self).__name__} compares outputs with targets of their own shape, but {outputs.label} is"
                f" {format_shape(outputs.shape)} and {targets.label} {format_shape(targets.shape)}"
            )
        return difference


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

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return max_j (s_j + Δ [j ≠ y]) − s_y for scores (batch, classes) and labels (batch,)."""
        classes = _classes(outputs)
        # The true label takes part without Δ, so the largest is never below s_y and J never below 0. At a tie, where
        # the margin is exactly kept, `maximum` sends the signal to s_y, where it cancels.
        augmented = outputs + self.margin * (1.0 - one_hot(targets, classes))
        true = pick(outputs, targets)
        return maximum(true, max(augmented, axis=1)) - true


@dataclass(frozen=True)
class MultiLabelMaxMargin(NumericObjective):
    """J = Σ_k max(0, Δ − t_k s_k), averaged; t_k is 1 for a label that holds and −1 for one that does not.

    The hinge of a support vector machine for each label by itself; targets are 0 and 1.

    Parameters
    ----------
    margin : Δ
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        _check_margin(self.margin)

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return Σ_k max(0, Δ − t_k s_k) for scores and targets (batch, labels)."""
        self.difference(outputs, targets)
        return _over_outputs(maximum(0.0, self.margin - (2.0 * targets - 1.0) * outputs))


@dataclass(frozen=True)
class SoftmaxCrossEntropy(LabelledObjective):
    """J = log Σ_j e^{s_j} − s_y, averaged: minus the log-probability of the true label under a softmax."""

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return log Σ_j e^{s_j} − s_y for scores (batch, classes) and labels (batch,)."""
        _classes(outputs)
        return log_sum_exp(outputs, axis=1) - pick(outputs, targets)


@dataclass(frozen=True)
class SigmoidCrossEntropy(NumericObjective):
    """J = Σ_k log(1 + e^{s_k}) − y_k s_k, averaged: minus the log-probability of labels that hold independently.

    Each label k has the probability σ(s_k); targets are 0 and 1.
    """

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return Σ_k log(e^0 + e^{s_k}) − y_k s_k for scores and targets (batch, labels)."""
        self.difference(outputs, targets)
        pairs = reshape(outputs, (*outputs.shape, 1))
        # Not through |s|, whose kink at 0 the sum does not have.
        normaliser = log_sum_exp(concatenate([0.0 * pairs, pairs], axis=len(outputs.shape)), axis=len(outputs.shape))
        return _over_outputs(normaliser - targets * outputs)


@dataclass(frozen=True)
class SquaredError(NumericObjective):
    """J = ½ Σ_k (a_k − y_k)², averaged over examples."""

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return ½ Σ (a − y)² for outputs and targets of shape (batch, k)."""
        difference = self.difference(outputs, targets)
        return 0.5 * _over_outputs(difference * difference)


@dataclass(frozen=True)
class AbsoluteError(NumericObjective):
    """J = Σ_k |a_k − y_k|, averaged over examples; least where a is the median."""

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return Σ |a − y| for outputs and targets of shape (batch, k)."""
        return _over_outputs(absolute(self.difference(outputs, targets)))


@dataclass(frozen=True)
class HuberError(NumericObjective):
    """J = Σ_k h(a_k − y_k), averaged: h(d) = ½ d² up to |d| = δ, and the straight line δ (|d| − ½ δ) beyond.

    Source: Huber 1964. Outliers pull no harder than an error of δ.

    Parameters
    ----------
    delta : δ, above 0
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        if not self.delta > 0:
            raise InputError(f"delta must be above 0, not {self.delta}")

    def errors(self, outputs: Node, targets: Node) -> Node:
        """Return Σ c (d − ½ c), where c is d = a − y cut to [−δ, δ]."""
        difference = self.difference(outputs, targets)
        cut = self.delta * hard_tanh(difference / self.delta)
        return _over_outputs(cut * (difference - 0.5 * cut))


def _over_outputs(errors: Node) -> Node:
    """Sum the errors of an example's outputs."""
    return sum(errors, axis=1) if len(errors.shape) > 1 else errors


def _check_margin(margin: float) -> None:
    if not margin > 0:
        raise InputError(f"a margin must be above 0, not {margin}")


def _classes(scores: Node) -> int:
    """Return the number of classes of scores of shape (batch, classes)."""
    if len(scores.shape) != 2 or not isinstance(scores.shape[1], int):
        raise ShapeError(f"scores must be of shape (batch, classes), not {format_shape(scores.shape)}")
    return scores.shape[1]
