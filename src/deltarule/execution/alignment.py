"""Arrays that begin with a line of the cache, as vectors that lie across two lines take twice as long to read."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from deltarule.graph import Array

__all__ = ["aligned_copy", "aligned_zeros"]

_LINE = 64  # bytes


def aligned_zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return zeros that begin with a line of the cache."""
    size = prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(size + _LINE, np.uint8)
    begin = -room.ctypes.data % _LINE
    zeros: Array = room[begin : begin + size].view(dtype).reshape(shape)
    return zeros


def aligned_copy(array: Array, dtype: Any) -> Array:
    """Return a copy that begins with a line of the cache and lies in one piece."""
    copy = aligned_zeros(np.shape(array), dtype)
    copy[...] = array
    return copy
