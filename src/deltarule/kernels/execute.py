"""What each instruction does: finds its arrays, cuts out its slice, and calls the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address, inlined
from deltarule.kernels.elementwise import combine, map_function, scale_by_slope, share_combination
from deltarule.kernels.layers import add_columns, mask, share_rows
from deltarule.kernels.losses import (
    class_margins,
    class_violators,
    pair_violators,
    softmax_cross_entropy,
    squared_error,
)
from deltarule.kernels.memory import doubles, floats, integers, long_integers
from deltarule.kernels.products import multiply
from deltarule.kernels.reductions import reduce, share_reduction, share_softmax, softmax
from deltarule.kernels.rows import add, add_rows, copy, copy_rows, read_rows
from deltarule.kernels.sequence_losses import sentence_likelihood, structured_margins
from deltarule.kernels.sequences import padded
from deltarule.kernels.slices import (
    ALL,
    layer,
    rows_of_slice,
    sum_distinct_rows,
    update_rows,
    window_layer,
    window_signals,
)  # fmt: skip
from deltarule.kernels.sparse import share_sparse_rows, share_sparse_values, sparse_layer
from deltarule.kernels.updates import squared_norm, update
from deltarule.kernels.windows import read_windows

__all__ = ["execute"]

_LARGEST = np.finfo(np.float32).max


@inlined
def _layers(code: int, o: Any, x: Any, part: int, parts: int) -> None:
    """Products, and the passes over the rows of a layer."""
    if code == do.MULTIPLY:
        rows, columns, a, b, c = o[0], o[1], o[3], o[6], o[9]
        # The longer side is cut: the library lays the other factor out anew for each slice.
        if columns > rows:
            first, last = rows_of_slice(columns, part, parts)
            b += 4 * first * (o[7] if o[8] else 1)
            c += 4 * first
            columns = last - first
        else:
            first, last = rows_of_slice(rows, part, parts)
            a += 4 * first * (1 if o[5] else o[4])
            c += 4 * first * o[10]
            rows = last - first
        multiply(rows, columns, o[2], a, o[4], o[5] != 0, b, o[7], o[8] != 0, c, o[10], o[11] != 0)
    elif code == do.LAYER:
        layer(o, x, part, parts)
    elif code == do.SHARE_FINISHED:
        first, last = rows_of_slice(o[1], part, parts)
        signal, rows, activation = floats(o[0], o[1] * o[2]), integers(o[3], o[4]), floats(o[5], ALL)
        share_rows(signal, first, last, o[2], rows, activation, int64(x[0]), x[1], o[6], x[2])
    elif code == do.ADD_BIAS_SIGNAL:
        first, last = rows_of_slice(o[2], part, parts)
        add_columns(floats(o[0], o[1] * o[2]), o[1], o[2], first, last, floats(o[3], o[2]), o[4] != 0)
    elif code == do.APPLY:
        first, last = rows_of_slice(o[2], part, parts)
        y = floats(o[1], o[2])[first:last]
        copy(floats(o[0], o[2])[first:last], y)
        map_function(int64(x[0]), x[1], y)
    elif code == do.SHARE_APPLIED:
        first, last = rows_of_slice(o[4], part, parts)
        shared = floats(o[3], o[4])[first:last]
        copy(floats(o[0], o[4])[first:last], shared)
        scale_by_slope(int64(x[0]), x[1], shared, floats(o[1], o[4])[first:last], floats(o[2], o[4])[first:last], 1.0)
    elif code == do.MASK:
        first, last = rows_of_slice(o[2], part, parts)
        y = floats(o[1], o[2])[first:last]
        if o[0] != o[1]:
            copy(floats(o[0], o[2])[first:last], y)
        mask(y, first, o[3], x[0])


@inlined
def _arrays(code: int, o: Any, x: Any, part: int, parts: int) -> None:
    """Arithmetic of arrays, reductions, and what moves entries about."""
    if code == do.COMBINE:
        combine(int64(x[0]), o[3:7], floats(o[0], ALL), o[7:11], floats(o[1], ALL), o[11:15], floats(o[2], ALL))
    elif code == do.SHARE_COMBINED:
        share_combination(
            int64(x[0]), x[1] != 0, o[3:7], floats(o[15], ALL), floats(o[0], ALL), o[7:11],
            floats(o[1], ALL), o[11:15], floats(o[2], ALL), floats(o[16], ALL),
        )  # fmt: skip
    elif code == do.REDUCE:
        reduce(int64(x[0]), floats(o[0], ALL), floats(o[1], ALL), o[2], o[3], o[4])
    elif code == do.SHARE_REDUCED:
        share_reduction(
            int64(x[0]),
            floats(o[0], ALL),
            floats(o[1], ALL),
            floats(o[2], ALL),
            floats(o[3], ALL),
            o[4],
            o[5],
            o[6],
        )
    elif code == do.SOFTMAX:
        softmax(floats(o[0], ALL), floats(o[1], ALL), o[2], o[3], o[4])
    elif code == do.SHARE_SOFTMAX:
        share_softmax(floats(o[0], ALL), floats(o[1], ALL), floats(o[2], ALL), o[3], o[4], o[5])
    elif code == do.PICK:
        own, labels, picked = floats(o[0], ALL), integers(o[1], o[2]), floats(o[4], o[2])
        for row in range(o[2]):
            picked[row] = own[row * o[3] + labels[row]]
    elif code == do.SHARE_PICKED:
        signal, labels, shared = floats(o[0], o[2]), integers(o[1], o[2]), floats(o[4], ALL)
        for row in range(o[2]):
            shared[row * o[3] + labels[row]] += signal[row]
    elif code == do.ONE_HOT:
        labels, y = integers(o[0], o[1]), floats(o[3], o[1] * o[2])
        for j in range(len(y)):
            y[j] = 0
        for row in range(o[1]):
            y[row * o[2] + labels[row]] = 1
    elif code == do.TRANSPOSE:
        own, y = floats(o[0], o[2] * o[3]), floats(o[1], o[2] * o[3])
        for row in range(o[2]):
            for column in range(o[3]):
                y[column * o[2] + row] = own[row * o[3] + column]
    elif code == do.COPY:
        first, last = rows_of_slice(o[4], part, parts)
        source, target = floats(o[0] + 4 * first * o[1], ALL), floats(o[2] + 4 * first * o[3], ALL)
        copy_rows(source, o[1], target, o[3], last - first, o[5])
    elif code == do.ADD_SCALED:
        first, last = rows_of_slice(o[2], part, parts)
        source, target, factor = floats(o[0], o[2])[first:last], floats(o[1], o[2])[first:last], np.float32(x[0])
        for j in range(len(target)):
            target[j] += factor * source[j]
    elif code == do.FILL:
        first, last = rows_of_slice(o[1], part, parts)
        target = floats(o[0], o[1])[first:last]
        for j in range(len(target)):
            target[j] = x[0]


@inlined
def _rows_and_windows(code: int, o: Any, x: Any, part: int, parts: int, places: Any, memory: Any) -> None:
    """Rows read and added by id, and the window layer."""
    if code == do.READ_ROWS:
        first, last = rows_of_slice(o[2], part, parts)
        read_rows(floats(o[0], ALL), integers(o[1], o[2]), first, last, o[3], floats(o[4], ALL), o[5])
    elif code == do.ADD_ROWS:
        add_rows(floats(o[0], ALL), integers(o[1], o[2]), o[2], o[3], o[4], floats(o[5], ALL))
    elif code == do.WINDOW_LAYER:
        window_layer(o, x, part, parts)
    elif code == do.WINDOW_SIGNALS:
        window_signals(o, x, part, parts)
    elif code == do.SUM_PARTS:
        first, last = rows_of_slice(o[2], part, parts)
        output = floats(o[3], o[2])[first:last]
        copy(floats(o[0], o[2])[first:last], output)
        for i in range(1, o[1]):
            add(floats(o[0] + 4 * i * o[2], o[2])[first:last], output)
    elif code == do.CHOOSE_WINDOWS:
        few = o[0] < o[1]  # then less work window by window than vector by vector
        memory[places[6]], memory[places[7]] = few, not few
        memory[places[8]], memory[places[9]] = (o[0], o[0] * o[2]) if few else (0, 0)
        memory[places[10]], memory[places[11]] = (0, 0) if few else (o[0], o[1])
    elif code == do.READ_POSITIONS:
        positions, rows, output = integers(o[0], ALL), integers(o[1], o[2]), integers(o[4], o[2] * o[3])
        for i in range(o[2]):
            for place in range(o[3]):
                output[i * o[3] + place] = positions[rows[i] * o[3] + place]
    elif code == do.READ_WINDOWS:
        first, last = rows_of_slice(o[2], part, parts)
        positions = integers(o[1], o[2] * o[3])
        read_windows(floats(o[0], ALL), positions, first, last, o[3], o[4], floats(o[5], ALL))


@inlined
def _sparse_rows(code: int, o: Any, part: int, parts: int) -> None:
    """Layers over sparse rows."""
    if code == do.SPARSE_LAYER:
        first, last = rows_of_slice(o[5], part, parts)
        columns, values, ends = integers(o[0], ALL), floats(o[1], ALL), integers(o[2], o[5])
        sparse_layer(columns, values, ends, floats(o[3], ALL), floats(o[4], o[6]), first, last, o[6], floats(o[7], ALL))
    elif code == do.SHARE_SPARSE_ROWS:
        first, last = rows_of_slice(o[3], part, parts)
        values, ends = floats(o[0], ALL), integers(o[1], o[3])
        share_sparse_rows(values, ends, floats(o[2], ALL), first, last, o[4], floats(o[5], ALL))
    elif code == do.SHARE_SPARSE_VALUES:
        first, last = rows_of_slice(o[4], part, parts)
        columns, ends, table = integers(o[0], ALL), integers(o[1], o[4]), floats(o[2], ALL)
        share_sparse_values(columns, ends, table, floats(o[3], ALL), first, last, o[5], floats(o[6], ALL))


@inlined
def _losses_and_updates(code: int, o: Any, x: Any, part: int, parts: int, places: Any, memory: Any) -> None:
    """Objectives with their signals, checks of gradients, and update rules."""
    if code == do.SOFTMAX_CROSS_ENTROPY:
        first, last = rows_of_slice(o[3], part, parts)
        scores, labels, signal = floats(o[0], o[3] * o[4]), integers(o[1], o[3]), floats(o[2], o[3] * o[4])
        doubles(o[5], parts)[part] = softmax_cross_entropy(scores, labels, signal, first, last, o[4], o[3])
    elif code == do.SQUARED_ERROR:
        first, last = rows_of_slice(o[3], part, parts)
        count = o[3] * o[4]
        a, targets, signal = floats(o[0], count), floats(o[1], count), floats(o[2], count)
        begin, end = first * o[4], last * o[4]
        doubles(o[5], parts)[part] = squared_error(a[begin:end], targets[begin:end], signal[begin:end], o[3])
    elif code == do.CLASS_MARGINS:
        first, last = rows_of_slice(o[3], part, parts)
        scores, labels, rivals = floats(o[0], o[3] * o[4]), integers(o[1], o[3]), integers(o[2], o[3])
        doubles(o[5], parts)[part] = class_margins(scores, labels, rivals, first, last, o[4], x[0])
    elif code == do.CLASS_VIOLATORS:
        labels, rivals, rows = integers(o[0], o[5]), integers(o[1], o[5]), integers(o[3], o[5])
        signal = floats(o[2], o[5] * o[4])
        memory[places[9]] = class_violators(labels, rivals, signal, rows, o[4], o[5])
    elif code == do.PAIR_VIOLATORS:
        n = o[5]
        memory[places[10]] = pair_violators(
            floats(o[0], n),
            floats(o[1], n),
            floats(o[2], n),
            floats(o[3], n),
            integers(o[4], n),
            n,
            x[0],
            floats(o[6], 1),
        )
    elif code == do.SUM_LOSS:
        losses, total = doubles(o[0], o[1]), 0.0
        for j in range(o[1]):
            total += losses[j]
        floats(o[3], 1)[0] = total / o[2]
    elif code == do.NORM:
        first, last = rows_of_slice(o[1] * o[2], part, parts)
        doubles(o[3], parts)[part] = squared_norm(floats(o[0], o[1] * o[2])[first:last])
    elif code == do.CHECK_GRADIENTS:
        norms, squared = doubles(o[0], o[1]), 0.0
        for j in range(o[1]):
            squared += norms[j]
        clipped = x[1] > 0 and squared > x[1] * x[1]
        doubles(o[3], 1)[0] = x[1] / np.sqrt(squared) if clipped else 1.0
        # Not isfinite: a compiler that may reorder sums may find x − x, by which that is computed, to be 0 always.
        memory[places[7]] = abs(floats(o[2], 1)[0]) <= _LARGEST and squared <= x[0]
    elif code == do.SUM_DISTINCT_ROWS:
        sum_distinct_rows(o, places, memory)
    elif code == do.UPDATE:
        first, last = rows_of_slice(o[4], part, parts)
        one, two = min(int64(x[1]), 1) * o[4], min(int64(x[1]), 2) // 2 * o[4]
        update(
            int64(x[0]), floats(o[0], o[4])[first:last], floats(o[1], o[4])[first:last],
            floats(o[2], one)[first:last], floats(o[3], two)[first:last], doubles(o[6], 1)[0], doubles(o[5], 8),
        )  # fmt: skip
    elif code == do.UPDATE_ROWS:
        update_rows(o, x, part, parts)


@inlined
def _sequences(code: int, o: Any, x: Any, part: int, parts: int) -> None:
    """Objectives of label sequences, with their signals; those of transitions, in parts that are added up later."""
    if code == do.SENTENCE_LIKELIHOOD:
        rows, classes, pairs = o[13], o[14], o[14] * o[14]
        scratch = floats(o[9] + 4 * part * (2 * pairs + 2 * classes), 2 * pairs + 2 * classes)
        doubles(o[16], parts)[part] = sentence_likelihood(
            floats(o[0], rows * classes), integers(o[1], rows), integers(o[2], o[15]), floats(o[3], pairs),
            floats(o[4], classes), floats(o[5], classes), floats(o[6], rows * classes), floats(o[7], rows * classes),
            floats(o[8], rows * classes), scratch, floats(o[10] + 4 * part * pairs, pairs),
            floats(o[11] + 4 * part * classes, classes), floats(o[12] + 4 * part * classes, classes),
            rows, classes, part, parts,
        )  # fmt: skip
    elif code == do.STRUCTURED_MARGINS:
        rows, classes, pairs = o[12], o[13], o[13] * o[13]
        width = padded(classes)
        doubles(o[15], parts)[part] = structured_margins(
            floats(o[0], rows * classes), integers(o[1], rows), integers(o[2], o[14]), floats(o[3], pairs),
            floats(o[4], classes), floats(o[5], classes), doubles(o[6], rows * width),
            doubles(o[7] + 8 * part * classes * width, classes * width), integers(o[8], rows),
            floats(o[9] + 4 * part * pairs, pairs), floats(o[10] + 4 * part * classes, classes),
            floats(o[11] + 4 * part * classes, classes), rows, classes, x[0], part, parts,
        )  # fmt: skip


@called_by_address(int64(int64, int64, int64, int64, int64))
def execute(instruction: int, memory_address: int, numbers_address: int, part: int, parts: int) -> int:
    """Do one slice of an instruction.

    Parameters
    ----------
    instruction : address of its row in the program
    memory_address : address of the memory, addresses and sizes
    numbers_address : address of its row of real numbers
    part, parts : which slice, of how many
    """
    p, memory, x = long_integers(instruction, 20), long_integers(memory_address, ALL), doubles(numbers_address, 4)
    code = p[0]
    o = (
        memory[p[3]], memory[p[4]], memory[p[5]], memory[p[6]], memory[p[7]], memory[p[8]], memory[p[9]], memory[p[10]],
        memory[p[11]], memory[p[12]], memory[p[13]], memory[p[14]], memory[p[15]], memory[p[16]], memory[p[17]],
        memory[p[18]], memory[p[19]],
    )  # fmt: skip
    if code <= do.MASK:
        _layers(code, o, x, part, parts)
    elif code <= do.FILL:
        _arrays(code, o, x, part, parts)
    elif code <= do.READ_WINDOWS:
        _rows_and_windows(code, o, x, part, parts, p, memory)
    elif code <= do.UPDATE_ROWS:
        _losses_and_updates(code, o, x, part, parts, p, memory)
    elif code <= do.STRUCTURED_MARGINS:
        _sequences(code, o, x, part, parts)
    else:
        _sparse_rows(code, o, part, parts)
    return 0
