"""Batches of windows as arrays, for peers: distinct rows of tables, so that only these are read and updated."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Batch", "WindowBatches"]

Ids = NDArray[np.int32]


class Batch(NamedTuple):
    """One batch; n distinct forms have w distinct words and f distinct features among them.

    Attributes
    ----------
    words : rows of the table of words, (w,)
    word_of_form : which of these each distinct form has, (n,)
    features : rows of the table of features, (f,)
    features_of_form : which of these each distinct form has, (n, 8)
    windows : which of the distinct forms stand in each window, (B, 5)
    labels : (B,)
    """

    words: Ids
    word_of_form: Ids
    features: Ids
    features_of_form: Ids
    windows: Ids
    labels: Ids


class WindowBatches:
    """Cuts the tokens of a shuffled corpus into batches of exactly so many windows.

    Parameters
    ----------
    arrays : of `benchmarks.corpus.write_arrays`
    size : windows of a batch
    padded : whether to fill the distinct rows up, with the row behind the last of a table, so that all batches have the
        same shapes
    """

    def __init__(self, arrays: Any, size: int, *, padded: bool) -> None:
        self.windows, self.labels, self.order = arrays["windows"], arrays["labels"], arrays["order"]
        self.word_of_form, self.features_of_form = arrays["word_of_form"], arrays["features_of_form"]
        self.size, self.count = size, len(self.order) // size
        self.padding = len(arrays["words"]), len(arrays["features"])
        self._forms = _Distinct(len(self.word_of_form))
        self._words, self._features = _Distinct(self.padding[0]), _Distinct(self.padding[1])
        self._limits: tuple[int, int, int] | None = None
        if padded:
            self._limits = self._greatest()

    def __getitem__(self, number: int) -> Batch:
        """Return a batch by its number, which starts again at the end of an epoch."""
        begin = number % self.count * self.size
        return self.of_tokens(self.order[begin : begin + self.size], self._limits)

    def of_tokens(self, tokens: NDArray[np.intp], limits: tuple[int, int, int] | None = None) -> Batch:
        """Return the batch of the windows of some tokens, filled up to limits of forms, words and features."""
        forms, windows = self._forms(self.windows[tokens])
        words, word_of_form = self._words(self.word_of_form[forms])
        features, features_of_form = self._features(self.features_of_form[forms])
        if limits is not None:
            # Forms that fill up are never looked up; rows that fill up get no gradient.
            word_of_form = _filled(word_of_form, limits[0], 0)
            features_of_form = _filled(features_of_form, limits[0], 0)
            words, features = _filled(words, limits[1], self.padding[0]), _filled(features, limits[2], self.padding[1])
        return Batch(words, word_of_form, features, features_of_form, windows, self.labels[tokens])

    def _greatest(self) -> tuple[int, int, int]:
        """Return the greatest numbers of distinct forms, words and features in a batch."""
        sizes = []
        for number in range(self.count):
            batch = self[number]
            sizes.append((len(batch.word_of_form), len(batch.words), len(batch.features)))
        forms, words, features = np.max(sizes, axis=0).tolist()
        return forms, words, features


class _Distinct:
    """Finds distinct ids without sorting: the last place where each stands represents it."""

    def __init__(self, ids: int) -> None:
        self._place = np.zeros(ids, np.int32)

    def __call__(self, ids: Ids) -> tuple[Ids, Ids]:
        """Return the distinct ids, and for each id which of them it is."""
        flat, places = ids.ravel(), np.arange(ids.size, dtype=np.int32)
        self._place[flat] = places
        representative = self._place[flat]
        represents = representative == places
        rank = np.cumsum(represents, dtype=np.int32) - 1
        return flat[represents], rank[representative].reshape(ids.shape)


def _filled(ids: Ids, length: int, value: int) -> Ids:
    """Append rows of a value up to a length."""
    filled = np.full((length, *ids.shape[1:]), value, np.int32)
    filled[: len(ids)] = ids
    return filled
