"""The window scorer: one score that is high where the word in the middle of a window is part of a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.execution.reference import Feeds
from deltarule.graph import Array
from deltarule.networks import Dense, Lookup, MaxMargin, Network, Window
from deltarule.tagging.encoding import FormEncoder, folded_words
from deltarule.text import (
    BOUNDARY,
    Corpus,
    Vocabulary,
    WordVectors,
    fold,
    read_corpus,
    read_plain,
    read_vectors,
    window_positions,
)
from deltarule.training.epochs import Epoch, History, best_epoch_kept
from deltarule.training.schedules import LinearDecay
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import Adam

__all__ = ["PairScores", "WindowScorer"]


@dataclass(frozen=True)
class PairScores:
    """How true windows compare with corrupted ones.

    Attributes
    ----------
    pairs : number of pairs compared
    right : share of pairs in which the true window has the higher score, s > s_c
    violations : share of pairs that do not keep the margin, s − s_c < Δ: those that training would still work on
    """

    pairs: int
    right: float
    violations: float


class WindowScorer:
    """s = Uᵀ f(W x + b): scores a window by whether the word in its middle is part of a name.

    It learns from pairs: a true window, with a name in the middle, should score Δ higher than a corrupted one, whose
    middle is no name, even if there is a name elsewhere in it ("Not all museums in Paris"). J = max(0, Δ + s_c − s).

    Parameters
    ----------
    window, dimension, hidden : words in a window, size of word vectors, neurons
    activation : f
    margin : Δ
    vectors : file of word vectors, or vectors read by `read_vectors`; they give the dimension
    minimum_count : rarer words share the vector of unknown ones
    epochs, batch, learning_rate, seed : of the training, with Adam and a rate that falls linearly

    Attributes
    ----------
    network : lookup, window, hidden layer and score; its parameters by name in ``network.parameters``
    vocabulary : the words of the lookup
    history : epochs of the last `fit`

    Examples
    --------
    The sizes of the lecture: 4-dimensional vectors, five words, 8 sigmoid neurons.

    >>> import deltarule as dr
    >>> scorer = dr.WindowScorer(window=5, dimension=4, hidden=8, activation="sigmoid", epochs=2)
    >>> sample = dr.sample_corpus()
    >>> scorer.fit(sample.train).network.parameters["dense1.weight"].shape
    (8, 20)
    >>> scorer.score("Museums in Paris are amazing").shape
    (5,)
    """

    def __init__(
        self,
        window: int = 5,
        dimension: int = 50,
        hidden: int = 100,
        *,
        activation: str = "tanh",
        margin: float = 1.0,
        vectors: str | Path | WordVectors | None = None,
        minimum_count: int = 2,
        epochs: int = 10,
        batch: int = 64,
        learning_rate: float = 0.003,
        seed: int = 0,
    ) -> None:
        if window < 1 or window % 2 == 0:
            raise InputError(f"a window has a word in its middle, so its size is odd, not {window}")
        if batch < 1:
            raise InputError(f"a batch needs at least one pair, not {batch}")
        self.window, self.dimension, self.hidden = window, dimension, hidden
        self.activation, self.objective = activation, MaxMargin(margin)
        self.vectors, self.minimum_count = vectors, minimum_count
        self.epochs, self.batch, self.learning_rate, self.seed = epochs, batch, learning_rate, seed
        self.history: History | None = None
        self._trained: tuple[Network, Vocabulary] | None = None

    @property
    def network(self) -> Network:
        """The trained network; `InputError` before `fit`."""
        return self._fitted[0]

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that have vectors; `InputError` before `fit`."""
        return self._fitted[1]

    @property
    def _fitted(self) -> tuple[Network, Vocabulary]:
        if self._trained is None:
            raise InputError("this scorer is not trained yet; call fit(train) first")
        return self._trained

    def fit(
        self,
        train: str | Path | Corpus,
        *,
        threads: int | None = None,
        on_epoch: Callable[[Epoch], None] | None = None,
    ) -> WindowScorer:
        """Train on a corpus in which names are labelled; each epoch pairs every true window with another corrupted one.

        Parameters
        ----------
        train : file (CoNLL columns) or corpus; every label but O marks a name
        threads : how many share the work, all cores for ``None``; the result does not depend on it
        on_epoch : called after each epoch
        """
        corpus = train if isinstance(train, Corpus) else read_corpus(train)
        vectors = read_vectors(self.vectors) if isinstance(self.vectors, str | Path) else self.vectors
        names = _names(corpus)
        vocabulary = FormEncoder.of_corpus(corpus, ["word"], self.minimum_count, vectors).vocabularies["word"]
        dimension = self.dimension if vectors is None else vectors.dimension
        network = Network(
            [
                Lookup(len(vocabulary), dimension, window=self.window),
                Window(self.window),
                Dense(self.window * dimension, self.hidden, activation=self.activation),
                Dense(self.hidden, 1, bias=False),
            ],
            seed=self.seed,
        )
        if vectors is not None:
            known = folded_words(vectors)
            network.parameters["lookup1.vectors"].value[vocabulary.ids(known)] = vectors.matrix[list(known.values())]
        self._trained = network, vocabulary
        windows = self._windows(corpus)
        true, corrupted = windows[names], windows[~names]
        steps = -(-len(true) // self.batch)
        trainer = Trainer(
            self.objective.loss(network),
            Adam(self.learning_rate),
            schedule=LinearDecay(),
            steps=self.epochs * steps,
            seed=self.seed,
            threads=threads,
        )
        random = np.random.default_rng(self.seed)

        def batches(_: int) -> Iterator[Feeds]:
            paired = corrupted[random.integers(0, len(corrupted), len(true))]
            for rows in np.array_split(random.permutation(len(true)), steps):
                yield {"inputs": true[rows], "corrupted": paired[rows]}

        self.history = best_epoch_kept(trainer, batches, self.epochs, on_epoch=on_epoch)
        return self

    def score(self, text: str | Sequence[str]) -> Array:
        """Return the score s of the window around each word of a text or a list of tokens."""
        corpus = read_plain(text) if isinstance(text, str) else Corpus.from_sentences([list(text)])
        return self._scores(self._windows(corpus))

    def compare(self, corpus: str | Path | Corpus, seed: int = 0) -> PairScores:
        """Compare every true window of a labelled corpus with a corrupted one drawn by a seed."""
        corpus = corpus if isinstance(corpus, Corpus) else read_corpus(corpus)
        windows, names = self._windows(corpus), _names(corpus)
        s, s_c = self._scores(windows[names]), self._scores(windows[~names])
        s_c = s_c[np.random.default_rng(seed).integers(0, len(s_c), len(s))]
        return PairScores(len(s), float(np.mean(s > s_c)), float(np.mean(s - s_c < self.objective.margin)))

    def _scores(self, windows: NDArray[np.int32]) -> Array:
        scores: Array = self.network.predict(windows)[:, 0]
        return scores

    def _windows(self, corpus: Corpus) -> NDArray[np.int32]:
        """Return the word ids of the window around each token, of shape (tokens, window)."""
        ids = self.vocabulary.ids(map(fold, corpus.forms))[corpus.tokens]
        return np.append(ids, np.int32(BOUNDARY))[window_positions(corpus.sentence_offsets, self.window)]


def _names(corpus: Corpus) -> NDArray[np.bool_]:
    """Say which tokens are part of a name; there must be some that are and some that are not."""
    if corpus.labels is None:
        raise InputError(f"{corpus.source}: this corpus has no labels; a label column is needed")
    names = np.array([name != "O" for name in corpus.label_names], bool)[corpus.labels]
    if names.all() or not names.any():
        raise InputError(f"{corpus.source}: both words in names and words labelled O are needed to make pairs")
    return names
