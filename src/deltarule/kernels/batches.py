"""Batches of whole sentences: their distinct forms, and the windows of their tokens as rows among these."""

from __future__ import annotations

from typing import Any

from numba import int32, int64

from deltarule.kernels.compiled import inlined, kernel
from deltarule.kernels.memory import fetch_ahead

__all__ = ["lay_out_sentences"]

_AHEAD = 2  # sentences that are asked for before it is their turn, as they come from all over the corpus


@inlined
def _lay_out_batch(
    tokens: Any, offsets: Any, sentences: Any, size: int, features: Any, places: Any, forms: Any, rows: Any,
    chosen: Any, positions: Any, of_forms: Any, first: int,
) -> int:  # fmt: skip
    """Lay out one batch, with the features of its forms from column `first` on; return how many forms it has."""
    count, token, reach = 1, 0, size // 2
    forms[0] = 0
    row = 4 * features.shape[1]
    for k in range(len(sentences)):
        sentence, coming = sentences[k], sentences[min(k + _AHEAD, len(sentences) - 1)]
        begin, length = offsets[sentence], offsets[sentence + 1] - offsets[sentence]
        fetch_ahead(tokens.ctypes.data + 4 * offsets[coming], 4 * (offsets[coming + 1] - offsets[coming]))
        for i in range(length):
            form = tokens[begin + i]
            if places[form] == 0:
                fetch_ahead(features.ctypes.data + row * (form + 1), row)  # read when the sentences are through
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
    for i in range(count):
        for feature in range(len(of_forms)):
            of_forms[feature, first + i] = features[forms[i], feature]
    return count


@kernel(
    int64(
        int32[::1], int32[::1], int64[::1], int64[:, ::1], int64, int32[:, ::1], int32[::1], int32[::1], int32[::1],
        int32[::1], int32[:, ::1], int32[:, ::1],
    )
)  # fmt: skip
def lay_out_sentences(
    tokens: Any, offsets: Any, sentences: Any, ends: Any, size: int, features: Any, places: Any, forms: Any, rows: Any,
    chosen: Any, positions: Any, of_forms: Any,
) -> int:  # fmt: skip
    """Lay out batches of sentences, one behind the other; return how many distinct forms they have, each by itself.

    The forms of a batch are numbered from 1 on; 0 is the boundary.

    Parameters
    ----------
    tokens, offsets : form of each token of the corpus; where its sentences begin, and the end
    sentences : the sentences of the batches
    ends : where those of each batch end, and its tokens; and where its forms end, which is written, (batches, 3)
    size : tokens in a window
    features : of the boundary, and of each form of the corpus, (1 + forms, features)
    places : 0 for every form of the corpus, before and after
    forms, rows : room for a number for each token of a batch, and for the boundary
    chosen : gets the number of each token in the corpus
    positions : gets the numbers of the forms in the window of each token
    of_forms : gets the features of the distinct forms, (features, batches + tokens)
    """
    begin, token, count = 0, 0, 0
    for batch in range(len(ends)):
        end, last = ends[batch, 0], ends[batch, 1]
        count += _lay_out_batch(
            tokens, offsets, sentences[begin:end], size, features, places, forms, rows, chosen[token:last],
            positions[token:last], of_forms, count,
        )  # fmt: skip
        ends[batch, 2] = count
        begin, token = end, last
    return count
