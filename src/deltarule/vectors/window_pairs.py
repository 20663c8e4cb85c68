"""True windows of a text, shuffled, each with a corruption: another word in its middle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deltarule.text import BOUNDARY, window_positions
from deltarule.vectors.config import VectorConfig
from deltarule.vectors.numbered_text import NumberedText, Sentences

__all__ = ["WindowPairs", "keep_probabilities"]

Ids = NDArray[np.int32]
_RESERVED = 2  # ids that are no words: of unknown words, and of the boundary


class WindowPairs:
    """The batches of each epoch.

    They depend on the text, the settings and the number of the epoch alone, so training can go on in its middle.

    Parameters
    ----------
    text : the text
    config : window, batch, subsampling, power and seed

    Attributes
    ----------
    steps_an_epoch : about how many batches an epoch has; exactly as many where nothing is subsampled and the text is
        shorter than what is in memory at once
    """

    def __init__(self, text: NumberedText, config: VectorConfig) -> None:
        self.text, self.config = text, config
        keep = keep_probabilities(text.counts, config.subsample, text.tokens)
        self._keep = np.concatenate([np.zeros(_RESERVED), keep])  # an unknown word is the middle of no window
        self.steps_an_epoch = max(1, -(-round(float(text.counts @ keep)) // config.batch))
        weights = text.counts.astype(np.float64) ** config.power
        self._drawn_below = np.cumsum(weights) / weights.sum()

    def batches(self, epoch: int, skipped: int = 0) -> Iterator[dict[str, Ids]]:
        """Yield the feeds of an epoch's steps.

        Parameters
        ----------
        epoch : its number, from 1
        skipped : how many batches to leave out at the beginning
        """
        batch, reach = self.config.batch, self.config.window // 2
        for number, sentences in enumerate(self.text.sentences()):
            random = np.random.default_rng([self.config.seed, epoch, number])
            middles = self._middles(sentences, random)
            others = self._corruptions(sentences.words[middles], random)
            first = min(skipped * batch, len(middles))
            skipped -= -(-first // batch)
            positions = window_positions(sentences.offsets, self.config.window)
            words = np.append(sentences.words, np.int32(BOUNDARY))  # at position −1
            for begin in range(first, len(middles), batch):
                windows = words[positions[middles[begin : begin + batch]]]
                yield _feeds(windows, others[begin : begin + batch], reach)

    def _middles(self, sentences: Sentences, random: np.random.Generator) -> NDArray[np.intp]:
        """Choose the tokens that windows are laid around, sentence by sentence in random order.

        Windows of the same sentence share their words, so they stay together.
        """
        lengths = np.diff(sentences.offsets)
        order = random.permutation(len(lengths))
        begins, ends = sentences.offsets[order], np.cumsum(lengths[order])
        tokens = np.repeat(begins - ends + lengths[order], lengths[order]) + np.arange(len(sentences.words))
        kept: NDArray[np.intp] = tokens[random.random(len(tokens)) < self._keep[sentences.words[tokens]]]
        return kept

    def _corruptions(self, words: Ids, random: np.random.Generator) -> Ids:
        """Draw another word for each, from the smoothed distribution of words."""
        drawn = self._draw(len(words), random)
        same = np.flatnonzero(drawn == words)
        while len(same):
            drawn[same] = self._draw(len(same), random)
            same = same[drawn[same] == words[same]]
        return drawn

    def _draw(self, count: int, random: np.random.Generator) -> Ids:
        """Draw words: P(word) ∝ count^power."""
        rows = np.searchsorted(self._drawn_below[:-1], random.random(count), side="right")
        return rows.astype(np.int32) + np.int32(_RESERVED)


def keep_probabilities(counts: NDArray[np.int64], subsample: float, tokens: int) -> NDArray[np.float64]:
    """Return how probably a word is kept as the middle of a window: min(1, √(t / f)) for a share f of the text.

    Source: Mikolov et al. 2013, Distributed Representations of Words and Phrases; t is `subsample`, and 0 keeps all.
    The words around the middle are never left out.

    Examples
    --------
    >>> keep_probabilities(np.array([90, 10]), 0.1, 100).round(3)
    array([0.333, 1.   ])
    """
    if not subsample:
        return np.ones(len(counts))
    return np.minimum(1.0, np.sqrt(subsample * tokens / counts))


def _feeds(windows: Ids, others: Ids, reach: int) -> dict[str, Ids]:
    """Return windows, and the same with others in the middle, as places among the distinct words of all of them."""
    distinct, inverse = np.unique(np.append(windows, others), return_inverse=True)
    places: Ids = inverse.astype(np.int32)
    true: Ids = places[: windows.size].reshape(windows.shape)
    corrupted = true.copy()
    corrupted[:, reach] = places[windows.size :]
    return {"words": distinct, "true": true, "corrupted": corrupted}
