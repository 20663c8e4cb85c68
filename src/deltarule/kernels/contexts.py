"""What the rest of a passage says of each token: the words around other occurrences of its form, and capitals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from deltarule.kernels.compiled import inlined, kernel
from deltarule.kernels.context_layout import ALL_CAPITALS, CAPITAL, FIRST, LETTERS, OTHERS, SMALL, TRAITS
from deltarule.kernels.rows import copy, fill

__all__ = ["context_features"]

_LONGEST = 50


@inlined
def _number_words(forms: Any, first: int, last: int, table: Any, slots: Any, owners: Any, numbers: Any) -> int:
    """Give the distinct folded forms of tokens first to last numbers by a hash table; return how many there are."""
    key, size = table.shape[1] - TRAITS, 16
    while size < 2 * (last - first):
        size *= 2
    mask, count = size - 1, 0
    fill(slots[:size], -1)
    for t in range(first, last):
        form = forms[t]
        slot = table[form, key] & mask
        while slots[slot] >= 0:
            owner = owners[slots[slot]]
            if table[owner, key] == table[form, key] and table[owner, key + 1] == table[form, key + 1]:
                break
            slot = (slot + 1) & mask
        if slots[slot] < 0:
            slots[slot] = count
            owners[count] = form
            count += 1
        numbers[t - first] = slots[slot]
    return count


@inlined
def _add_vector(vectors: Any, row: int, sign: Any, sums: Any) -> None:
    for j in range(len(sums)):
        sums[j] += sign * vectors[row, j]


@inlined
def _share(part: int, whole: int) -> Any:
    return np.float32(part) / np.float32(whole) if whole > 0 else np.float32(0)


@inlined
def _describe_sentence(
    forms: Any, first: int, last: int, table: Any, column: int, vectors: Any, features: Any
) -> None:  # fmt: skip
    """Fill the columns that tell of the sentence of tokens first to last."""
    if first == last:
        return
    d, mean = vectors.shape[1], features[first]
    mean[:d] = 0
    small = capital = all_capitals = letters = 0
    for t in range(first, last):
        writing = table[forms[t], table.shape[1] - 1]
        small += (writing & SMALL) != 0
        capital += (writing & CAPITAL) != 0
        all_capitals += (writing & ALL_CAPITALS) != 0
        letters += (writing & LETTERS) != 0
        _add_vector(vectors, table[forms[t], column], np.float32(1), mean[:d])
    # The lengths of sums of unrelated vectors grow with the root of their number.
    scale = np.float32(1) / np.sqrt(np.float32(last - first))
    for j in range(d):
        mean[j] *= scale
    shouted = _share(all_capitals, letters)
    for t in range(first, last):
        if t > first:
            features[t, :d] = mean[:d]
        own = features[t, d:]
        own[0] = _share(capital, letters)
        own[1] = shouted
        own[2] = _share(small, letters)
        own[3] = shouted > np.float32(0.8)
        own[FIRST] = t == first
        own[5] = np.float32(min(last - first, _LONGEST)) / np.float32(_LONGEST)


@inlined
def _add_up_passage(
    forms: Any, sentence_offsets: Any, first_sentence: int, last_sentence: int, table: Any, column: int, vectors: Any,
    numbers: Any, counts: Any, before: Any, after: Any,
) -> None:  # fmt: skip
    """Add up what is around all occurrences of each word of a passage that occurs more than once.

    Parameters
    ----------
    numbers : of the words of the passage's tokens
    counts : filled for each word: all occurrences; those in lower case; not first in a sentence; capitals among these
    before, after : filled for each word with the sums of the vectors of the words around
    """
    begin = sentence_offsets[first_sentence]
    for t in range(begin, sentence_offsets[last_sentence]):
        counts[numbers[t - begin], 0] += 1
    for sentence in range(first_sentence, last_sentence):
        first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
        for t in range(first, last):
            word, writing = numbers[t - begin], table[forms[t], table.shape[1] - 1]
            if counts[word, 0] == 1:
                continue
            counts[word, 1] += (writing & SMALL) != 0
            if t > first:
                counts[word, 2] += 1
                counts[word, 3] += (writing & CAPITAL) != 0
                _add_vector(vectors, table[forms[t - 1], column], np.float32(1), before[word])
            if t + 1 < last:
                _add_vector(vectors, table[forms[t + 1], column], np.float32(1), after[word])


@inlined
def _describe_others(
    forms: Any, t: int, first: int, last: int, table: Any, column: int, vectors: Any, counts: Any, before: Any,
    after: Any, own: Any,
) -> None:  # fmt: skip
    """Fill the columns that tell of the other occurrences of token t, in the sentence of tokens first to last."""
    d, others, writing = vectors.shape[1], counts[0] - 1, table[forms[t], table.shape[1] - 1]
    if others == 0:
        fill(own[: 2 * d + OTHERS], 0)
        return
    copy(before, own[:d])
    copy(after, own[d : 2 * d])
    inner, capitals = counts[2], counts[3]
    if t > first:
        inner -= 1
        capitals -= (writing & CAPITAL) != 0
        _add_vector(vectors, table[forms[t - 1], column], np.float32(-1), own[:d])
    if t + 1 < last:
        _add_vector(vectors, table[forms[t + 1], column], np.float32(-1), own[d : 2 * d])
    scale = np.float32(1) / np.float32(others)
    for j in range(2 * d):
        own[j] *= scale
    own[2 * d] = _share(counts[1] - ((writing & SMALL) != 0), others)
    own[2 * d + 1] = _share(capitals, inner)
    own[2 * d + 2] = 1
    own[2 * d + 3] = np.log(np.float32(1 + others)) / np.float32(3)


@kernel(
    types.void(
        types.int32[::1], types.int64[::1], types.int64[::1],
        types.int32[:, ::1], types.int64, types.float32[:, ::1], types.float32[:, ::1],
    )
)  # fmt: skip
def context_features(
    forms: Any, sentence_offsets: Any, passage_offsets: Any, table: Any, column: int, vectors: Any, features: Any
) -> None:
    """Compute the context features of each token of whole passages.

    The means over the other occurrences of a form in its passage are (Σ − own) / (count − 1), Σ over all occurrences.

    Parameters
    ----------
    forms : row of each token's form
    sentence_offsets : where sentences begin and end, in tokens
    passage_offsets : where passages begin and end, in sentences
    table : whole numbers of each form, the last of which are its `TRAITS`
    column : the one of the table that has the row of a form's vector
    vectors : of shape (·, d)
    features : filled, of shape (tokens, 3 d + OTHERS + SENTENCE): the mean vectors of the words before and after other
        occurrences, the share of these in lower case, the share of capitals among those that do not begin a sentence,
        whether there are any, log(1 + their number) / 3; of the sentence of n words, the sum of their vectors over √n,
        shares of capitalised, all-capitals and lower-case words among those with letters, whether more than 80 % are
        all capitals, whether the token is first, and its length, at most 50, over 50
    """
    d, longest = vectors.shape[1], 0
    for passage in range(len(passage_offsets) - 1):
        begin, end = sentence_offsets[passage_offsets[passage]], sentence_offsets[passage_offsets[passage + 1]]
        longest = max(longest, end - begin)
    slots = np.empty(4 * longest + 16, np.int32)
    owners, numbers, counts = np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty((longest, 4), np.int32)
    before, after = np.empty((longest, d), np.float32), np.empty((longest, d), np.float32)
    for passage in range(len(passage_offsets) - 1):
        first_sentence, last_sentence = passage_offsets[passage], passage_offsets[passage + 1]
        begin, end = sentence_offsets[first_sentence], sentence_offsets[last_sentence]
        words = _number_words(forms, begin, end, table, slots, owners, numbers)
        for word in range(words):
            fill(counts[word], 0)
            fill(before[word], 0)
            fill(after[word], 0)
        _add_up_passage(
            forms, sentence_offsets, first_sentence, last_sentence, table, column, vectors, numbers, counts, before,
            after,
        )  # fmt: skip
        for sentence in range(first_sentence, last_sentence):
            first, last = sentence_offsets[sentence], sentence_offsets[sentence + 1]
            _describe_sentence(forms, first, last, table, column, vectors, features[:, 2 * d + OTHERS :])
            for t in range(first, last):
                word = numbers[t - begin]
                _describe_others(
                    forms, t, first, last, table, column, vectors, counts[word], before[word], after[word], features[t]
                )
