"""Objectives over whole sentences, and the learned scores of transitions between labels that they need."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.errors import InputError, ShapeError
from deltarule.graph import Array, Input, Node, Parameter
from deltarule.graph.functions import constant, sentence_likelihood, structured_margin
from deltarule.graph.shapes import format_shape
from deltarule.networks.objectives import Objective, Scorer

__all__ = ["FORBIDDEN", "SentenceLikelihood", "SequenceObjective", "StructuredMaxMargin", "Transitions"]

FORBIDDEN = -1000.0
"""Added to the score of what is not allowed: e^−1000 is no mass at all, and yet a sentence that does it has a loss."""


class Transitions:
    """Learned scores of which label begins a sentence, follows another, and ends a sentence; all begin at 0.

    Parameters
    ----------
    labels : number of labels L
    allowed : which labels may begin a sentence (L,), follow each other (L, L: column after row), and end one (L,);
        everything by default. What is not allowed has no part in any likelihood and wins no decoding
    scale : scores are the parameters times this. An update rule such as Adam moves every parameter by about its
        learning rate, which suits weights of 0.1; scores of transitions grow to several units
    mark : put behind the names of the parameters, to tell them from those of other transitions in the same graph

    Attributes
    ----------
    parameters : "transitions" (L, L), "start" and "end" (L,)

    Examples
    --------
    >>> import deltarule as dr
    >>> {name: parameter.shape for name, parameter in dr.Transitions(3).parameters.items()}
    {'transitions': (3, 3), 'start': (3,), 'end': (3,)}
    """

    def __init__(
        self, labels: int, allowed: tuple[Any, Any, Any] | None = None, scale: float = 10.0, mark: str = ""
    ) -> None:
        if labels < 1:
            raise InputError(f"transitions need at least one label, not {labels}")
        if not scale > 0:
            raise InputError(f"the scale of transitions must be above 0, not {scale}")
        self.labels, self.scale = labels, scale
        shapes = {"transitions": (labels, labels), "start": (labels,), "end": (labels,)}
        self.parameters = {name: Parameter(np.zeros(shape, np.float32), name + mark) for name, shape in shapes.items()}
        self._allowed: dict[str, Array] = {}
        if allowed is None:
            return
        start, between, end = (np.asarray(array, bool) for array in allowed)
        for name, array in (("transitions", between), ("start", start), ("end", end)):
            if array.shape != shapes[name]:
                raise ShapeError(
                    f"what is allowed as {name} must have shape {format_shape(shapes[name])},"
                    f" not {format_shape(array.shape)}"
                )
            self._allowed[name] = array

    def scores(self) -> dict[str, Array]:
        """Return the scores that were learned, "transitions", "start" and "end"; of what is not allowed, 0."""
        return {name: (self.scale * parameter.value).astype(np.float32) for name, parameter in self.parameters.items()}

    def nodes(self) -> tuple[Node, Node, Node]:
        """Return transitions, start and end as nodes, with what is not allowed put out of reach."""
        found: list[Node] = []
        for name, parameter in self.parameters.items():
            allowed = self._allowed.get(name, np.ones(parameter.value.shape, bool))
            scores = self.scale * parameter
            found.append(scores if allowed.all() else scores + constant(np.where(allowed, 0.0, FORBIDDEN)))
        transitions, start, end = found
        return transitions, start, end


@dataclass(frozen=True)
class SequenceObjective(Objective):
    """An objective of the label sequences of whole sentences, summed over sentences and divided by tokens.

    Divided by tokens, signals at scores are as large as under objectives of single tokens, and the same learning rate
    suits.

    Parameters
    ----------
    transitions : learned with the network
    """

    transitions: Transitions

    @abstractmethod
    def __call__(self, scores: Node, targets: Node, lengths: Node) -> Node:
        """Add the objective to the graph of scores (tokens, labels), labels (tokens,) and lengths (sentences,)."""

    def loss(self, network: Scorer, weighted: bool = False) -> Node:
        """Compare the network's scores of "inputs" with the labels "targets"; "lengths" says how long sentences are."""
        if weighted:
            raise InputError(f"{type(self).__name__} looks at whole sentences: its examples cannot have weights")
        scores = network(network.input_node("inputs"))
        targets = Input("targets", scores.shape[:1], integer=True)
        return self(scores, targets, Input("lengths", ("sentences",), integer=True))


@dataclass(frozen=True)
class SentenceLikelihood(SequenceObjective):
    """J = log Σ_y' e^{s(y')} − s(y): minus the log-probability of the true label sequence y (linear-chain CRF).

    s(y) is the sum of the scores of y's labels and of their transitions. Source: Lafferty, McCallum and Pereira 2001.

    Parameters
    ----------
    transitions : learned with the network

    Examples
    --------
    Two tokens, two labels, all scores 0: the four sequences are equally likely.

    >>> import deltarule as dr, numpy as np
    >>> objective = dr.SentenceLikelihood(dr.Transitions(2))
    >>> s, y = dr.input("s", ("tokens", 2)), dr.input("y", ("tokens",), integer=True)
    >>> J = objective(s, y, dr.input("lengths", ("sentences",), integer=True))
    >>> run = dr.backprop(J, {"s": np.zeros((2, 2)), "y": [0, 1], "lengths": [2]})
    >>> round(run.value(J), 6)  # log 4 / 2
    0.693147
    """

    def __call__(self, scores: Node, targets: Node, lengths: Node) -> Node:
        """Return Σ_sentences (log Z − s(y)) / tokens."""
        return sentence_likelihood(scores, *self.transitions.nodes(), targets, lengths).named("objective")


@dataclass(frozen=True)
class StructuredMaxMargin(SequenceObjective):
    """J = max(0, max_y' (s(y') + Δ · wrong(y, y')) − s(y)), wrong(y, y') the number of labels in which y' errs.

    Every label sequence must score below the true one by Δ for each wrong label; a sentence where all do sends no
    signal, and costs no backward work. Source: Taskar, Guestrin and Koller 2003.

    Parameters
    ----------
    transitions : learned with the network
    margin : Δ
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        if not self.margin > 0:
            raise InputError(f"a margin must be above 0, not {self.margin}")

    def __call__(self, scores: Node, targets: Node, lengths: Node) -> Node:
        """Return Σ_sentences max(0, max_y' (s(y') + Δ · wrong(y, y')) − s(y)) / tokens."""
        return structured_margin(scores, *self.transitions.nodes(), targets, lengths, self.margin).named("objective")
