"""Batches of whole sentences, as feeds of the tagger's network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array
from deltarule.tagging.encoding import EncodedForms
from deltarule.text import Corpus
from deltarule.training.stack import Stack

__all__ = ["Sentences", "cut_by_tokens"]

_TOKENS = 32768  # of batches that are put together at a time


class Sentences:
    """The sentences of a corpus with the feature ids of its forms, ready to be cut into batches.

    Parameters
    ----------
    corpus : the text
    encoded : feature ids of its forms
    window : words in a window
    labels : label id of each token, for training
    whole : whether the objective is one of whole sentences, which needs their lengths
    context : context features of each token, if the network takes them
    """

    def __init__(
        self,
        corpus: Corpus,
        encoded: EncodedForms,
        window: int,
        labels: NDArray[np.int32] | None = None,
        whole: bool = False,
        context: Array | None = None,
    ) -> None:
        self.corpus, self.encoded, self.window, self.labels, self.whole = corpus, encoded, window, labels, whole
        self.context = context
        self._names = list(encoded)
        # Those of a form side by side, as forms come from all over the corpus.
        self._features = np.stack([encoded[name] for name in self._names], axis=1)
        self._lengths = np.diff(corpus.sentence_offsets)
        self._places = np.zeros(len(corpus.forms), np.int32)

    def feeds(self, sentences: NDArray[np.intp]) -> dict[str, Array]:
        """Return the arrays of a batch: ids of its distinct forms, windows as rows among them, context and labels.

        Row 0 is the boundary, which stands where a window reaches beyond its sentence.
        """
        return self.stack([sentences]).feeds(0)

    def stack(self, batches: Sequence[NDArray[np.intp]]) -> Stack:
        """Return the arrays of several batches, end to end."""
        from deltarule.kernels.batches import lay_out_sentences

        corpus, sentences = self.corpus, np.concatenate(batches)
        lengths = self._lengths[sentences]
        ends = np.zeros((len(batches), 3), np.int64)  # of sentences, tokens and forms
        ends[:, 0] = np.cumsum([len(batch) for batch in batches])
        ends[:, 1] = np.append(0, np.cumsum(lengths))[ends[:, 0]]
        count = int(ends[-1, 1])
        forms, rows, tokens, *of_forms = room = np.empty((3 + len(self._names), count + len(batches)), np.int32)
        positions = np.empty((count, self.window), np.int32)
        distinct = lay_out_sentences(
            corpus.tokens, corpus.sentence_offsets, sentences, ends, self.window, self._features, self._places, forms,
            rows, tokens, positions, room[3:],
        )  # fmt: skip
        tokens = tokens[:count]
        data: dict[str, Array] = {name: ids[:distinct] for name, ids in zip(self._names, of_forms, strict=True)}
        of_tokens, own = ends[:, 1], dict.fromkeys(self._names, ends[:, 2])
        data["positions"] = positions
        if self.context is not None:
            data["context"] = np.take(self.context, tokens, axis=0)
        if self.labels is not None:
            if self.whole:
                data["lengths"], own["lengths"] = lengths.astype(np.int32), ends[:, 0]
            data["labels"] = self.labels[tokens]
        return Stack(data, {name: own.get(name, of_tokens) for name in data})

    def stacks(self, tokens: int, random: np.random.Generator | None = None) -> Iterator[Stack]:
        """Cut all sentences into batches as `batches` does, and return some of these at a time."""
        at_once = max(1, _TOKENS // tokens)
        batches = self.batches(tokens, random)
        while some := list(islice(batches, at_once)):
            yield self.stack(some)

    def batches(self, tokens: int, random: np.random.Generator | None = None) -> Iterator[NDArray[np.intp]]:
        """Cut all sentences that have tokens into batches of about so many, shuffled when a generator is given."""
        filled = np.flatnonzero(self._lengths)
        order = filled if random is None else random.permutation(filled)
        yield from cut_by_tokens(order, self._lengths[order], tokens)


def cut_by_tokens(sentences: NDArray[np.intp], lengths: Array, tokens: int) -> Iterator[NDArray[np.intp]]:
    """Cut a sequence of sentences where the running number of tokens passes a multiple of `tokens`."""
    ends = np.cumsum(lengths)
    batch_of = (ends - lengths) // tokens
    boundaries = np.flatnonzero(np.diff(batch_of)) + 1
    yield from (part for part in np.split(sentences, boundaries) if len(part))
