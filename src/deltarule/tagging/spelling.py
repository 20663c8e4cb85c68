"""Spells the labels of the network, which are IOBES, in another scheme: a table of labels and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from deltarule.graph import Array
from deltarule.text.schemes import CHUNK_SCHEMES, Prefixes, split_label

__all__ = ["Spelling"]

_CONTINUING, _CLOSING = ("I", "E"), ("E", "S")


@dataclass(frozen=True, eq=False)
class Spelling:
    """How each label is written, which depends on the label before it and the one behind it.

    Attributes
    ----------
    names : the labels of the other scheme
    continues : whether the label of the column goes on with the chunk of the label of the row before it
    same_type : whether both are labels of chunks of the same type
    spellings : of shape (labels, 2, 2, 2): by label, whether it continues the chunk before it, whether the next label
        continues its own, and whether the token before it is in a chunk of the same type, the number of its name
    column : number of the name of each label where no chunk of its type comes right before its own
    """

    names: tuple[str, ...]
    continues: NDArray[np.bool_]
    same_type: NDArray[np.bool_]
    spellings: NDArray[np.int16]
    column: NDArray[np.int16]

    @classmethod
    @cache
    def of(cls, labels: tuple[str, ...], scheme: str) -> Spelling:
        """Return how IOBES labels are written in a scheme; under "plain" all labels are written as they are.

        Examples
        --------
        >>> spelling = Spelling.of(("B-A", "E-A", "O", "S-A"), "IOB1")
        >>> labels = np.array([0, 1, 3, 2, 3], np.int16)
        >>> [spelling.names[label] for label in spelling.spell(labels, np.array([0, 5]))]
        ['I-A', 'I-A', 'B-A', 'O', 'I-A']
        """
        count = len(labels)
        if scheme == "plain":
            numbered = np.arange(count, dtype=np.int16)
            itself = np.broadcast_to(numbered[:, None, None, None], (count, 2, 2, 2))
            return cls(labels, np.zeros((count, count), bool), np.zeros((count, count), bool), itself.copy(), numbered)
        prefixes, types = zip(*map(split_label, labels), strict=True) if count else ((), ())
        in_chunk, goes_on, is_open = (
            np.array([test(prefix) for prefix in prefixes], bool)
            for test in (lambda p: p != "O", lambda p: p in _CONTINUING, lambda p: p not in ("O", *_CLOSING))
        )
        same_type = np.array([[one == other for other in types] for one in types], bool).reshape(count, count)
        same_type &= in_chunk[:, None] & in_chunk
        numbers: dict[str, int] = {}
        spellings = np.empty((count, 2, 2, 2), np.int16)
        for label, joined, open_after, touching in product(range(count), (0, 1), (0, 1), (0, 1)):
            name = _written(prefixes[label], types[label], scheme, joined, open_after, touching)
            spellings[label, joined, open_after, touching] = numbers.setdefault(name, len(numbers))
        continues = same_type & is_open[:, None] & goes_on
        column = spellings[np.arange(count), goes_on.astype(int), is_open.astype(int), 0]
        return cls(tuple(numbers), continues, same_type, spellings, column)

    def spell(self, labels: NDArray[np.int16], sentence_offsets: NDArray[np.int64]) -> NDArray[np.int16]:
        """Return the number of the name of each token's label."""
        from deltarule.kernels.tagged_lines import spell_labels

        spelled = np.empty(len(labels), np.int16)
        spell_labels(labels, sentence_offsets, self.continues, self.same_type, self.spellings, spelled)
        return spelled

    def probabilities(self, probabilities: Array) -> Array:
        """Return the probabilities of names, of shape (tokens, names), from those of labels.

        In IOB1, where a chunk is written with B only right behind another of its type, B has its probability under I.
        """
        spelled = np.zeros((len(probabilities), len(self.names)), np.float32)
        for label, column in enumerate(self.column.tolist()):
            spelled[:, column] += probabilities[:, label]
        return spelled

    def confidences(self, probabilities: Array, labels: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return for each token the probability of the name of its label, from those of labels."""
        same = (self.column == self.column[:, None]).astype(np.float32)
        summed: NDArray[np.float32] = np.einsum("tl,tl->t", probabilities, same[labels])
        return summed.clip(0, 1)


def _written(prefix: str, kind: str, scheme: str, joined: int, open_after: int, touching: int) -> str:
    """Write a label of a chunk that began before it, goes on behind it, touches one of its type before it, or not."""
    if prefix == "O":
        return "O"
    prefixes: Prefixes = CHUNK_SCHEMES[scheme]
    if joined:
        written = prefixes.middle if open_after else prefixes.last
    elif scheme == "IOB1" and not touching:
        written = "I"
    else:
        written = prefixes.first if open_after else prefixes.only
    return f"{written}-{kind}" if kind else written
