"""The window layer z_t = b + Σ_p W_p x_{i(t, p)} (+ more): each distinct vector is multiplied with every W_p once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltarule.execution.compiler import Above, Compiler, NotCompiledError, Rows, Signal
from deltarule.execution.program import Matrix
from deltarule.execution.rules.finish import Finish, product, share_bias, share_finished
from deltarule.execution.sizes import GRAIN, MOST_SLICES, Work
from deltarule.graph import Node
from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do
from deltarule.kernels.vectors import LANES

__all__ = ["WindowLayer"]


class WindowLayer:
    """The sizes of a window layer, and what its pass forward leaves for the pass back."""

    def __init__(self, c: Compiler, affine: Node, addend: Node | None = None) -> None:
        vectors, positions, weight, bias = affine.inputs
        if any(isinstance(d, str) for d in (*vectors.shape[1:], *positions.shape[1:], *weight.shape)):
            raise NotCompiledError("windows of a size that is known only when they are fed")
        self.c, self.vectors, self.positions, self.weight, self.bias = c, vectors, positions, weight, bias
        self.addend = addend
        self.dimension, self.size, self.outputs = int(vectors.shape[1]), int(positions.shape[1]), int(weight.shape[0])
        self.count = vectors.shape[:1]
        self.x, self.w = c.values[vectors], c.contiguous(c.values[weight], weight.shape)
        self.stride = c.program.constant(self.x.stride) if self.x.stride else c.size((self.dimension,))
        # For products forward, and the signals collected for them back.
        self.scratch = c.program.scratch((*self.count, self.size * self.outputs))
        # For the W_p of a slice side by side, in rows of whole vectors; back, for gradients of their last columns.
        self.weights = c.program.scratch((self.dimension, self.size * self.outputs + LANES))
        # Fewer slices, as products of narrow matrices are slow.
        self.work = Work((*self.count, self.dimension, self.size, self.outputs), GRAIN, 4)

    def forward(self, z: Matrix, finish: Finish) -> None:
        """Multiply the vectors with each W_p, then add up rows of the products for each window."""
        c, bias, addend = self.c, self.c.values[self.bias], self.addend
        added = None if addend is None else c.contiguous(c.values[addend], addend.shape)
        c.program.emit(
            do.WINDOW_LAYER,
            [self.x, self.stride, c.size(self.count), c.size((self.dimension,)), self.w, c.size((self.size,)),
             c.size((self.outputs,)), c.ids(self.positions, self.count), c.size(self.positions.shape[:1]), bias,
             c.size((self.outputs,)), z, self.scratch, finish.seed,
             c.program.constant(0) if added is None else added, self.weights],
            reads=[self.x, self.w, bias, *([] if added is None else [added])],
            writes=[z],
            work=self.work,
            numbers=finish.numbers,
        )  # fmt: skip

    def backward(self, signal: Signal, activation: Matrix, finish: Finish) -> None:
        """Share out vector by vector, or window by window where fewer windows than vectors have a signal."""
        c = self.c
        gradient = c.program.buffer(self.weight.shape) if c.wants(self.weight) else None
        shared = c.program.buffer(self.vectors.shape) if c.wants(self.vectors) else None
        sums = c.program.buffer(self.bias.shape)
        if signal.rows is None:
            windows, count = c.size(self.positions.shape[:1]), c.size(self.count)
            ids = c.values[self.positions]
            self._vector_by_vector(
                signal.matrix, activation, finish, ids, windows, count, gradient, shared, sums, above=signal.above
            )
            if c.wants(self.bias):
                c.share(self.bias, Signal(sums))
        else:
            shape = (self.positions.shape[0], self.outputs)
            share_finished(c, signal.matrix, signal.rows, shape, activation, finish)
            if c.wants(self.bias):
                share_bias(c, self.bias, signal.matrix, signal.rows, shape)
            self._by_what_is_less(signal.matrix, activation, signal.rows, gradient, shared, sums)
        if gradient is not None:
            c.share(self.weight, Signal(gradient))
        if shared is not None:
            c.share(self.vectors, Signal(shared))
        if self.addend is not None and c.wants(self.addend):
            c.share(self.addend, Signal(signal.matrix, signal.rows))  # which has become that at z

    def _vector_by_vector(
        self, delta: Matrix, activation: Matrix, finish: Finish, ids: Matrix, windows: int, count: int,
        gradient: Matrix | None, shared: Matrix | None, sums: Matrix, depends: Sequence[Matrix] = (),
        guard: Matrix | None = None, above: Above | None = None,
    ) -> None:  # fmt: skip
        """Add up the signals of all windows that a vector stands in, then share them out."""
        c, slices = self.c, self.c.program.slices(self.work)
        nothing = c.program.constant(0)
        parts = None if shared is None else c.program.buffer((MOST_SLICES, *self.count, self.dimension))
        upper: list[Any] = [nothing] * 4
        written = [gradient, parts]
        if above is not None:
            upper = [above.delta, above.weight, above.outputs, nothing if above.gradient is None else above.gradient]
            written.append(above.gradient)
        c.program.emit(
            do.WINDOW_SIGNALS,
            [self.x, self.stride, count, c.size((self.dimension,)), self.w, c.size((self.size,)),
             c.size((self.outputs,)), ids, windows, delta, activation, self.scratch, sums,
             nothing if gradient is None else gradient, nothing if parts is None else parts, finish.seed,
             self.weights, *upper],
            reads=[self.x, self.w, activation, ids, *depends, *(upper[:2] if above else [])],
            writes=[delta, sums, *(m for m in written if m is not None)],
            work=self.work,
            numbers=[*finish.numbers, float(self.addend is not None)],
            guard=guard,
        )  # fmt: skip
        if shared is not None and parts is not None:
            c.program.emit(
                do.SUM_PARTS, [parts, slices, c.size(self.vectors.shape), shared], reads=[parts, *depends],
                writes=[shared], work=Work(self.vectors.shape, 16384), guard=guard,
            )  # fmt: skip

    def _by_what_is_less(
        self, delta: Matrix, activation: Matrix, rows: Rows, gradient: Matrix | None, shared: Matrix | None,
        sums: Matrix,
    ) -> None:  # fmt: skip
        """Share out window by window where fewer windows have a signal than there are vectors."""
        c, size = self.c, self.size
        counters = [c.program.counter() for _ in range(6)]
        few, many, windows, places, collected_windows, collected_vectors = counters
        c.program.emit(
            do.CHOOSE_WINDOWS,
            [rows.count.address, c.size(self.count), c.size((size,)), *counters],
            reads=[rows.count],
            writes=counters,
        )
        ids = c.program.buffer(self.positions.shape, "int32")
        c.program.emit(
            do.READ_POSITIONS,
            [c.values[self.positions], rows.ids, rows.count.address, c.size((size,)), ids],
            reads=[rows.ids, rows.count],
            writes=[ids],
        )
        as_it_is = Finish(elementwise.IDENTITY, 0.0, c.program.constant(0), 0.0)
        self._vector_by_vector(
            delta, activation, as_it_is, ids, collected_windows.address, collected_vectors.address, gradient, shared,
            sums, [collected_windows, collected_vectors], many,
        )  # fmt: skip
        self._window_by_window(delta, ids, windows, places, gradient, shared, few)

    def _window_by_window(
        self, delta: Matrix, ids: Matrix, windows: Matrix, places: Matrix, gradient: Matrix | None,
        shared: Matrix | None, few: Matrix,
    ) -> None:  # fmt: skip
        """Lay out the windows that have a signal, and share out as for any layer."""
        c, size, dimension, outputs = self.c, self.size, self.dimension, self.outputs
        x, width = c.contiguous(self.x, self.vectors.shape), c.size((size, dimension))
        shape = (self.positions.shape[0], size * dimension)
        wide, work = c.program.buffer(shape), Work((*shape, outputs), GRAIN)
        c.program.emit(
            do.READ_WINDOWS,
            [x, ids, windows.address, c.size((size,)), c.size((dimension,)), wide],
            reads=[x, ids, windows],
            writes=[wide],
            work=Work(shape, 65536),
            guard=few,
        )
        if gradient is not None:
            product(
                c, c.size((outputs,)), width, windows.address, (delta, c.size((outputs,)), True),
                (wide, width, False), (gradient, width), work, depends=[windows], guard=few,
            )  # fmt: skip
        if shared is not None:
            spread = c.program.buffer(shape)
            product(
                c, windows.address, width, c.size((outputs,)), (delta, c.size((outputs,)), False),
                (self.w, width, False), (spread, width), work, depends=[windows], guard=few,
            )  # fmt: skip
            entries = c.size(self.vectors.shape)
            c.program.emit(do.FILL, [shared, entries], writes=[shared], work=Work(self.vectors.shape, 65536), guard=few)
            c.program.emit(
                do.ADD_ROWS, [spread, ids, places.address, c.size((dimension,)), c.size((dimension,)), shared],
                reads=[spread, ids, places], writes=[shared], guard=few,
            )  # fmt: skip
