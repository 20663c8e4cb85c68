"""What the parts of the window layer take by themselves: python -m benchmarks.window_parts [--data DIR] [--batch 2048].

On one thread, each repeated, so that its numbers are in the cache. The two products are those of the vectors with the
weights, and of the signals with both; the sums are those of windows with activation and dropout, and their way back.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit

from benchmarks.ours import TaggerTraining
from deltarule.kernels import instructions as do
from deltarule.kernels import window_slices as windows
from deltarule.kernels.memory import floats, integers, operands
from deltarule.kernels.rows import fill
from deltarule.kernels.windows import collect_windows, finish_windows

__all__ = ["Layer", "measure"]

_neurons, _lay_out, _multiply = windows.neurons_of_slice, windows._lay_out_weights, windows._multiply_vectors
_share, _write = windows._share_out, windows._write_rest
_VECTORS, _SHARED, _WINDOWS, ALL = windows._VECTORS, windows._SHARED, windows._WINDOWS, windows.ALL


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _products(p: Any, memory: Any, x: Any, part: int, parts: int) -> None:
    o = operands(p, memory)
    left, right = _neurons(o[6], part, parts)
    _lay_out(o, left, right, o[15])
    for first in range(0, o[2], _VECTORS):
        _multiply(o, (right - left) * o[5], first, min(first + _VECTORS, o[2]), o[15], o[12])


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _sums(p: Any, memory: Any, x: Any, part: int, parts: int) -> None:
    o = operands(p, memory)
    left, right = _neurons(o[6], part, parts)
    tile = np.empty(_WINDOWS * (right - left), np.float32)
    for first in range(0, o[8], _WINDOWS):
        finish_windows(
            o[12], integers(o[7], ALL), first, min(first + _WINDOWS, o[8]), o[5], o[6], left, right, o[11], o[9], o[14],
            np.int64(x[0]), x[1], o[13], x[2], tile,
        )  # fmt: skip


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _products_back(p: Any, memory: Any, x: Any, part: int, parts: int) -> None:
    o = operands(p, memory)
    left, right = _neurons(o[6], part, parts)
    for first in range(0, o[2], _SHARED):
        _share(o, part, left, right, first, min(first + _SHARED, o[2]), o[11], o[16])
    _write(o, left, right, o[16])


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _sums_back(p: Any, memory: Any, x: Any, part: int, parts: int) -> None:
    o = operands(p, memory)
    left, right = _neurons(o[6], part, parts)
    width = right - left
    tile, activations = np.empty(_WINDOWS * width, np.float32), np.empty(_WINDOWS * width, np.float32)
    fill(floats(o[11], o[2] * o[5] * width), 0)
    for first in range(0, o[8], _WINDOWS):
        collect_windows(
            o[9] + 4 * (first * o[6] + left), o[6], o[10], integers(o[7], ALL), first, min(first + _WINDOWS, o[8]),
            o[5], o[6], left, right, o[11], o[12] + 4 * left, np.int64(x[0]), x[1], o[15], x[2], 0, tile, activations,
        )  # fmt: skip


class Layer:
    """The window layer of a tagger that has taken a step on a batch, forward and back."""

    def __init__(self, training: TaggerTraining) -> None:
        training.warm_up()
        steps = training.trainer._compiled_steps
        assert steps is not None
        plan = steps.plan
        plan.feed(next(training.batches))
        plan.run()
        self.program, self._held = plan.program, plan  # with the arrays whose addresses the program has
        self.forward, self.back = (self._row(code) for code in (do.WINDOW_LAYER, do.WINDOW_SIGNALS))
        self.parts = int(self.program.memory[self.program.table[self.forward, 1]])
        sizes = [int(self.program.memory[place]) for place in self.program.table[self.forward, 3:12]]
        self.forms, self.windows = sizes[2], sizes[8]
        self.operations = 2 * sizes[2] * sizes[3] * sizes[5] * sizes[6]

    def _row(self, code: int) -> int:
        return int(np.flatnonzero(self.program.table[:, 0] == code)[0])

    def seconds(self, kernel: Callable[..., None], row: int, repeats: int = 30) -> float:
        """Return the median time that all slices take."""
        p, x, taken = self.program.table[row], self.program.numbers[row], []
        for _ in range(repeats + 1):
            began = perf_counter()
            for part in range(self.parts):
                kernel(p, self.program.memory, x, part, self.parts)
            taken.append(perf_counter() - began)
        return float(np.median(taken[1:]))  # the first compiles


def measure(layer: Layer) -> list[tuple[str, float, float]]:
    """Return the name of each part, its seconds, and the operations of its products, if it has any."""
    return [
        ("products", layer.seconds(_products, layer.forward), layer.operations),
        ("sums, activation, dropout", layer.seconds(_sums, layer.forward), 0),
        ("signals collected", layer.seconds(_sums_back, layer.back), 0),
        ("products back", layer.seconds(_products_back, layer.back), 2 * layer.operations),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.window_parts", description="Time the window layer.")
    parser.add_argument("--data", type=Path, help="folder with ner/bc5cdr and vectors; else the sample corpus")
    parser.add_argument("--batch", type=int, default=2048)
    arguments = parser.parse_args()
    settings = {
        "data": arguments.data and str(arguments.data), "objective": "softmax", "batch": arguments.batch, "threads": 1,
        "context": False, "epochs_before": 0,
    }  # fmt: skip
    layer = Layer(TaggerTraining(settings))
    print(f"{layer.forms} distinct forms, {layer.windows} windows")
    for name, seconds, operations in measure(layer):
        rate = f"  {operations / seconds / 1e9:.0f} GFLOP/s" if operations else ""
        print(f"{1e6 * seconds:9,.0f} µs  {name}{rate}")


if __name__ == "__main__":
    main()
