"""A member of the tagger's network: a hidden layer and an objective of its own, on vectors that all members share."""

from __future__ import annotations

from deltarule.graph import Array, Node, Parameter
from deltarule.networks import (
    Dense,
    Dropout,
    Layer,
    MultiClassMaxMargin,
    SentenceLikelihood,
    SoftmaxCrossEntropy,
    StructuredMaxMargin,
    Transitions,
)
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.decoding import Decoder

__all__ = ["Member"]


class Member:
    """z = W x + V c + b → a = f(z) → s = U a + d, and the objective of s.

    Attributes
    ----------
    hidden, output : the layers of W, b and of U, d
    context : the layer of V, if there are context features
    transitions : scores of transitions, under an objective of whole sentences

    Parameters
    ----------
    number : of the member, from 1; names of the first one's layers have no number
    config : settings
    width : size of x
    context_size : size of c; 0 for none
    labels : number of labels
    rules : which labels may begin a sentence, follow each other and end one; everything by default
    """

    def __init__(
        self, number: int, config: TaggerConfig, width: int, context_size: int, labels: int, rules: Decoder | None
    ) -> None:
        mark = "" if number == 1 else str(number)
        self._config = config
        self.hidden = Dense(width, config.hidden, activation=config.activations[number - 1], name=f"hidden{mark}")
        self.output = Dense(config.hidden, labels, name=f"output{mark}")
        self.context = Dense(context_size, config.hidden, bias=False, name=f"context{mark}") if context_size else None
        self.transitions: Transitions | None = None
        if config.of_sentences:
            allowed = None if rules is None else (rules.start, rules.between, rules.end)
            self.transitions = Transitions(labels, allowed, mark=mark)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order in which their first values are drawn."""
        return [self.hidden, self.output, *([] if self.context is None else [self.context])]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name."""
        own = [parameter for layer in self.layers for parameter in layer.parameters.values()]
        if self.transitions is not None:
            own += self.transitions.parameters.values()
        return {parameter.name: parameter for parameter in own}

    def scores(self, forms: Node, positions: Node, context: Node | None) -> Node:
        """Add the scores of labels, of shape (tokens, labels), to the graph."""
        dropout, addend = Dropout(self._config.dropout), None
        if self.context is not None and context is not None:
            addend = self.context(Dropout(self._config.context_dropout)(context))
        # One mask for each distinct form of the batch: windows still share the form's vector.
        activation = self.hidden.over_windows(dropout(forms), positions, addend)
        return self.output(dropout(activation))

    def loss(self, scores: Node, labels: Node, lengths: Node | None) -> Node:
        """Add the objective to the graph."""
        config = self._config
        if self.transitions is None or lengths is None:
            objective = SoftmaxCrossEntropy() if config.objective == "softmax" else MultiClassMaxMargin(config.margin)
            return objective(scores, labels)
        if config.objective == "crf":
            return SentenceLikelihood(self.transitions)(scores, labels, lengths)
        return StructuredMaxMargin(self.transitions, config.margin)(scores, labels, lengths)

    def values(self) -> dict[str, Array]:
        """Return the parameters' values by the names that those of the first member have."""
        layers = {"hidden": self.hidden, "output": self.output, "context": self.context}
        return {
            f"{name}.{parameter}": held.value
            for name, layer in layers.items()
            if layer is not None
            for parameter, held in layer.parameters.items()
        }
