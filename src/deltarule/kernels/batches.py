"""Batches of whole sentences: their distinct forms, and the windows of their tokens as rows among these."""

from __future__ import annotations

from typing import Any

from numba import int32, int64

from deltarule.kernels.compiled import kernel

__all__ = ["lay_out_sentences"]


@kernel(
    int64(int32[::1], int32[::1], int64[::1], int64, int32[::1], int32[::1], int32[::1], int32[:, ::1], int32[::1])
)  # fmt: skip
def lay_out_sentences(
    tokens: Any, offsets: Any, sentences: Any, size: int, places: Any, forms: Any, rows: Any, positions: Any,
    chosen: Any,
) -> int:  # fmt: skip
    """Count the distinct forms of some sentences, numbered from 1 on, with the boundary, which is 0.

    Parameters
    ----------
    tokens, offsets : form of each token of the corpus; where its sentences begin, and the end
    sentences : the sentences of the batch
    size : tokens in a window
    places : 0 for every form of the corpus, before and after
    forms : gets the distinct forms, from entry 1 on, as 1 + form; entry 0 is the boundary
    rows : gets the number of each token's form
    positions : gets the numbers of the forms in the window of each token
    chosen : gets the number of each token in the corpus
    """
    count, token, reach = 1, 0, size // 2
    forms[0] = 0
    for sentence in sentences:
        begin, length = offsets[sentence], offsets[sentence + 1] - offsets[sentence]
        for i in range(length):
            form = tokens[begin + i]
            if places[form] == 0:
                places[form] = count
                forms[count] = form + 1
                count += 1
            rows[token + i] = places[form]
            chosen[token + i] = begin + i
        for i in range(length):
            for place in range(size):
                j = i + place - reach
                positions[token + i, place] = rows[token + j] if 0 <= j < length else 0
        token += length
    for i in range(1, count):
        places[forms[i] - 1] = 0
    return count
