"""The tagger's network: features of words → windows, and their context → hidden layer → one score a label."""

from __future__ import annotations

import numpy as np

from deltarule.graph import Array, Input, Node, Parameter
from deltarule.graph.functions import concatenate
from deltarule.networks import (
    Dense,
    Dropout,
    Lookup,
    MultiClassMaxMargin,
    SentenceLikelihood,
    SoftmaxCrossEntropy,
    StructuredMaxMargin,
    Transitions,
    l2_penalty,
)
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.contexts import context_size
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.encoding import FormEncoder

__all__ = ["WindowNetwork"]


class WindowNetwork:
    """x → z = W x + V c + b → a = f(z) → s = U a + d, where x is the concatenated vectors of the words of a window.

    The vectors are put together, and multiplied with W, once for each distinct form of a batch. The context features c
    of each token are fed; there may be none.

    Attributes
    ----------
    parameters : by name
    word_dimension : size of the vectors of words
    context_dimension : size of the vectors of words that context features are made from
    feature_ids : for each feature, the input of ids of shape (forms,)
    positions : the input of forms in each window, of shape (tokens, window)
    context : the input of context features, of shape (tokens, features), if there are any
    labels : the input of labels, of shape (tokens,)
    lengths : under an objective of whole sentences, the input of their lengths, of shape (sentences,)
    transitions : scores of transitions, under such an objective
    scores : node of shape (tokens, labels)
    loss : scalar node

    Parameters
    ----------
    config : settings
    encoder : vocabularies of the features
    labels : number of labels
    word_dimension : size of the vectors of words
    rules : which labels may begin a sentence, follow each other and end one; everything by default
    context_dimension : size of the vectors of words that context features are made from
    """

    def __init__(
        self,
        config: TaggerConfig,
        encoder: FormEncoder,
        labels: int,
        word_dimension: int,
        rules: Decoder | None = None,
        context_dimension: int = 0,
    ) -> None:
        self.word_dimension, self.context_dimension = word_dimension, context_dimension
        self.feature_ids = {name: Input(name, ("forms",), integer=True) for name in encoder.features}
        self.positions = Input("positions", ("tokens", config.window), integer=True)
        self.context = Input("context", ("tokens", context_size(context_dimension))) if config.sees_context else None
        self.labels = Input("labels", ("tokens",), integer=True)

        dimensions = {name: _dimension(name, config, word_dimension) for name in encoder.features}
        lookups = {
            name: Lookup(len(vocabulary), dimensions[name], name=name) for name, vocabulary in encoder.features.items()
        }
        width = config.window * sum(dimensions.values())
        hidden = Dense(width, config.hidden, activation=config.activation, name="hidden")
        output = Dense(config.hidden, labels, name="output")
        context = Dense(context_size(context_dimension), config.hidden, bias=False, name="context")
        layers = [*lookups.values(), hidden, output, *([context] if config.sees_context else [])]
        random = np.random.default_rng(config.seed)
        for layer in layers:
            layer.initialise(random)
        self.parameters: dict[str, Parameter] = {
            parameter.name: parameter for layer in layers for parameter in layer.parameters.values()
        }

        if context_dimension:
            # No part of the graph: training leaves them as they are.
            vectors = np.zeros((len(encoder.vocabularies["word"]), context_dimension), np.float32)
            self.parameters["context.vectors"] = Parameter(vectors, "context.vectors")

        dropout = Dropout(config.dropout)
        forms = concatenate([lookups[name](ids) for name, ids in self.feature_ids.items()], axis=1)
        # One mask for each distinct form of the batch: windows still share the form's vector.
        addend = None if self.context is None else context(Dropout(config.context_dropout)(self.context))
        activation = hidden.over_windows(dropout(forms.named("forms")), self.positions, addend)
        self.scores: Node = output(dropout(activation)).named("scores")
        self.lengths: Input | None = None
        self.transitions: Transitions | None = None
        self.loss: Node = self._objective(config, labels, rules)
        if config.l2:
            dense = [parameter for name, parameter in self.parameters.items() if name.endswith(".weight")]
            self.loss = self.loss + l2_penalty(dense, config.l2)

    def _objective(self, config: TaggerConfig, labels: int, rules: Decoder | None) -> Node:
        """Build the objective, with the parameters and inputs that it needs."""
        if config.objective == "softmax":
            return SoftmaxCrossEntropy()(self.scores, self.labels)
        if config.objective == "max-margin":
            return MultiClassMaxMargin(config.margin)(self.scores, self.labels)
        transitions = Transitions(labels, None if rules is None else (rules.start, rules.between, rules.end))
        self.parameters |= transitions.parameters
        self.transitions = transitions
        self.lengths = Input("lengths", ("sentences",), integer=True)
        if config.objective == "crf":
            return SentenceLikelihood(transitions)(self.scores, self.labels, self.lengths)
        return StructuredMaxMargin(transitions, config.margin)(self.scores, self.labels, self.lengths)

    def set_word_vectors(self, rows: Array, vectors: Array) -> None:
        """Put given vectors into rows of the table of words."""
        self.parameters["word.vectors"].value[rows] = vectors

    @property
    def word_column(self) -> int:
        """The place of words among the features; 0 if they are not among them."""
        return [*self.feature_ids, "word"].index("word") % len(self.feature_ids)

    @property
    def context_vectors(self) -> Array:
        """The vectors of words that context features are made from, of shape (words, context_dimension)."""
        held = self.parameters.get("context.vectors")
        return np.zeros((1, 0), np.float32) if held is None else np.asarray(held.value, np.float32)


def _dimension(feature: str, config: TaggerConfig, word_dimension: int) -> int:
    """Return the size of a feature's embedding."""
    if feature == "word":
        return word_dimension
    if feature == "pair":
        return config.pair_dimension
    return config.affix_dimension if feature.startswith(("prefix", "suffix")) else config.shape_dimension
