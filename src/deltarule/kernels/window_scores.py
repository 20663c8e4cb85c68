"""The scores of labels by the window network: z_t = b + Σ_p W_p x_{t+p} + V c_t, a = f(z), s = U a + d.

Inner loops take arrays by their address: a view of an array counts its uses, for all threads in one place, and that
would take longer than the sums do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from deltarule.kernels import functions
from deltarule.kernels.compiled import inlined, kernel
from deltarule.kernels.memory import floats

__all__ = ["ACTIVATIONS", "GROUP", "window_scores"]

ACTIVATIONS = ("identity", "sigmoid", "tanh", "hard_tanh", "soft_sign", "relu", "leaky_relu", "softmax")
"""Names of the functions f; a kernel knows them by their position."""
GROUP = 3
"""Labels that are scored at once; the weight of the output has a multiple of so many rows."""
_TOKENS = 4  # scored at once, so that the weight is read once for all of them
_PLACES = 5  # of a window that are added at once
_LARGEST = np.finfo(np.float32).max


@inlined
def _address(row: int, known: int, common: int, rare: int, size: int) -> int:
    """Return where the products of a form are."""
    return common + row * size if row < known else rare + (row - known) * size


@inlined
def _add_five(hidden: int, z: int, one: int, two: int, three: int, four: int, five: int) -> None:
    """Add five vectors to z."""
    total = floats(z, hidden)
    a, b, c, d, e = (
        floats(one, hidden),
        floats(two, hidden),
        floats(three, hidden),
        floats(four, hidden),
        floats(five, hidden),
    )
    for j in range(hidden):
        total[j] += ((a[j] + b[j]) + (c[j] + d[j])) + e[j]


@inlined
def _softmax(z: Any) -> None:
    largest, total = z[0], np.float32(0)
    for j in range(len(z)):
        largest = max(largest, z[j])
    for j in range(len(z)):
        z[j] = functions.exp(z[j] - largest)
        total += z[j]
    for j in range(len(z)):
        z[j] /= total


@inlined
def _activate(hidden: int, z_address: int, activation: int) -> None:
    """Compute a = f(z), in place."""
    z = floats(z_address, hidden)
    if activation == 1:
        for j in range(hidden):
            z[j] = functions.sigmoid(z[j])
    elif activation == 2:
        for j in range(hidden):
            z[j] = functions.tanh(z[j])
    elif activation == 3:
        for j in range(hidden):
            z[j] = functions.hard_tanh(z[j])
    elif activation == 4:
        for j in range(hidden):
            z[j] = functions.soft_sign(z[j])
    elif activation == 5:
        for j in range(hidden):
            z[j] = functions.relu(z[j])
    elif activation == 6:
        for j in range(hidden):
            z[j] = functions.leaky_relu(z[j])
    elif activation == 7:
        _softmax(z)


@inlined
def _score_group(hidden: int, a: int, weight: int, sums_address: int, stride: int) -> None:
    """U a for four tokens and three labels: twelve sums at once keep the processor's registers busy."""
    row = 4 * hidden
    a0, a1, a2, a3 = (
        floats(a, hidden),
        floats(a + row, hidden),
        floats(a + 2 * row, hidden),
        floats(a + 3 * row, hidden),
    )
    u0, u1, u2 = floats(weight, hidden), floats(weight + row, hidden), floats(weight + 2 * row, hidden)
    s00 = s01 = s02 = s10 = s11 = s12 = s20 = s21 = s22 = s30 = s31 = s32 = np.float32(0)
    for j in range(hidden):
        s00 += a0[j] * u0[j]
        s01 += a0[j] * u1[j]
        s02 += a0[j] * u2[j]
        s10 += a1[j] * u0[j]
        s11 += a1[j] * u1[j]
        s12 += a1[j] * u2[j]
        s20 += a2[j] * u0[j]
        s21 += a2[j] * u1[j]
        s22 += a2[j] * u2[j]
        s30 += a3[j] * u0[j]
        s31 += a3[j] * u1[j]
        s32 += a3[j] * u2[j]
    sums = floats(sums_address, 3 * stride + GROUP)
    sums[0], sums[1], sums[2] = s00, s01, s02
    sums[stride], sums[stride + 1], sums[stride + 2] = s10, s11, s12
    sums[2 * stride], sums[2 * stride + 1], sums[2 * stride + 2] = s20, s21, s22
    sums[3 * stride], sums[3 * stride + 1], sums[3 * stride + 2] = s30, s31, s32


@kernel(
    types.boolean(
        types.int32[::1], types.int64[::1], types.int64, types.int64,
        types.float32[:, :, ::1], types.float32[:, :, ::1], types.float32[::1],
        types.float32[:, ::1], types.float32[:, ::1], types.float32[::1],
        types.int64[::1], types.float32[:, ::1], types.float32[::1], types.float32[:, ::1],
    )
)  # fmt: skip
def window_scores(
    rows: Any, sentence_offsets: Any, first: int, last: int,
    common: Any, rare: Any, bias: Any, of_tokens: Any, of_sentences: Any, of_firsts: Any, activations: Any,
    output_weight: Any, output_bias: Any, scores: Any,
) -> bool:  # fmt: skip
    """Score the labels of tokens first to last of a text.

    Parameters
    ----------
    rows : for each token, where the products of its form are: a row of `common`, or of `rare` behind it
    sentence_offsets : where sentences begin and end
    first, last : the tokens to score; the others are there for the windows
    common, rare : for each form the products W_1 x ... W_k x, of shape (forms, k, m); row 0 of `common` is for what
        lies beyond the ends of sentences
    bias : b, of shape (m,)
    of_tokens, of_sentences, of_firsts : the parts of V c that belong to a token, (last − first, m), to all tokens of a
        sentence, (sentences, m), and to the first ones of sentences, (m,); the first two may be one row for all
    activations : number of f in `ACTIVATIONS` for each member; the neurons of a member stand side by side
    output_weight : U with rows of zeros behind it that make their number a multiple of `GROUP`, of shape (·, m)
    output_bias : d, of shape (labels,)
    scores : filled, of shape (last − first, labels)

    Returns
    -------
    bool
        Whether all scores are finite.
    """
    known, places, hidden = common.shape
    labels, stride, vector, neurons = len(output_bias), len(output_weight), 4 * hidden, hidden // len(activations)
    a = np.zeros((_TOKENS + 1, hidden), np.float32)  # the last row stays zero, for places that a window does not have
    sums, addends = np.empty((_TOKENS, stride), np.float32), np.empty(_PLACES, np.int64)
    common_at, rare_at, weight_at = common.ctypes.data, rare.ctypes.data, output_weight.ctypes.data
    a_at, zeros_at, sums_at = a.ctypes.data, a.ctypes.data + _TOKENS * vector, sums.ctypes.data
    sentence, finite = 0, True
    for block in range(first, last, _TOKENS):
        tokens = min(_TOKENS, last - block)
        for i in range(tokens):
            t = block + i
            while sentence_offsets[sentence + 1] <= t:
                sentence += 1
            own, whole = min(t - first, len(of_tokens) - 1), min(sentence, len(of_sentences) - 1)
            for j in range(hidden):
                a[i, j] = (bias[j] + of_tokens[own, j]) + of_sentences[whole, j]
            if t == sentence_offsets[sentence]:
                for j in range(hidden):
                    a[i, j] += of_firsts[j]
            for place in range(0, places, _PLACES):
                for p in range(_PLACES):
                    at = t + place + p - places // 2
                    row = rows[at] if sentence_offsets[sentence] <= at < sentence_offsets[sentence + 1] else 0
                    form = _address(row, known, common_at, rare_at, places * vector)
                    addends[p] = form + (place + p) * vector if place + p < places else zeros_at
                _add_five(hidden, a_at + i * vector, addends[0], addends[1], addends[2], addends[3], addends[4])
            for member in range(len(activations)):
                _activate(neurons, a_at + i * vector + 4 * member * neurons, activations[member])
        for label in range(0, labels, GROUP):
            _score_group(hidden, a_at, weight_at + label * vector, sums_at + 4 * label, stride)
        for i in range(tokens):
            for label in range(labels):
                score = sums[i, label] + output_bias[label]
                scores[block + i - first, label] = score
                finite &= abs(score) <= _LARGEST  # isfinite subtracts, which may be reordered to nothing
    return finite
