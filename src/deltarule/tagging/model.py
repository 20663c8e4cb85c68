"""A tagging model: labels, vocabularies and network, and what they say of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import NonFiniteError
from deltarule.execution.reference import forward
from deltarule.graph import Array
from deltarule.tagging.batches import Sentences
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.encoding import FormEncoder, folded_words
from deltarule.tagging.evaluation import Evaluation, evaluate_labels
from deltarule.tagging.labelling import Labelling, sentences_of_labels
from deltarule.tagging.window_network import WindowNetwork
from deltarule.text import Corpus, WordVectors

__all__ = ["TaggingModel"]

# Tokens scored at once: large batches share the vectors of forms, but their values should stay in the cache.
_BATCH = 4096


@dataclass(frozen=True, eq=False)
class TaggingModel:
    """All that is needed to tag.

    Attributes
    ----------
    config : the settings it was made with
    labelling : names and scheme of the labels
    encoder : vocabularies of the features
    network : graph and parameters
    """

    config: TaggerConfig
    labelling: Labelling
    encoder: FormEncoder
    network: WindowNetwork

    @classmethod
    def untrained(
        cls, config: TaggerConfig, labelling: Labelling, corpus: Corpus, vectors: WordVectors | None
    ) -> TaggingModel:
        """Make a model for the words and labels of a training corpus, with first values drawn from the seed."""
        encoder = FormEncoder.of_corpus(corpus, config.features, config.minimum_count, vectors)
        dimension = config.word_dimension if vectors is None else vectors.dimension
        network = WindowNetwork(config, encoder, len(labelling.names), dimension)
        if vectors is not None and "word" in encoder.vocabularies:
            known = folded_words(vectors)
            network.set_word_vectors(encoder.vocabularies["word"].ids(known), vectors.matrix[list(known.values())])
        return cls(config, labelling, encoder, network)

    def example_feeds(self, corpus: Corpus, sentences: int, seed: int) -> dict[str, Array]:
        """Return feeds of the first sentences of a corpus with labels drawn by a seed, to check gradients on."""
        labels = np.random.default_rng(seed).integers(0, len(self.labelling.names), len(corpus), dtype=np.int32)
        encoded = self.encoder.encode(corpus.forms)
        return Sentences(corpus, encoded, self.config.window, labels).feeds(np.arange(min(sentences, corpus.sentences)))

    def scores(self, sentences: Sentences, batch: NDArray[np.intp]) -> Array:
        """Return the score of each label for each token of some sentences; `NonFiniteError` if one is not finite."""
        network = self.network
        with np.errstate(over="ignore", invalid="ignore"):
            scores: Array = forward([network.scores], sentences.feeds(batch), dtype=np.float32).values[network.scores]
        if not np.isfinite(scores).all():
            raise NonFiniteError(
                "the scores of labels are infinite or NaN: the training went astray; lower the learning rate"
            )
        return scores

    def predict(self, corpus: Corpus) -> NDArray[np.int16]:
        """Return the label id of each token of a corpus."""
        sentences = Sentences(corpus, self.encoder.encode(corpus.forms), self.config.window)
        decoder, predicted = self.labelling.decoder, np.empty(len(corpus), np.int16)
        for batch in sentences.batches(_BATCH):
            begin, end = corpus.sentence_offsets[batch[0]], corpus.sentence_offsets[batch[-1] + 1]
            offsets = corpus.sentence_offsets[batch[0] : batch[-1] + 2] - begin
            predicted[begin:end] = decoder.decode(self.scores(sentences, batch), offsets)
        return predicted

    def evaluate(self, corpus: Corpus) -> Evaluation:
        """Compare predictions with the labels of a corpus."""
        gold = self.labelling.gold(corpus)
        started = perf_counter()
        labels = self.predict(corpus)
        seconds = perf_counter() - started
        predicted = sentences_of_labels(corpus.with_labels(self.labelling.written(labels, corpus)))
        return replace(evaluate_labels(gold, predicted, plain=self.labelling.plain), seconds=seconds)
