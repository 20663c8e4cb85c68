"""The tagger's network: features of words → windows, and their context → hidden layers → one score a label."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np

from deltarule.graph import Array, Input, Node, Parameter
from deltarule.graph.functions import concatenate
from deltarule.networks import Layer, Lookup, l2_penalty
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.contexts import context_size
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.encoding import FormEncoder
from deltarule.tagging.member import Member

__all__ = ["WindowNetwork"]


class WindowNetwork:
    """x → z = W x + V c + b → a = f(z) → s = U a + d, where x is the concatenated vectors of the words of a window.

    The vectors are put together, and multiplied with W, once for each distinct form of a batch. The context features c
    of each token are fed; there may be none.

    A network may have several members: each has W, V, b, U and d of its own, drops inputs and neurons of its own, and
    has an objective of its own; all share the vectors. The score of a label is the mean of those that the members give
    it. Source: Hansen and Salamon 1990, Neural network ensembles.

    Attributes
    ----------
    parameters : by name
    members : each with its layers
    word_dimension : size of the vectors of words
    context_dimension : size of the vectors of words that context features are made from
    feature_ids : for each feature, the input of ids of shape (forms,)
    positions : the input of forms in each window, of shape (tokens, window)
    context : the input of context features, of shape (tokens, features), if there are any
    labels : the input of labels, of shape (tokens,)
    lengths : under an objective of whole sentences, the input of their lengths, of shape (sentences,)
    scores : node of shape (tokens, labels)
    loss : scalar node, the sum of the objectives of the members

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
        context = context_size(context_dimension) if config.sees_context else 0
        self.context = Input("context", ("tokens", context)) if context else None
        self.labels = Input("labels", ("tokens",), integer=True)
        self.lengths = Input("lengths", ("sentences",), integer=True) if config.of_sentences else None

        dimensions = {name: _dimension(name, config, word_dimension) for name in encoder.features}
        lookups = {
            name: Lookup(len(vocabulary), dimensions[name], name=name) for name, vocabulary in encoder.features.items()
        }
        width = config.window * sum(dimensions.values())
        self.members = [
            Member(number, config, width, context, labels, rules) for number in range(1, config.members + 1)
        ]
        layers: list[Layer] = [*lookups.values(), *(layer for member in self.members for layer in member.layers)]
        random = np.random.default_rng(config.seed)
        for layer in layers:
            layer.initialise(random)
        self.parameters: dict[str, Parameter] = {
            parameter.name: parameter for lookup in lookups.values() for parameter in lookup.parameters.values()
        }
        for member in self.members:
            self.parameters |= member.parameters

        if context_dimension:
            # No part of the graph: training leaves them as they are.
            vectors = np.zeros((len(encoder.vocabularies["word"]), context_dimension), np.float32)
            self.parameters["context.vectors"] = Parameter(vectors, "context.vectors")

        forms = concatenate([lookups[name](ids) for name, ids in self.feature_ids.items()], axis=1).named("forms")
        scores = [member.scores(forms, self.positions, self.context) for member in self.members]
        self.scores: Node = _mean(scores).named("scores")
        losses = [member.loss(own, self.labels, self.lengths) for member, own in zip(self.members, scores, strict=True)]
        self.loss: Node = reduce(add, losses)
        if config.l2:
            dense = [parameter for name, parameter in self.parameters.items() if name.endswith(".weight")]
            self.loss = self.loss + l2_penalty(dense, config.l2)

    def transition_scores(self) -> dict[str, Array]:
        """Return the learned scores of transitions, the mean of the members'; none where objectives are of tokens."""
        own = [member.transitions.scores() for member in self.members if member.transitions is not None]
        return {name: np.mean([scores[name] for scores in own], axis=0) for name in own[0]} if own else {}

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


def _mean(scores: list[Node]) -> Node:
    """Return the mean of nodes."""
    return scores[0] if len(scores) == 1 else (1 / len(scores)) * reduce(add, scores)


def _dimension(feature: str, config: TaggerConfig, word_dimension: int) -> int:
    """Return the size of a feature's embedding."""
    if feature == "word":
        return word_dimension
    if feature == "pair":
        return config.pair_dimension
    return config.affix_dimension if feature.startswith(("prefix", "suffix")) else config.shape_dimension
