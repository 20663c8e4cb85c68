"""The end of a training step: the norms of gradients, and the updates of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltarule.execution.compiler import Compiler, RowsOfTable, Signal
from deltarule.execution.program import Matrix, Program
from deltarule.execution.sizes import Work
from deltarule.graph import Parameter
from deltarule.graph.shapes import Shape
from deltarule.kernels import instructions as do

__all__ = ["SLICES", "DenseUpdate", "RowsUpdate"]

SLICES = 4  # at most, of the update of a parameter


class DenseUpdate:
    """The norm of a gradient, and the update of its parameter."""

    def __init__(self, c: Compiler, parameter: Parameter, gradient: Signal, norms: Matrix) -> None:
        self.program, self.value = c.program, c.values[parameter]
        self.found = gradient.matrix if gradient.parts is not None else c.dense(gradient, parameter.shape)
        self.entries = parameter.value.size
        self.slices = 1 if self.entries < 4096 else 2 if self.entries < 65536 else SLICES
        count, one = self.program.constant(self.entries), self.program.constant(1)
        parts = one if gradient.parts is None else gradient.parts
        self.program.emit(
            do.NORM, [self.found, count, one, norms, parts], reads=[self.found],
            writes=[norms, self.found], work=self.slices,
        )  # fmt: skip

    def emit(self, states: Sequence[Matrix], settings: Matrix, factor: Matrix, fine: Matrix, rule: int) -> None:
        """Emit the update."""
        p = self.program
        p.emit(
            do.UPDATE,
            [self.value, self.found, *_two(p, states), p.constant(self.entries), settings, factor],
            reads=[self.found, factor], writes=[self.value, *states], work=self.slices, numbers=[rule, len(states)],
            guard=fine,
        )  # fmt: skip


class RowsUpdate:
    """The sum of the signals of each row of a table that was read, their norm, and the update of these rows."""

    def __init__(self, c: Compiler, parameter: Parameter, parts: Sequence[RowsOfTable], norms: Matrix) -> None:
        p = self.program = c.program
        self.value = c.values[parameter]
        shape, self.columns = parameter.shape, p.size(parameter.shape[1:])
        # Where there are several parts, each may name other rows.
        capacity: Shape = parts[0].capacity if len(parts) == 1 else shape[:1]
        places = p.buffer(shape[:1], "int32", fill=-1)
        sums, distinct, known = p.buffer((*capacity, *shape[1:])), p.buffer(capacity, "int32"), p.counter()
        for number, part in enumerate(parts):
            stride = p.constant(part.matrix.stride) if part.matrix.stride else self.columns
            p.emit(
                do.SUM_DISTINCT_ROWS,
                [part.matrix, part.ids, part.count, self.columns, stride, places, distinct, sums,
                 p.constant(int(number == 0)), known],
                reads=[part.matrix, part.ids, *part.depends], writes=[places, distinct, sums, known],
            )  # fmt: skip
        p.emit(do.NORM, [sums, known, self.columns, norms, p.constant(1)], reads=[sums, known], writes=[norms])
        self.work = Work((*capacity, *shape[1:]), 16384)
        self.found = (sums, distinct, known)

    def emit(self, states: Sequence[Matrix], settings: Matrix, factor: Matrix, fine: Matrix, rule: int) -> None:
        """Emit the update."""
        p, (sums, distinct, known) = self.program, self.found
        p.emit(
            do.UPDATE_ROWS,
            [self.value, sums, *_two(p, states), distinct, known, self.columns, settings, factor],
            reads=[sums, distinct, known, factor], writes=[self.value, *states], work=self.work,
            numbers=[rule, len(states)], guard=fine,
        )  # fmt: skip


def _two(p: Program, states: Sequence[Matrix]) -> list[Any]:
    """Return two operands for what a rule remembers, where it may remember less."""
    return [*states, *[p.constant(0)] * (2 - len(states))]
