"""Batches of whole sentences, as feeds of the tagger's network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array
from deltarule.tagging.encoding import EncodedForms
from deltarule.text import Corpus, window_positions

__all__ = ["Sentences", "cut_by_tokens"]


@dataclass(frozen=True, eq=False)
class Sentences:
    """The sentences of a corpus with the feature ids of its forms, ready to be cut into batches.

    Attributes
    ----------
    corpus : the text
    encoded : feature ids of its forms
    window : words in a window
    labels : label id of each token, for training
    """

    corpus: Corpus
    encoded: EncodedForms
    window: int
    labels: NDArray[np.int32] | None = None

    def feeds(self, sentences: NDArray[np.intp]) -> dict[str, Array]:
        """Return the arrays of a batch: ids of its distinct forms, windows as rows among them, and labels."""
        offsets = self.corpus.sentence_offsets
        lengths = offsets[sentences + 1] - offsets[sentences]
        batch_offsets = np.concatenate([[0], np.cumsum(lengths)])
        tokens = np.repeat(offsets[sentences] - batch_offsets[:-1], lengths) + np.arange(batch_offsets[-1])
        forms, rows = np.unique(self.corpus.tokens[tokens], return_inverse=True)
        # Row 0 is the boundary, where a window reaches beyond its sentence; position −1 finds it at the end.
        rows = np.append(rows + 1, 0)
        used = np.append(0, forms + 1)
        feeds: dict[str, Array] = {name: ids[used] for name, ids in self.encoded.items()}
        feeds["positions"] = rows[window_positions(batch_offsets, self.window)]
        if self.labels is not None:
            feeds["labels"] = self.labels[tokens]
        return feeds

    def batches(self, tokens: int, random: np.random.Generator | None = None) -> Iterator[NDArray[np.intp]]:
        """Cut all sentences that have tokens into batches of about so many, shuffled when a generator is given."""
        lengths = np.diff(self.corpus.sentence_offsets)
        filled = np.flatnonzero(lengths)
        order = filled if random is None else random.permutation(filled)
        yield from cut_by_tokens(order, lengths[order], tokens)


def cut_by_tokens(sentences: NDArray[np.intp], lengths: Array, tokens: int) -> Iterator[NDArray[np.intp]]:
    """Cut a sequence of sentences where the running number of tokens passes a multiple of `tokens`."""
    ends = np.cumsum(lengths)
    batch_of = (ends - lengths) // tokens
    boundaries = np.flatnonzero(np.diff(batch_of)) + 1
    yield from (part for part in np.split(sentences, boundaries) if len(part))
