"""The tagger: labels every word of a text from a window of word vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.reference import Feeds
from deltarule.tagging.batches import Sentences
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.evaluation import Evaluation
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.tagging.model_files import load_model, save_model
from deltarule.tagging.tagged import TaggedText
from deltarule.text import Corpus, WordVectors, read_corpus, read_plain, read_vectors
from deltarule.training.epochs import Epoch, History, best_epoch_kept
from deltarule.training.schedules import schedule
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import update_rule

__all__ = ["Progress", "Tagger"]


@dataclass(frozen=True)
class Progress:
    """Functions that are called while a tagger trains; each may be left out.

    Attributes
    ----------
    vectors : with the fraction of the vector file read
    step : with the number of the epoch, and the fraction of it that is done
    epoch : with each finished epoch and its evaluation on development data, if there is any
    """

    vectors: Callable[[float], None] | None = None
    step: Callable[[int, float], None] | None = None
    epoch: Callable[[Epoch, Evaluation | None], None] | None = None


class Tagger:
    """Labels every word of a text: entities, parts of speech, or any other label a word.

    The vectors of a window of words, x, pass through one hidden layer, a = f(W x + b), to a score for each label,
    s = U a + c; the best sequence of labels that the label scheme allows is the answer.

    Parameters
    ----------
    vectors : file of word vectors (GloVe or word2vec text, gzip allowed), or vectors read by `read_vectors`
    settings : any field of `TaggerConfig`, such as window=5, hidden=300, objective="softmax", epochs=8, seed=0

    Attributes
    ----------
    config : all settings
    history : epochs of the last `fit`

    Examples
    --------
    >>> import deltarule as dr
    >>> sample = dr.sample_corpus()
    >>> tagger = dr.Tagger(hidden=50, epochs=2).fit(sample.train, dev=sample.dev)
    >>> tagged = tagger.tag("Museums in Paris are amazing")
    >>> [token.text for token in tagged.tokens]
    ['Museums', 'in', 'Paris', 'are', 'amazing']
    """

    def __init__(self, vectors: str | Path | WordVectors | None = None, **settings: Any) -> None:
        self._vectors = vectors if isinstance(vectors, WordVectors) else None
        path = None if vectors is None or isinstance(vectors, WordVectors) else str(vectors)
        self.config = TaggerConfig.checked({"vectors": path, **settings})
        self.history: History | None = None
        self._model: TaggingModel | None = None

    @property
    def model(self) -> TaggingModel:
        """The trained labels, vocabularies and network; `InputError` before `fit`."""
        if self._model is None:
            raise InputError("this tagger is not trained yet; call fit(train) first, or deltarule.load(directory)")
        return self._model

    def fit(
        self,
        train: str | Path | Corpus,
        dev: str | Path | Corpus | None = None,
        *,
        columns: tuple[int, int] | None = None,
        field: str = "upos",
        encoding: str = "utf-8",
        scheme: str | None = None,
        progress: Progress | None = None,
    ) -> Tagger:
        """Train on a labelled corpus.

        Parameters
        ----------
        train : file (CoNLL columns or CoNLL-U) or corpus
        dev : development data; the parameters of the epoch that does best on it are kept
        columns : columns of token and label in CoNLL files, from 0, negative from the end; first and last by default
        field : label in CoNLL-U files, "upos" or "xpos"
        encoding : of the files
        scheme : label scheme of the files: "IOB1", "IOB2", "IOBES", "BMES", "BILOU" or "plain"; by default it is
            recognised, and labels that break it are an error, where a scheme given here has them read as conlleval does
        progress : functions to call on the way

        Returns
        -------
        Tagger
            Itself.

        Raises
        ------
        InputError
            For files, labels or settings that cannot be used.
        NonFiniteError
            When the loss becomes NaN or infinite; the best epoch before it, if there was one, is kept.
        """
        progress = progress or Progress()
        train = _read(train, columns, field, encoding)
        dev = None if dev is None else _read(dev, columns, field, encoding)
        labelling, labels = Labelling.of_corpus(train, scheme)
        if dev is not None:
            labelling.gold(dev)  # complains now rather than after the first epoch
        model = TaggingModel.untrained(self.config, labelling, train, self._word_vectors(progress))
        sentences = Sentences(train, model.encoder.encode(train.forms), self.config.window, labels)
        run = _TrainingRun(self, model, sentences, dev, progress)
        self.history = History()
        best_epoch_kept(
            run.trainer,
            run.batches,
            self.config.epochs,
            score=None if dev is None else run.score,
            patience=self.config.patience,
            on_step=run.after_step,
            on_epoch=run.after_epoch,
            history=self.history,
        )
        return self

    def tag(self, text: str | Sequence[str]) -> TaggedText:
        """Label the words of a text.

        Parameters
        ----------
        text : plain text, which is divided into sentences and tokens, or the tokens of one sentence

        Returns
        -------
        TaggedText
            Tokens with labels, and entities with character offsets; for tokens, offsets in the tokens joined by spaces.
        """
        if isinstance(text, str):
            return self.tag_corpus(read_plain(text))
        if not all(isinstance(token, str) and token for token in text):
            raise InputError("tokens to tag must be strings with at least one character each")
        return self.tag_corpus(Corpus.from_sentences([text] if text else []))

    def tag_corpus(self, corpus: Corpus) -> TaggedText:
        """Label the words of a corpus; one without a text is given its tokens joined by spaces, a sentence a line."""
        corpus = corpus if corpus.text is not None else _with_text(corpus)
        return TaggedText.of_corpus(corpus, self.predict(corpus), chunks=not self.model.labelling.plain)

    def predict(self, corpus: Corpus) -> list[str]:
        """Return a label for each token of a corpus, in the scheme of the training corpus."""
        return self.model.labelling.written(self.model.predict(corpus), corpus)

    def evaluate(
        self,
        corpus: str | Path | Corpus,
        *,
        columns: tuple[int, int] | None = None,
        field: str = "upos",
        encoding: str = "utf-8",
    ) -> Evaluation:
        """Compare predictions with the labels of a corpus, by the conlleval definition of precision, recall and F1."""
        return self.model.evaluate(_read(corpus, columns, field, encoding))

    def save(self, directory: str | Path) -> None:
        """Write the model to a directory: config.json, weights.safetensors, and vocabularies as plain text.

        A model that is there already is replaced only when the new one is complete.
        """
        save_model(directory, self.model)

    @classmethod
    def load(cls, directory: str | Path) -> Tagger:
        """Read a model that `save` wrote; `ModelError` where it is damaged or of another version."""
        model = load_model(directory)
        tagger = cls()
        tagger.config, tagger._model = model.config, model
        return tagger

    def _word_vectors(self, progress: Progress) -> WordVectors | None:
        """Read the file of vectors, if there is one."""
        if self._vectors is None and self.config.vectors is not None:
            return read_vectors(self.config.vectors, progress=progress.vectors)
        return self._vectors


class _TrainingRun:
    """What the loop over epochs calls: batches of sentences, the score on development data, progress."""

    def __init__(
        self, tagger: Tagger, model: TaggingModel, sentences: Sentences, dev: Corpus | None, progress: Progress
    ) -> None:
        config = tagger.config
        self.tagger, self.model, self.sentences, self.dev, self.progress = tagger, model, sentences, dev, progress
        self.batch = config.batch
        self.random = np.random.default_rng(config.seed)
        # A sentence is never cut, so there are at most as many batches as sentences.
        self.steps_an_epoch = min(-(-len(sentences.corpus) // config.batch), sentences.corpus.sentences)
        self.epoch = 0
        self.evaluation: Evaluation | None = None
        words = model.network.parameters.get("word.vectors")
        self.trainer = Trainer(
            model.network.loss,
            update_rule(config.update_rule, config.learning_rate),
            schedule=schedule(config.schedule, config.warm_up),
            steps=config.epochs * self.steps_an_epoch,
            frozen=[] if config.trainable_vectors or words is None else [words],
            clip=config.clip,
            seed=config.seed,
        )

    def batches(self, epoch: int) -> Iterator[Feeds]:
        """Yield the batches of an epoch."""
        self.epoch = epoch
        for batch in self.sentences.batches(self.batch, self.random):
            yield self.sentences.feeds(batch)

    def score(self) -> float:
        """Return F1 on development data, or accuracy where labels mark no chunks."""
        assert self.dev is not None
        self.evaluation = self.model.evaluate(self.dev)
        return self.evaluation.accuracy if self.model.labelling.plain else self.evaluation.overall.f1

    def after_step(self, step: int, loss: float) -> None:
        """Report how much of the epoch is done."""
        if self.progress.step:
            self.progress.step(self.epoch, min(1.0, step / self.steps_an_epoch))

    def after_epoch(self, epoch: Epoch) -> None:
        """Make the model usable, and report the epoch."""
        self.tagger._model = self.model
        if self.progress.epoch:
            self.progress.epoch(epoch, self.evaluation)


def _read(corpus: str | Path | Corpus, columns: tuple[int, int] | None, field: str, encoding: str) -> Corpus:
    """Return a corpus with at least one sentence, read from a file where it is not one yet."""
    if not isinstance(corpus, Corpus):
        corpus = read_corpus(corpus, columns=columns, field=field, encoding=encoding)
    if not len(corpus):
        raise InputError(f"{corpus.source}: there are no tokens in this corpus")
    return corpus


def _with_text(corpus: Corpus) -> Corpus:
    """Give a corpus the text of its tokens joined by spaces, a sentence a line."""
    lengths = np.array([len(form) for form in corpus.forms], np.int32)[corpus.tokens]
    ends = (np.cumsum(lengths + 1) - 1).astype(np.int32)
    filled = np.flatnonzero(np.diff(corpus.sentence_offsets)).tolist()
    text = "\n".join(" ".join(corpus.words(sentence)) for sentence in filled)
    return replace(corpus, starts=ends - lengths, ends=ends, text=text)
