"""The tagger: labels every word of a text from a window of word vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.explaining import Explanation, Trace
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.evaluation import Evaluation
from deltarule.tagging.explain import explain_word, trace_word
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.tagging.model_files import load_model, save_model
from deltarule.tagging.tagged import TaggedText
from deltarule.tagging.training_run import Progress, TrainingRun
from deltarule.text import UNITS, Corpus, Unit, WordVectors, read_corpus, read_vectors
from deltarule.training.epochs import Epoch, History, Watch

__all__ = ["Progress", "Tagger"]


class Tagger:
    """Labels every word of a text: entities, parts of speech, or any other label a word; or every character.

    The vectors of a window of words, x, and what its document says of the word, c, pass through hidden layers side by
    side, each a = f(W x + V c + b), to scores of labels, s = U a + d, of which the mean is taken; the best sequence of
    labels that the label scheme allows is the answer.

    Parameters
    ----------
    vectors : file of word vectors (GloVe or word2vec text, gzip allowed), or vectors read by `read_vectors`
    settings : any field of `TaggerConfig`, such as window=5, members=3, hidden=100, objective="crf", epochs=8;
        unit="character" labels characters: it divides Chinese into words

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
        threads: int | None = None,
        progress: Progress | None = None,
        watch: Watch | None = None,
    ) -> Tagger:
        """Train on a labelled corpus.

        Parameters
        ----------
        train : file (CoNLL columns or CoNLL-U) or corpus; under unit="character", words are cut into characters, and
            labels that mark no chunks (parts of speech) give way to those of the words: B, M, E, S
        dev : development data; the parameters of the epoch that does best on it are kept, probabilities are
            calibrated on it, and what every chunk gets as a bonus for F1 is fitted on it
        columns : columns of token and label in CoNLL files, from 0, negative from the end; first and last by default
        field : label in CoNLL-U files, "upos" or "xpos"
        encoding : of the files
        scheme : label scheme of the files: "IOB1", "IOB2", "IOBES", "BMES", "BILOU" or "plain"; by default it is
            recognised, and labels that break it are an error, where a scheme given here has them read as conlleval does
        threads : how many share the work, all cores for ``None``; the model does not depend on it
        progress : functions to call on the way
        watch : looks at the layers before training and after each epoch, such as a `TrainingWatch`

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
        unit = UNITS[self.config.unit]
        train = unit.cut(_read(train, columns, field, encoding), scheme)
        dev = None if dev is None else unit.cut(_read(dev, columns, field, encoding), scheme)
        if unit is UNITS["character"] and set(train.label_names) <= set("BMES"):
            scheme = "BMES"  # also where no word is long enough to show it
        labelling, labels = Labelling.of_corpus(train, scheme)
        if dev is not None:
            labelling.gold(dev)  # complains now rather than after the first epoch
        model = TaggingModel.untrained(self.config, labelling, train, self._word_vectors(progress))
        sentences = model.sentences(train, labels)
        self.history = History()

        def finished(epoch: Epoch, evaluation: Evaluation | None) -> None:
            self._model = model  # usable from its first epoch on, even where training is interrupted
            if progress.epoch:
                progress.epoch(epoch, evaluation)

        run = TrainingRun(model, sentences, dev, Progress(step=progress.step, epoch=finished), threads, watch)
        run.finish(self.history)
        if self._model is not None:
            self._model = self._model.with_usual_bonus() if dev is None else self._model.calibrated(dev, threads)
        return self

    def tag(self, text: str | Sequence[str], *, threads: int | None = None, probabilities: bool = False) -> TaggedText:
        """Label the words of a text.

        Parameters
        ----------
        text : plain text, which is divided into sentences and tokens (or characters), or the tokens of one sentence
        threads : how many share the work, all cores for ``None``; the result does not depend on it
        probabilities : whether tokens have the probability of their label

        Returns
        -------
        TaggedText
            Tokens with labels, and entities with character offsets; for tokens, offsets in the tokens joined by spaces.
            Its `words` are what a segmenter found.
        """
        if isinstance(text, str):
            return self.tag_corpus(self.model.unit.read_plain(text), threads=threads, probabilities=probabilities)
        if not all(isinstance(token, str) and token for token in text):
            raise InputError("tokens to tag must be strings with at least one character each")
        corpus = Corpus.from_sentences([text] if text else [])
        return self.tag_corpus(corpus, threads=threads, probabilities=probabilities)

    def tag_corpus(self, corpus: Corpus, *, threads: int | None = None, probabilities: bool = False) -> TaggedText:
        """Label the words of a corpus; one without a text is given its tokens joined by spaces, a sentence a line."""
        unit = self.model.unit
        corpus = unit.cut(corpus, None)
        corpus = corpus if corpus.text is not None else _with_text(corpus, unit)
        labelling, chunks = self.model.labelling, not self.model.labelling.plain
        if not probabilities:
            return TaggedText.of_corpus(corpus, self.predict(corpus, threads=threads), chunks)
        labels, found = self.model.predict_with_probabilities(corpus, threads)
        confidences = [round(p, 4) for p in labelling.spelling.confidences(found, labels).tolist()]
        return TaggedText.of_corpus(corpus, labelling.written(labels, corpus), chunks, confidences)

    def predict(self, corpus: Corpus, *, threads: int | None = None) -> list[str]:
        """Return a label for each token (or character) of a corpus, in the scheme of the training corpus."""
        corpus = self.model.unit.cut(corpus, None)
        return self.model.labelling.written(self.model.predict(corpus, threads), corpus)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that tokens can be given, in the order of the columns of `probabilities`."""
        return self.model.labelling.spelling.names

    def probabilities(self, corpus: Corpus, *, threads: int | None = None) -> NDArray[np.float32]:
        """Return the probability of each label at each token of a corpus, of shape (tokens, labels).

        Under "crf" they are the marginals of the sentence's label sequences (forward-backward), else a softmax; in both
        only over sequences that the label scheme allows. Training with development data calibrates them.

        Examples
        --------
        >>> import deltarule as dr
        >>> sample = dr.sample_corpus()
        >>> tagger = dr.Tagger(hidden=50, epochs=2, objective="crf").fit(sample.train, dev=sample.dev)
        >>> p = tagger.probabilities(sample.dev)
        >>> p.shape == (len(sample.dev), len(tagger.labels)), bool(abs(p.sum(axis=1) - 1).max() < 1e-5)
        (True, True)
        """
        _, found = self.model.predict_with_probabilities(self.model.unit.cut(corpus, None), threads)
        return self.model.labelling.spelling.probabilities(found)

    def evaluate(
        self,
        corpus: str | Path | Corpus,
        *,
        columns: tuple[int, int] | None = None,
        field: str = "upos",
        encoding: str = "utf-8",
        threads: int | None = None,
    ) -> Evaluation:
        """Compare predictions with the labels of a corpus, by the conlleval definition of precision, recall and F1."""
        labelled = self.model.unit.cut(_read(corpus, columns, field, encoding), None)
        return self.model.evaluate(labelled, threads)

    def explain(self, text: str | Sequence[str], word: str | int, *, baseline: str = "boundary") -> Explanation:
        """Say why a word got its label: what each word of its window, and each feature of each word, did for it.

        The margin, the score of the label less that of the runner-up, is shared out by gradient × input and by
        integrated gradients, whose parts sum to the margin less that of a baseline; and words are masked, as a check.

        Parameters
        ----------
        text : plain text, or the tokens of one sentence
        word : the word, where it stands in the text once, or its number in the text, counted from 0
        baseline : what stands for no word: "boundary", the vectors that the network was trained to see beyond the ends
            of a sentence, or "zero"

        Returns
        -------
        Explanation
            Print it for a table; ``.to_dict()`` is for JSON, ``.to_html()`` a page of its own.

        Examples
        --------
        >>> import deltarule as dr
        >>> tagger = dr.Tagger(hidden=50, epochs=2).fit(dr.sample_corpus().train)
        >>> explanation = tagger.explain("Museums in Paris are amazing", "Paris")
        >>> [word.word for word in explanation.window]
        ['Museums', 'in', 'Paris', 'are', 'amazing']
        >>> parts = sum(word.integrated for word in explanation.window)
        >>> abs(parts - (explanation.margin - explanation.baseline_margin)) < 1e-3
        True
        """
        return explain_word(self.model, text, word, baseline)

    def trace(self, text: str | Sequence[str], word: str | int, weight: str) -> Trace:
        """Follow the error signal from the score of a word's label back to one weight, as the network shares it out.

        Parameters
        ----------
        text, word : as in `explain`
        weight : such as ``"hidden[3,14]"``, from input 14 to neuron 3, or ``"hidden.bias[3]"``; of the second member,
            ``"hidden2[3,14]"``
        """
        return trace_word(self.model, text, word, weight)

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
        """Read the file of vectors, if there is one; for characters, those of words of one character."""
        vectors = self._vectors
        if vectors is None and self.config.vectors is not None:
            vectors = read_vectors(self.config.vectors, progress=progress.vectors)
        if vectors is None or self.config.unit == "word":
            return vectors
        single = [row for row, word in enumerate(vectors.words) if len(word) == 1]
        return WordVectors(tuple(vectors.words[row] for row in single), vectors.matrix[single])


def _read(corpus: str | Path | Corpus, columns: tuple[int, int] | None, field: str, encoding: str) -> Corpus:
    """Return a corpus with at least one sentence, read from a file where it is not one yet."""
    if not isinstance(corpus, Corpus):
        corpus = read_corpus(corpus, columns=columns, field=field, encoding=encoding)
    if not len(corpus):
        raise InputError(f"{corpus.source}: there are no tokens in this corpus")
    return corpus


def _with_text(corpus: Corpus, unit: Unit) -> Corpus:
    """Give a corpus the text of its tokens joined, words by spaces, a sentence a line."""
    lengths = np.array([len(form) for form in corpus.forms], np.int32)[corpus.tokens]
    filled = np.flatnonzero(np.diff(corpus.sentence_offsets))
    last = np.zeros(len(corpus), bool)
    last[corpus.sentence_offsets[filled + 1] - 1] = True
    behind = np.where(last, 1, len(unit.between)).astype(np.int32)
    ends = (np.cumsum(lengths + behind) - behind).astype(np.int32)
    text = "\n".join(unit.between.join(corpus.words(sentence)) for sentence in filled.tolist())
    return replace(corpus, starts=ends - lengths, ends=ends, text=text)
