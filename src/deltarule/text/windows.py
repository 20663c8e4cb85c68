"""Windows: for each token, the tokens around it in its sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule.errors import InputError

__all__ = ["odd_window", "window_positions"]


def odd_window(size: int) -> int:
    """Return the size of a window; raise `InputError` where it is even, as one word is in the middle."""
    if size % 2 == 0:
        raise InputError(
            f"a window has a word in its middle, so its size is odd, not {size}; choose {size - 1} or {size + 1}"
        )
    return size


def window_positions(sentence_offsets: ArrayLike, size: int) -> NDArray[np.int32]:
    """Find the tokens in the window around each token.

    Parameters
    ----------
    sentence_offsets : array of int, shape (sentences + 1,)
        Where sentences begin and end, in tokens.
    size : int
        The number of tokens in a window; odd, so that one is in the middle.

    Returns
    -------
    array of int32, shape (tokens, size)
        The index of each token in the window, -1 beyond the ends of the sentence.

    Raises
    ------
    InputError
        If the size is not odd and positive.

    Examples
    --------
    >>> window_positions([0, 2, 3], 3)
    array([[-1,  0,  1],
           [ 0,  1, -1],
           [-1,  2, -1]], dtype=int32)
    """
    if size < 1 or size % 2 == 0:
        raise InputError(f"a window of {size} words has no middle; choose an odd number such as 5")
    offsets = np.asarray(sentence_offsets, np.int32)
    reach = size // 2
    lengths = np.diff(offsets)
    positions = np.arange(offsets[-1], dtype=np.int32)[:, None] + np.arange(-reach, reach + 1, dtype=np.int32)
    outside = positions < np.repeat(offsets[:-1], lengths)[:, None]
    outside |= positions >= np.repeat(offsets[1:], lengths)[:, None]
    positions[outside] = -1
    return positions
