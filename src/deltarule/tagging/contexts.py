"""Context features: what the rest of a passage, and the capitals of its sentence, say of a word."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array
from deltarule.kernels.context_layout import ALL_CAPITALS, CAPITAL, LETTERS, OTHERS, SENTENCE, SMALL, TRAITS
from deltarule.text import Corpus, fold, passage_offsets

__all__ = [
    "CONTEXT_DIMENSION",
    "Passages",
    "context_features",
    "context_size",
    "form_traits",
    "principal_components",
    "sentence_size",
]

CONTEXT_DIMENSION = 32
"""Principal components of word vectors that tell of the words around."""
_FREQUENT = 20_000  # words, the most frequent, which stand first, that principal components are found for
_DEVIATION = 0.4
_BATCH = 1 << 13  # tokens that are scored before they are labelled; a passage is not cut


def context_size(dimension: int) -> int:
    """Return how many context features there are with vectors of a dimension."""
    return 2 * dimension + OTHERS + sentence_size(dimension)


def sentence_size(dimension: int) -> int:
    """Return how many of them, the last ones, tell of the sentence."""
    return dimension + SENTENCE


def form_traits(forms: Sequence[str]) -> NDArray[np.int32]:
    """Describe forms for `context_features`, of shape (1 + forms, TRAITS); row 0 is what lies beyond a sentence's ends.

    Two words are the same if the hashes of their folded forms are, so that nothing has to be remembered of a text.
    """
    hashes = b"".join(blake2b(fold(form).encode("utf-8", "surrogatepass"), digest_size=8).digest() for form in forms)
    traits = np.zeros((1 + len(forms), TRAITS), np.int32)
    traits[1:, :2] = np.frombuffer(hashes, np.dtype("<i4")).reshape(-1, 2)
    traits[1:, 2] = [_writing(form) for form in forms]
    return traits


def _writing(form: str) -> int:
    """Say how a form is written, in bits."""
    bits = SMALL * form[:1].islower() | CAPITAL * form[:1].isupper() | ALL_CAPITALS * form.isupper()
    return bits | LETTERS * any(map(str.isalpha, form))


class Passages(NamedTuple):
    """Whole passages of a text.

    Attributes
    ----------
    forms : row of each token's form in a table of forms
    sentence_offsets : where sentences begin and end, in tokens
    passage_offsets : where passages begin and end, in sentences
    """

    forms: NDArray[np.int32]
    sentence_offsets: NDArray[np.int64]
    passage_offsets: NDArray[np.int64]

    @classmethod
    def of(cls, corpus: Corpus, unbroken_offsets: NDArray[np.int64] | None = None) -> Passages:
        """Return the passages of a corpus; row 0 of the table of its forms is the boundary of sentences.

        Parameters
        ----------
        corpus : the text
        unbroken_offsets : where stretches begin and end that stand for sentences, as no chunk may reach across them
        """
        sentences, documents = corpus.sentence_offsets.astype(np.int64), corpus.document_offsets
        if unbroken_offsets is None or len(unbroken_offsets) == len(sentences):
            return cls(corpus.tokens + np.int32(1), sentences, passage_offsets(documents))
        begins = np.searchsorted(unbroken_offsets, sentences[documents])
        return cls(corpus.tokens + np.int32(1), unbroken_offsets, passage_offsets(begins))

    @property
    def tokens(self) -> int:
        """The number of tokens."""
        return len(self.forms)

    def batches(self) -> list[tuple[Passages, slice]]:
        """Divide the passages into batches whose scores stay in the cache, with the tokens that each takes."""
        ends = self.sentence_offsets[self.passage_offsets]
        cuts = np.searchsorted(ends, np.arange(0, ends[-1], _BATCH))
        return [self._between(first, last) for first, last in pairwise(np.unique([*cuts, len(ends) - 1]).tolist())]

    def _between(self, first: int, last: int) -> tuple[Passages, slice]:
        """Return some of the passages, with the tokens that they take."""
        passages = self.passage_offsets[first : last + 1]
        sentences = self.sentence_offsets[passages[0] : passages[-1] + 1]
        tokens = slice(int(sentences[0]), int(sentences[-1]))
        return Passages(self.forms[tokens], sentences - sentences[0], passages - passages[0]), tokens


def context_features(passages: Passages, table: NDArray[np.int32], word: int, vectors: Array) -> Array:
    """Return the context features of each token, of shape (tokens, context_size(d)); the kernel says which they are.

    Parameters
    ----------
    passages : the text
    table : whole numbers of each form, the last of which are its traits
    word : the column of the table that has the row of a form's vector
    vectors : of shape (words, d)
    """
    from deltarule.kernels import contexts

    features = np.empty((passages.tokens, context_size(vectors.shape[1])), np.float32)
    contexts.context_features(*passages, table, word, vectors, features)
    return features


def principal_components(vectors: Array, dimension: int) -> Array:
    """Shorten word vectors: products with the directions in which those of frequent words differ most.

    Parameters
    ----------
    vectors : of shape (words, ·), the most frequent words first
    dimension : largest size of the short vectors

    Returns
    -------
    array of float32, shape (words, min(dimension, ·))
        Of vectors scaled to a standard deviation of 0.4.
    """
    scaled = vectors * np.float32(_DEVIATION / (float(vectors.std()) or 1.0))
    frequent = scaled[:_FREQUENT].astype(np.float64)
    frequent -= frequent.mean(axis=0)
    _, directions = np.linalg.eigh(frequent.T @ frequent)
    short: Array = scaled @ directions[:, ::-1][:, :dimension].astype(np.float32)
    return short
