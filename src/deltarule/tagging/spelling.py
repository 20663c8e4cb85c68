"""Spells the labels of the network, which are IOBES, in another scheme: a table of labels and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

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
    """

    names: tuple[str, ...]
    continues: NDArray[np.bool_]
    same_type: NDArray[np.bool_]
    spellings: NDArray[np.int16]

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
            itself = np.broadcast_to(np.arange(count, dtype=np.int16)[:, None, None, None], (count, 2, 2, 2))
            return cls(labels, np.zeros((count, count), bool), np.zeros((count, count), bool), itself.copy())
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
        return cls(tuple(numbers), same_type & is_open[:, None] & goes_on, same_type, spellings)

    def spell(self, labels: NDArray[np.int16], sentence_offsets: NDArray[np.int64]) -> NDArray[np.int16]:
        """Return the number of the name of each token's label."""
        from deltarule.kernels.tagged_lines import spell_labels

        spelled = np.empty(len(labels), np.int16)
        spell_labels(labels, sentence_offsets, self.continues, self.same_type, self.spellings, spelled)
        return spelled


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
