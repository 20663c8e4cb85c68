"""A tagging model: labels, vocabularies and network, and what they say of a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from time import perf_counter
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from deltarule import kernels
from deltarule.execution.cores import one_thread_of_algebra, thread_count
from deltarule.execution.reference import forward
from deltarule.explaining import Confusion
from deltarule.graph import Array
from deltarule.tagging.batches import Sentences
from deltarule.tagging.calibration import fitted_temperature
from deltarule.tagging.chunk_bonus import USUAL_BONUS, bonus_for_f1
from deltarule.tagging.compiled_scores import CompiledScores, feature_matrix, non_finite_scores
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.confusions import find_confusions
from deltarule.tagging.contexts import CONTEXT_DIMENSION, Passages, context_features, principal_components
from deltarule.tagging.encoding import FormEncoder, folded_words
from deltarule.tagging.evaluation import Evaluation, evaluate_labels
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.tagged_lines import tagged_lines
from deltarule.tagging.threads import in_order
from deltarule.tagging.window_network import WindowNetwork
from deltarule.text import UNITS, Corpus, Lexicon, TokenBlock, Unit, WordVectors

__all__ = ["TaggingModel"]


class _Seen(NamedTuple):
    """The form of each token as a row among the features of all forms, whose row 0 is the boundary of sentences."""

    passages: Passages
    features: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TaggingModel:
    """All that is needed to tag.

    Attributes
    ----------
    config : the settings it was made with
    labelling : names and scheme of the labels
    encoder : vocabularies of the features
    network : graph and parameters
    temperature : by which scores are divided before they become probabilities; fitted on development data
    bonus : what is added to the score of every chunk where labels are chosen; found on development data for F1, if
        there is any
    """

    config: TaggerConfig
    labelling: Labelling
    encoder: FormEncoder
    network: WindowNetwork
    temperature: float = 1.0
    bonus: float = 0.0
    # Of corpora that are still in use: development data is tagged again after every epoch.
    _seen: WeakKeyDictionary[Corpus, _Seen] = field(default_factory=WeakKeyDictionary, init=False)

    @classmethod
    def untrained(
        cls, config: TaggerConfig, labelling: Labelling, corpus: Corpus, vectors: WordVectors | None
    ) -> TaggingModel:
        """Make a model for the words and labels of a training corpus, with first values drawn from the seed."""
        unit = UNITS[config.unit]
        lexicons = {name: Lexicon.read(file, words=unit.divide) for name, file in config.lexicons.items()}
        encoder = FormEncoder.of_corpus(corpus, config.features, config.minimum_count, vectors, unit, lexicons)
        dimension = config.word_dimension if vectors is None else vectors.dimension
        pretrained = vectors is not None and "word" in encoder.vocabularies
        context_dimension = min(CONTEXT_DIMENSION, dimension) if pretrained and config.sees_context else 0
        network = WindowNetwork(config, encoder, len(labelling.names), dimension, labelling.decoder, context_dimension)
        if vectors is not None and pretrained:
            known = folded_words(vectors)
            ids, rows = encoder.vocabularies["word"].ids(known), list(known.values())
            network.set_word_vectors(ids, vectors.matrix[rows])
            if context_dimension:
                network.context_vectors[ids] = principal_components(vectors.matrix, context_dimension)[rows]
        return cls(config, labelling, encoder, network)

    @property
    def unit(self) -> Unit:
        """What gets a label."""
        return UNITS[self.config.unit]

    def sentences(self, corpus: Corpus, labels: NDArray[np.int32] | None = None) -> Sentences:
        """Return the sentences of a corpus of units, to be fed to the network in batches."""
        seen, whole = self.encoder.seen(corpus), self.network.lengths is not None
        encoded = dict(zip(self.encoder.features, self._seen_of(corpus).features.T, strict=False))
        return Sentences(seen, encoded, self.config.window, labels, whole, self.context(corpus))

    def context(self, corpus: Corpus) -> Array | None:
        """Return the context features of each token of a corpus, if the network takes them."""
        if self.network.context is None:
            return None
        passages, features = self._seen_of(corpus)
        return context_features(passages, features, self.network.word_column, self.network.context_vectors)

    def confusion(self, corpus: Corpus, threads: int | None = None) -> Confusion:
        """Count which labels tokens got where which were right; chunk labels count by their types."""
        gold = [label for sentence in self.labelling.gold(corpus) for label in sentence]
        predicted = self.labelling.written(self.predict(corpus, threads), corpus)
        if not self.labelling.plain:
            gold, predicted = ([label.partition("-")[2] or label for label in own] for own in (gold, predicted))
        return Confusion.of_labels(gold, predicted)

    def example_feeds(self, corpus: Corpus, sentences: int, seed: int) -> dict[str, Array]:
        """Return feeds of the first sentences of a corpus with labels drawn by a seed, to check gradients on.

        The labels keep the rules of their scheme, as those of a corpus do.
        """
        corpus = self.unit.cut(corpus, None)
        drawn = np.random.default_rng(seed).random((len(corpus), len(self.labelling.names)))
        labels = self.labelling.decoder.decode(drawn, corpus.sentence_offsets).astype(np.int32)
        return self.sentences(corpus, labels).feeds(np.arange(min(sentences, corpus.sentences)))

    def reference_scores(self, sentences: Sentences, batch: NDArray[np.intp]) -> Array:
        """Return the score of each label for each token of some sentences, by the reference interpreter.

        `predict` computes the same on kernels; this is how it is defined, and what tests compare it with.
        """
        network = self.network
        with np.errstate(over="ignore", invalid="ignore"):
            scores: Array = forward([network.scores], sentences.feeds(batch), dtype=np.float32).values[network.scores]
        if not np.isfinite(scores).all():
            raise non_finite_scores()
        return scores

    def predict(self, corpus: Corpus, threads: int | None = None) -> NDArray[np.int16]:
        """Return the label id of each token of a corpus.

        Parameters
        ----------
        corpus : the text, of units
        threads : how many share the work, all cores for ``None``; the result does not depend on it

        Raises
        ------
        NonFiniteError
            If the score of a label is not finite.
        """
        return self._predict(corpus, threads)

    def predict_with_probabilities(
        self, corpus: Corpus, threads: int | None = None
    ) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
        """Return the label id of each token, and the probability of each label at each token, (tokens, labels)."""
        probabilities = np.empty((len(corpus), len(self.labelling.names)), np.float32)
        return self._predict(corpus, threads, probabilities), probabilities

    def calibrated(self, corpus: Corpus, threads: int | None = None) -> TaggingModel:
        """Return the model with the temperature at which the labels of a corpus are likeliest, and the bonus for F1."""
        network, labels = self._compiled(), self.labelling.numbers(corpus)
        passages, features = self._seen_of(corpus)
        with one_thread_of_algebra():
            kept = features[: network.capacity]
            common = network.multiply(kept, network.room(len(kept)), thread_count(threads))
            scores = network.scores(passages, features, common, network.room_for_rare(len(corpus)))
        found = np.empty_like(scores)

        def probabilities(temperature: float) -> Array:
            network.fill_probabilities(scores, passages.sentence_offsets, temperature, found)
            return found

        gold = self.labelling.gold(corpus)

        def f1(bonus: float) -> float:
            decision = network.decoder.with_bonus(self.labelling.chunk_bonus(bonus))
            chosen = decision.decode_quickly(scores, passages.sentence_offsets)
            return evaluate_labels(gold, self._written(chosen, corpus)).overall.f1

        temperature = fitted_temperature(probabilities, labels)
        bonus = 0.0 if self.labelling.plain else bonus_for_f1(f1, temperature)
        return replace(self, temperature=temperature, bonus=bonus)

    def with_usual_bonus(self) -> TaggingModel:
        """Return the model with the bonus that chunks get where there is no development data to fit it on."""
        return self if self.labelling.plain else replace(self, bonus=USUAL_BONUS * self.config.score_unit)

    def _written(self, labels: NDArray[np.int16], corpus: Corpus) -> list[list[str]]:
        """Spell the labels of each sentence."""
        written = self.labelling.written(labels, corpus)
        return [written[begin:end] for begin, end in pairwise(corpus.sentence_offsets.tolist())]

    def _predict(
        self, corpus: Corpus, threads: int | None, probabilities: NDArray[np.float32] | None = None
    ) -> NDArray[np.int16]:
        """Label a corpus, batch by batch; fill the probabilities where they are wanted."""
        network, threads = self._compiled(), thread_count(threads)
        passages, features = self._seen_of(corpus)
        predicted = np.empty(len(corpus), np.int16)

        def label(batch: tuple[Passages, slice]) -> None:
            own_passages, tokens = batch
            own = None if probabilities is None else probabilities[tokens]
            predicted[tokens] = network.labels(own_passages, features, common, own)

        with one_thread_of_algebra():
            kept = features[: network.capacity]
            common = network.multiply(kept, network.room(len(kept)), threads)
            for _ in in_order(label, passages.batches(), threads):
                pass
        return predicted

    def tagged_lines(
        self, blocks: Iterable[TokenBlock], threads: int | None = None, probabilities: bool = False
    ) -> Iterator[memoryview]:
        """Label blocks of a text as they come; yield for each its lines of tokens and labels, in UTF-8.

        Parameters
        ----------
        blocks : whole passages
        threads : how many share the work, all cores for ``None``; the result does not depend on it
        probabilities : whether each line also has the probability of its label
        """
        spelling, threads = self.labelling.spelling, thread_count(threads)
        return tagged_lines(blocks, self.encoder, self._compiled(), spelling, threads, probabilities)

    def _compiled(self) -> CompiledScores:
        """Return the network, with its parameters as they are now, for the kernels."""
        kernels.load(kernels.TAGGING)
        bonus = self.labelling.chunk_bonus(self.bonus) if self.bonus else None
        return CompiledScores.of(self.config, self.network, self.labelling.decoder, self.temperature, bonus)

    def _seen_of(self, corpus: Corpus) -> _Seen:
        """Return what the network sees of a corpus, encoded at its first use."""
        seen = self._seen.get(corpus)
        if seen is None:
            units = self.encoder.seen(corpus)
            passages = Passages.of(units, self.unit.unbroken_offsets(corpus))
            seen = self._seen[corpus] = _Seen(passages, feature_matrix(self.encoder, units.forms))
        return seen

    def evaluate(self, corpus: Corpus, threads: int | None = None) -> Evaluation:
        """Compare predictions with the labels of a corpus; see `predict`."""
        gold = self.labelling.gold(corpus)
        kernels.load(kernels.TAGGING)  # once a process: no part of the speed
        started = perf_counter()
        labels = self.predict(corpus, threads)
        seconds = perf_counter() - started
        predicted = self._written(labels, corpus)
        evaluation = evaluate_labels(gold, predicted, plain=self.labelling.plain)
        confusions = find_confusions(gold, predicted, corpus.words, plain=self.labelling.plain)
        return replace(evaluation, seconds=seconds, confusions=confusions)
