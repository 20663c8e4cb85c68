"""The network that word vectors are learned by: the score of a window, for true windows and corrupted ones."""

from __future__ import annotations

import numpy as np

from deltarule.graph import Input, Node, Parameter
from deltarule.networks import Dense, Lookup, MaxMargin
from deltarule.vectors.config import VectorConfig

__all__ = ["WindowRanking"]


class WindowRanking:
    """s = Uᵀ tanh(W x + b) for windows x of a text, and J = max(0, Δ + s_c − s) for their corruptions.

    In a corrupted window another word stands in the middle. Vectors are looked up, and multiplied with W, once for each
    distinct word of a batch, so a corruption costs little more than its sums. Pairs that keep their margin send no
    signal back.

    Source: Collobert and Weston 2008, and Collobert et al. 2011, Natural Language Processing (Almost) from Scratch.

    Parameters
    ----------
    config : the settings
    words : rows of the table of vectors

    Attributes
    ----------
    parameters : by name; "vectors" is the table
    words : the input of ids of a batch's distinct words, of shape (words,)
    true, corrupted : the inputs of windows as places among these, of shape (windows, window)
    scores : the nodes s and s_c, of shape (windows, 1)
    loss : mean of J over the windows
    """

    def __init__(self, config: VectorConfig, words: int) -> None:
        lookup = Lookup(words, config.dimension, name="words")
        hidden = Dense(config.window * config.dimension, config.hidden, activation="tanh", name="hidden")
        score = Dense(config.hidden, 1, bias=False, name="score")
        random = np.random.default_rng(config.seed)
        for layer in (lookup, hidden, score):
            layer.initialise(random)
        self.parameters: dict[str, Parameter] = {
            parameter.name: parameter for layer in (lookup, hidden, score) for parameter in layer.parameters.values()
        }
        self.words = Input("words", ("words",), integer=True)
        self.true = Input("true", ("windows", config.window), integer=True)
        self.corrupted = Input("corrupted", ("windows", config.window), integer=True)
        x = lookup(self.words)
        s, s_c = (score(hidden.over_windows(x, windows)) for windows in (self.true, self.corrupted))
        self.scores: tuple[Node, Node] = (s, s_c)
        self.loss: Node = MaxMargin(config.margin)(s, s_c)

    @property
    def table(self) -> Parameter:
        """The vectors: one for unknown words, one for what lies beyond a sentence's ends, one for each word."""
        return self.parameters["words.vectors"]
