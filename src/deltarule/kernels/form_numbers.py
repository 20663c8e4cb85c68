"""Numbers for the distinct forms of a text, by a hash table of byte strings that grows from block to block."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from deltarule.kernels.compiled import inlined, kernel

__all__ = ["number_forms"]

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_NEW_LINE = 10


@inlined
def _hash(text: Any, begin: int, end: int) -> Any:
    """FNV-1a of some bytes, its upper bits mixed into the lower, which choose the slot."""
    value = np.uint64(0xCBF29CE484222325)
    for i in range(begin, end):
        value = (value ^ np.uint64(text[i])) * np.uint64(0x100000001B3)
    return value ^ (value >> np.uint64(32))


@inlined
def _is_form(text: Any, begin: int, end: int, letters: Any, form_begin: int, form_end: int) -> bool:
    same = end - begin == form_end - form_begin
    for i in range(end - begin if same else 0):
        same &= text[begin + i] == letters[form_begin + i]
    return same


@kernel(
    types.int64(
        _BYTES, types.int32[::1], types.int32[::1],
        types.int32[::1], types.uint8[::1], types.int64[::1], types.int64, types.int32[::1],
    )
)  # fmt: skip
def number_forms(
    text: Any, starts: Any, ends: Any, slots: Any, letters: Any, letter_ends: Any, known: int, numbers: Any
) -> int:
    """Give each token the number of its form, and each form that is new the next number.

    Parameters
    ----------
    text, starts, ends : the tokens
    slots : the hash table, of numbers of forms; 0 where it is empty; its length is a power of two
    letters, letter_ends : form i is ``letters[letter_ends[i - 1] : letter_ends[i] - 1]``, with a line feed behind it
    known : the number of forms, counted from 1
    numbers : filled with the number of each token's form

    Returns
    -------
    int
        How many forms there are now; −1 where there is no room for all that are new.
    """
    mask = np.uint64(len(slots) - 1)
    room = len(letter_ends) - 1
    for token in range(len(starts)):
        begin, end = starts[token], ends[token]
        slot = _hash(text, begin, end) & mask
        while True:
            form = slots[slot]
            if form == 0 or _is_form(text, begin, end, letters, letter_ends[form - 1], letter_ends[form] - 1):
                break
            slot = (slot + np.uint64(1)) & mask
        if form == 0:
            place = letter_ends[known]
            if known == room or place + end - begin + 1 > len(letters):
                return -1
            for i in range(end - begin):
                letters[place + i] = text[begin + i]
            letters[place + end - begin] = _NEW_LINE
            known += 1
            letter_ends[known] = place + end - begin + 1
            slots[slot] = form = known
        numbers[token] = form
    return known
