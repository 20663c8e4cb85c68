"""Passages: documents, or pieces of long ones, in which a word is likely to mean the same wherever it stands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["PASSAGE", "passage_offsets"]

PASSAGE = 40
"""Sentences of a passage, unless its document ends before."""


def passage_offsets(document_offsets: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Divide documents into passages of 40 sentences, counted from the beginning of each document.

    Parameters
    ----------
    document_offsets : document i is sentences ``document_offsets[i]`` up to ``document_offsets[i + 1]``

    Returns
    -------
    array of int64, shape (passages + 1,)
        Passage i is sentences ``offsets[i]`` up to ``offsets[i + 1]``.

    Examples
    --------
    >>> passage_offsets(np.array([0, 3, 100])).tolist()
    [0, 3, 43, 83, 100]
    """
    begins = [np.arange(begin, end, PASSAGE) for begin, end in pairwise(document_offsets.tolist())]
    return np.concatenate([*begins, document_offsets[-1:]]).astype(np.int64)
