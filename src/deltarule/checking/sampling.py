"""Which entries of the parameters are checked: all of them, or a seeded sample."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deltarule.graph import Array

__all__ = ["ENTRIES", "choose_entries", "entries_each"]

ENTRIES = 4000
"""Entries checked in total unless the caller asks for a sample; two evaluations of the loss settle most of them."""

READ_SHARE = 0.8


def entries_each(sizes: Mapping[str, int], total: int = ENTRIES) -> dict[str, int]:
    """Divide `total` entries among parameters: small ones are checked whole, the rest is shared out equally.

    >>> entries_each({"weight": 5000, "table": 90000, "bias": 8}, 1008)
    {'bias': 8, 'weight': 500, 'table': 500}
    """
    counts: dict[str, int] = {}
    for position, (name, size) in enumerate(sorted(sizes.items(), key=lambda item: item[1])):
        counts[name] = min(size, max(1, total // (len(sizes) - position)))
        total -= counts[name]
    return counts


def choose_entries(
    shape: tuple[int, ...], count: int, random: np.random.Generator, read_rows: Array | None = None
) -> list[tuple[int, ...]]:
    """Choose entries of an array, in order.

    Parameters
    ----------
    shape : of the array
    count : how many, at most
    random : draws them
    read_rows : rows of a table that a lookup read; they get four fifths of the sample, as the others have gradient 0
    """
    size = int(np.prod(shape))
    chosen: Array
    if count >= size:
        chosen = np.arange(size)
    elif read_rows is None:
        chosen = random.choice(size, count, replace=False)
    else:
        is_read = np.zeros(shape, bool)
        is_read[read_rows] = True
        read, others = np.flatnonzero(is_read), np.flatnonzero(~is_read)
        from_read = min(len(read), max(round(READ_SHARE * count), count - len(others)))
        from_others = count - from_read
        chosen = np.concatenate(
            [random.choice(read, from_read, replace=False), random.choice(others, from_others, replace=False)]
        )
    return [tuple(int(i) for i in np.unravel_index(flat, shape)) for flat in np.sort(chosen)]
