"""A corpus is columns, not objects: distinct forms, form ids per token, offsets of sentences and documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.text.passages import PASSAGE

__all__ = ["Corpus", "CorpusBuilder"]


@dataclass(frozen=True, eq=False)
class Corpus:
    """Sentences of words, with or without labels, as columns.

    Parameters
    ----------
    forms : tuple of str
        The distinct surface strings.
    tokens : array of int32, shape (tokens,)
        For each token, the index of its surface string in `forms`.
    sentence_offsets : array of int32, shape (sentences + 1,)
        Sentence i is tokens ``sentence_offsets[i]`` up to ``sentence_offsets[i + 1]``.
    document_offsets : array of int32, shape (documents + 1,)
        Document i is sentences ``document_offsets[i]`` up to ``document_offsets[i + 1]``.
    labels : array of int16, shape (tokens,), optional
        For each token, the index of its label in `label_names`.
    label_names : tuple of str
        The distinct labels.
    starts, ends : array of int32, shape (tokens,), optional
        Character offsets of the tokens in `text`; corpora read from plain text have them.
    text : str, optional
        The plain text that the tokens came from.
    source : str
        Where the corpus came from, for messages.

    Raises
    ------
    InputError
        If the columns do not fit each other.

    Examples
    --------
    >>> corpus = Corpus.from_sentences([["Ada", "met", "Ada"], ["Yes"]])
    >>> corpus.forms, corpus.tokens.tolist(), corpus.sentence_offsets.tolist()
    (('Ada', 'met', 'Yes'), [0, 1, 0, 2], [0, 3, 4])
    >>> len(corpus), corpus.sentences, corpus.words(1)
    (4, 2, ['Yes'])
    """

    forms: tuple[str, ...]
    tokens: NDArray[np.int32]
    sentence_offsets: NDArray[np.int32]
    document_offsets: NDArray[np.int32]
    labels: NDArray[np.int16] | None = None
    label_names: tuple[str, ...] = ()
    starts: NDArray[np.int32] | None = None
    ends: NDArray[np.int32] | None = None
    text: str | None = None
    source: str = "<memory>"

    def __post_init__(self) -> None:
        self._check_ids("tokens", self.tokens, len(self.forms), "forms")
        self._check_offsets("sentence_offsets", self.sentence_offsets, len(self.tokens), "tokens")
        self._check_offsets("document_offsets", self.document_offsets, self.sentences, "sentences")
        if self.labels is not None:
            self._check_length("labels", len(self.labels))
            self._check_ids("labels", self.labels, len(self.label_names), "label names")
        if (self.starts is None, self.ends is None) != (self.text is None,) * 2:
            raise InputError(f"{self.source}: starts, ends and text belong together; give all three or none")
        if self.starts is not None and self.ends is not None:
            self._check_length("starts", len(self.starts))
            self._check_length("ends", len(self.ends))

    def _check_ids(self, name: str, ids: NDArray[np.int32] | NDArray[np.int16], count: int, of: str) -> None:
        if len(ids) and not (ids.min() >= 0 and ids.max() < count):
            raise InputError(f"{self.source}: {name} run from {ids.min()} to {ids.max()}, but there are {count} {of}")

    def _check_offsets(self, name: str, offsets: NDArray[np.int32], total: int, unit: str) -> None:
        if not len(offsets) or offsets[0] != 0 or offsets[-1] != total or (np.diff(offsets) < 0).any():
            raise InputError(f"{self.source}: {name} must rise from 0 to the number of {unit}, which is {total}")

    def _check_length(self, name: str, length: int) -> None:
        if length != len(self.tokens):
            raise InputError(f"{self.source}: {length} {name} for {len(self.tokens)} tokens; give one for each token")

    @classmethod
    def from_sentences(
        cls,
        sentences: Sequence[Sequence[str]],
        labels: Sequence[Sequence[str]] | None = None,
        documents: Sequence[int] | None = None,
        source: str = "<memory>",
    ) -> Corpus:
        """Build a corpus from lists of words.

        Parameters
        ----------
        sentences : sequence of sequences of str
            The words of each sentence.
        labels : sequence of sequences of str, optional
            The labels of each sentence, one for each word.
        documents : sequence of int, optional
            The number of sentences in each document; one document if absent.
        source : str
            Where the sentences came from, for messages.

        Returns
        -------
        Corpus

        Raises
        ------
        InputError
            If the labels or documents do not fit the sentences.
        """
        for sentence in sentences:
            if isinstance(sentence, str):
                raise InputError(
                    f"{source}: a sentence is a list of words, not the string {sentence!r}; split it first"
                )
        lengths = [len(sentence) for sentence in sentences]
        if labels is not None:
            _check_sentence_lengths(lengths, [len(sentence) for sentence in labels], source)
        if documents is None:
            documents = [len(sentences)] if len(sentences) else []
        return _corpus_of_columns(
            list(chain.from_iterable(sentences)),
            None if labels is None else list(chain.from_iterable(labels)),
            np.cumsum([0, *lengths]),
            np.cumsum([0, *documents]),
            source,
        )

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        return len(self.sentence_offsets) - 1

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self.document_offsets) - 1

    def words(self, sentence: int) -> list[str]:
        """Return the words of one sentence."""
        return [self.forms[token] for token in self.tokens[self._tokens_of(sentence)].tolist()]

    def sentence_labels(self, sentence: int) -> list[str]:
        """Return the labels of one sentence; an InputError if the corpus has none."""
        if self.labels is None:
            raise InputError(f"{self.source}: this corpus has no labels; read it from a file that has a label column")
        return [self.label_names[label] for label in self.labels[self._tokens_of(sentence)].tolist()]

    def _tokens_of(self, sentence: int) -> slice:
        if not 0 <= sentence < self.sentences:
            raise IndexError(f"{self.source}: there is no sentence {sentence}; there are {self.sentences}")
        return slice(int(self.sentence_offsets[sentence]), int(self.sentence_offsets[sentence + 1]))

    def with_labels(self, labels: Sequence[str] | NDArray[np.int16], names: Sequence[str] | None = None) -> Corpus:
        """Return the same text with other labels.

        Parameters
        ----------
        labels : sequence of str, or array of int16, shape (tokens,)
            The label of each token, as strings; or as indices if `names` is given.
        names : sequence of str, optional
            What the indices stand for.

        Returns
        -------
        Corpus

        Examples
        --------
        >>> corpus = Corpus.from_sentences([["Ada", "slept"]])
        >>> corpus.with_labels(["NOUN", "VERB"]).sentence_labels(0)
        ['NOUN', 'VERB']
        >>> corpus.with_labels(np.array([1, 1], np.int16), ["VERB", "NOUN"]).sentence_labels(0)
        ['NOUN', 'NOUN']
        """
        if names is None:
            label_ids, distinct = _number([str(label) for label in labels])
        else:
            label_ids, distinct = np.asarray(labels), tuple(names)
        return replace(self, labels=label_ids.astype(np.int16), label_names=_checked_names(distinct, self.source))

    def occurrences(self) -> NDArray[np.int64]:
        """Count how often each form occurs, in the order of `forms`."""
        return np.bincount(self.tokens, minlength=len(self.forms)).astype(np.int64)


class CorpusBuilder:
    """Collects tokens in reading order and builds the corpus at the end; empty sentences and documents vanish.

    Attributes
    ----------
    document_begins : for each document that was ended, the number of the sentence behind it

    Examples
    --------
    >>> builder = CorpusBuilder("notes.conll")
    >>> builder.add_token("Paris", "B-LOC")
    >>> builder.end_sentence()
    >>> builder.build().sentence_labels(0)
    ['B-LOC']
    """

    def __init__(self, source: str = "<memory>") -> None:
        self.source = source
        self._words: list[str] = []
        self._labels: list[str] = []
        self._sentence_offsets = [0]
        self._document_offsets = [0]
        self.document_begins: list[int] = []

    def add_token(self, form: str, label: str | None = None) -> None:
        """Add one token; either every token has a label or none has."""
        self._words.append(form)
        if label is not None:
            self._labels.append(label)

    def end_sentence(self) -> None:
        """End the sentence, if it has tokens."""
        if len(self._words) > self._sentence_offsets[-1]:
            self._sentence_offsets.append(len(self._words))

    def end_document(self) -> None:
        """End the sentence, then the document, if they have anything in them."""
        self.end_sentence()
        sentences = len(self._sentence_offsets) - 1
        self.document_begins.append(sentences)
        if sentences > self._document_offsets[-1]:
            self._document_offsets.append(sentences)

    def build_passages(self) -> Corpus:
        """Build a corpus of the passages that are complete, and go on with the rest."""
        begin = self._document_offsets[-1]
        cut = begin + (len(self._sentence_offsets) - 1 - begin) // PASSAGE * PASSAGE
        token, documents = self._sentence_offsets[cut], self._document_offsets
        corpus = _corpus_of_columns(
            self._words[:token],
            self._labels[:token] or None,
            self._sentence_offsets[: cut + 1],
            documents if cut == begin else [*documents, cut],
            self.source,
        )
        self._words, self._labels = self._words[token:], self._labels[token:]
        self._sentence_offsets = [offset - token for offset in self._sentence_offsets[cut:]]
        self._document_offsets, self.document_begins = [0], []
        return corpus

    def build(self) -> Corpus:
        """End the last document and return the corpus."""
        self.end_document()
        return _corpus_of_columns(
            self._words, self._labels or None, self._sentence_offsets, self._document_offsets, self.source
        )


def _corpus_of_columns(
    words: Sequence[str],
    labels: Sequence[str] | None,
    sentence_offsets: Sequence[int] | NDArray[np.int64],
    document_offsets: Sequence[int] | NDArray[np.int64],
    source: str,
) -> Corpus:
    tokens, forms = _number(words)
    label_ids, label_names = (None, ()) if labels is None else _number(labels)
    return Corpus(
        forms,
        tokens,
        np.asarray(sentence_offsets, np.int32),
        np.asarray(document_offsets, np.int32),
        None if label_ids is None else label_ids.astype(np.int16),
        _checked_names(label_names, source),
        source=source,
    )


def _number(strings: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Give each string the number of its first appearance among the distinct strings; return both."""
    numbers = {string: number for number, string in enumerate(dict.fromkeys(strings))}
    return np.fromiter(map(numbers.__getitem__, strings), np.int32, len(strings)), tuple(numbers)


def _checked_names(names: tuple[str, ...], source: str) -> tuple[str, ...]:
    limit = np.iinfo(np.int16).max
    if len(names) > limit:
        raise InputError(f"{source}: {len(names)} distinct labels, at most {limit} are possible; is the column right?")
    return names


def _check_sentence_lengths(words: Sequence[int], labels: Sequence[int], source: str) -> None:
    if len(words) != len(labels):
        raise InputError(f"{source}: {len(words)} sentences but {len(labels)} lists of labels; give one for each")
    unequal: Iterable[int] = (i for i, lengths in enumerate(zip(words, labels, strict=True)) if len(set(lengths)) > 1)
    for i in unequal:
        raise InputError(f"{source}: sentence {i} has {words[i]} words but {labels[i]} labels; give one for each word")
