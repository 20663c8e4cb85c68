"""Tags a text block by block: tokens in, lines of tokens and labels out, without an object for any token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deltarule.execution.cores import one_thread_of_algebra
from deltarule.tagging.compiled_scores import CompiledScores, feature_matrix
from deltarule.tagging.contexts import Passages
from deltarule.tagging.encoding import FormEncoder
from deltarule.tagging.spelling import Spelling
from deltarule.tagging.threads import in_order
from deltarule.text import FormNumbers, TokenBlock

__all__ = ["tagged_lines"]

_NONE = np.zeros(0, np.float32)
_FORMS = 1 << 12  # forms that are encoded at once: strings take much memory


class _Numbered(NamedTuple):
    """A block with the numbers of its tokens' forms, and the features of all forms that were known at the time."""

    block: TokenBlock
    forms: NDArray[np.int32]
    features: NDArray[np.int32]


def tagged_lines(
    blocks: Iterable[TokenBlock],
    encoder: FormEncoder,
    network: CompiledScores,
    spelling: Spelling,
    threads: int,
    probabilities: bool = False,
) -> Iterator[memoryview]:
    """Label the tokens of blocks.

    Parameters
    ----------
    blocks : whole passages
    encoder : of forms
    network : scores labels
    spelling : writes them
    threads : how many work at once; the result does not depend on it
    probabilities : whether each line also has the probability of its label

    Yields
    ------
    memoryview
        For each block, in order, a line of UTF-8 for each token, and an empty one behind each sentence.
    """
    forms = _Forms(encoder, network)
    names = _Names(spelling.names)

    def tag(numbered: _Numbered) -> memoryview:
        block = numbered.block
        passages = Passages(numbered.forms, block.sentence_offsets, block.passage_offsets)
        found = np.empty((len(block), len(network.output_bias)), np.float32) if probabilities else None
        labels = network.labels(passages, numbered.features, forms.common, found)
        confidences = _NONE if found is None else spelling.confidences(found, labels)
        return names.lines(block, spelling.spell(labels, block.sentence_offsets), confidences)

    with one_thread_of_algebra():
        yield from in_order(tag, map(forms.number, blocks), threads)


class _Forms:
    """The forms of a text: each is encoded once, and the products of the first are kept."""

    def __init__(self, encoder: FormEncoder, network: CompiledScores) -> None:
        self.encoder, self.network = encoder, network
        self.numbers = FormNumbers(kept=network.capacity - 1)
        self.features = feature_matrix(encoder, [])  # of the boundary of sentences, which has the number 0
        self.common = network.room(network.capacity)
        network.multiply(self.features, self.common[:1])
        self.known = 0

    def number(self, block: TokenBlock) -> _Numbered:
        """Give the tokens of a block the numbers of their forms, and learn those that are new."""
        forms, new = self.numbers.of(block)
        if new <= self.known or self.numbers.count >= len(self.features):
            # Numbers are given anew, or too many: blocks that are still being tagged keep the old array.
            room = np.empty((self.numbers.limit + 1, self.features.shape[1]), np.int32)
            room[:new] = self.features[:new]
            self.features = room
        self.known = self.numbers.count
        for first in range(new, self.known + 1, _FORMS):
            self._learn(first, min(first + _FORMS, self.known + 1))
        return _Numbered(block, forms, self.features)

    def _learn(self, first: int, last: int) -> None:
        """Encode forms, and compute the products of those that are kept."""
        self.features[first:last] = feature_matrix(self.encoder, self.numbers.forms(first, last))[1:]
        kept = self.common[first:last]
        self.network.multiply(self.features[first : first + len(kept)], kept)


class _Names:
    """The names of labels as bytes end to end."""

    def __init__(self, names: tuple[str, ...]) -> None:
        encoded = [name.encode() for name in names]
        self.bytes = np.frombuffer(b"".join(encoded), np.uint8)
        self.lengths = np.array([len(name) for name in encoded], np.int64)
        self.ends = np.concatenate([[0], np.cumsum(self.lengths)])

    def lines(self, block: TokenBlock, labels: NDArray[np.int16], confidences: NDArray[np.float32]) -> memoryview:
        """Write a line for each token, and an empty one behind each sentence; see `write_lines`."""
        from deltarule.kernels.tagged_lines import write_lines

        size = int((block.ends - block.starts).sum() + self.lengths[labels].sum())
        size += 2 * len(block) + len(block.sentence_offsets)  # tabs, line feeds, empty lines
        size += len("\t0.0000") * len(confidences)
        lines = np.empty(size, np.uint8)
        written = write_lines(
            block.text,
            block.starts,
            block.ends,
            block.sentence_offsets,
            labels,
            self.bytes,
            self.ends,
            confidences,
            lines,
        )
        return lines[:written].data
