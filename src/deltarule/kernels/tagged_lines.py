"""Tokens and labels as lines of text: labels spelled in another scheme, and bytes put together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from deltarule.kernels.compiled import inlined, kernel

__all__ = ["spell_labels", "write_lines"]

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)


@kernel(
    types.void(
        types.int16[::1], types.int64[::1],
        types.boolean[:, ::1], types.boolean[:, ::1], types.int16[:, :, :, ::1], types.int16[::1],
    )
)  # fmt: skip
def spell_labels(
    labels: Any, sentence_offsets: Any, continues: Any, same_type: Any, spellings: Any, spelled: Any
) -> None:
    """Give each token the label that spells out the same chunks in another scheme.

    Parameters
    ----------
    labels : of each token
    sentence_offsets : where sentences begin and end
    continues : whether the label of the column goes on with the chunk of the label of the row before it
    same_type : whether both labels are of chunks of the same type
    spellings : by label, whether it continues the chunk before it, whether the next continues its own, and whether the
        token before it is in a chunk of the same type: the other scheme's label
    spelled : filled with the label of each token
    """
    for sentence in range(len(sentence_offsets) - 1):
        first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
        joined = touching = False
        for t in range(first, last):
            label = labels[t]
            goes_on = t + 1 < last and continues[label, labels[t + 1]]
            spelled[t] = spellings[label, int(joined), int(goes_on), int(touching)]
            joined, touching = goes_on, t + 1 < last and same_type[label, labels[t + 1]]


@inlined
def _write_decimal(number: float, lines: Any, place: int) -> int:
    """Write a tab and a number between 0 and 1 with four decimals; return where they end."""
    digits, unit = int(np.rint(number * 10_000)), 10_000
    lines[place], lines[place + 1], lines[place + 2] = ord("\t"), ord("0") + digits // unit, ord(".")
    place += 3
    while unit > 1:
        digits, unit = digits % unit, unit // 10
        lines[place] = ord("0") + digits // unit
        place += 1
    return place


@kernel(
    types.int64(
        _BYTES, types.int32[::1], types.int32[::1], types.int64[::1],
        types.int16[::1], _BYTES, types.int64[::1], types.float32[::1], types.uint8[::1],
    )
)  # fmt: skip
def write_lines(
    text: Any, starts: Any, ends: Any, sentence_offsets: Any, labels: Any, names: Any, name_ends: Any,
    confidences: Any, lines: Any,
) -> int:  # fmt: skip
    """Write a line for each token, with a tab and its label behind it, and an empty line behind each sentence.

    Parameters
    ----------
    text, starts, ends : the tokens
    sentence_offsets : where sentences begin and end
    labels : of each token
    names, name_ends : label i is ``names[name_ends[i] : name_ends[i + 1]]``
    confidences : of each token, between 0 and 1, written behind its label with four decimals; none where it is empty
    lines : filled

    Returns
    -------
    int
        How many bytes were written.
    """
    place = 0
    for sentence in range(len(sentence_offsets) - 1):
        first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
        for t in range(first, last):
            for i in range(starts[t], ends[t]):
                lines[place] = text[i]
                place += 1
            lines[place] = ord("\t")
            place += 1
            for i in range(name_ends[labels[t]], name_ends[labels[t] + 1]):
                lines[place] = names[i]
                place += 1
            if len(confidences):
                place = _write_decimal(confidences[t], lines, place)
            lines[place] = ord("\n")
            place += 1
        if first < last:
            lines[place] = ord("\n")
            place += 1
    return place
