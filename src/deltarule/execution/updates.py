"""The end of a training step: the norms of gradients, and the updates of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deltarule.execution.compiler import Compiler, RowsOfTable, Signal
from deltarule.execution.program import Matrix, Program
from deltarule.execution.sizes import Work
from deltarule.graph import Parameter
from deltarule.graph.shapes import Shape
from deltarule.kernels import instructions as do
from deltarule.kernels.updates import PARAMETER_WIDTH

__all__ = ["SLICES", "DenseUpdate", "RowsUpdate", "SmallUpdates"]

SLICES = 4  # at most, of the update of a parameter
_SMALL = 4096  # numbers of a parameter that is updated together with others


class SmallUpdates:
    """The norm of the gradients of several small parameters, and their updates, in one instruction each."""

    def __init__(self, c: Compiler, gradients: Mapping[Parameter, Signal], norms: Matrix) -> None:
        p = self.program = c.program
        self.values = [c.values[parameter] for parameter in gradients]
        self.found = [_whole(c, parameter, gradient) for parameter, gradient in gradients.items()]
        self.table = np.zeros((len(gradients), PARAMETER_WIDTH), np.int64)
        for row, (parameter, gradient) in enumerate(gradients.items()):
            parts = p.constant(1) if gradient.parts is None else gradient.parts
            self.table[row] = self.values[row].address, self.found[row].address, 0, 0, parameter.value.size, parts
        c.constants.append(self.table)
        self.place = p.array(self.table)
        p.emit(
            do.NORM_OF_EACH, [self.place, p.constant(len(gradients)), norms], reads=self.found,
            writes=[norms, *self.found],
        )  # fmt: skip

    @staticmethod
    def are_for(parameter: Parameter, gradient: Signal | list[RowsOfTable]) -> bool:
        """Say whether a parameter is small, and its gradient no list of rows."""
        return isinstance(gradient, Signal) and parameter.value.size < _SMALL

    def emit(self, states: Sequence[Sequence[Matrix]], settings: Matrix, factor: Matrix, fine: Matrix, rule: int) -> None:
        """Emit the updates, with what the rule remembers of each parameter."""
        p = self.program
        for row, own in zip(self.table, states, strict=True):
            row[2:4] = [state.address for state in own] + [p.constant(0)] * (2 - len(own))
        p.emit(
            do.UPDATE_EACH, [self.place, p.constant(len(self.table)), settings, factor],
            reads=[*self.found, factor], writes=[*self.values, *(state for own in states for state in own)],
            numbers=[rule], guard=fine,
        )  # fmt: skip


class DenseUpdate:
    """The norm of a gradient, and the update of its parameter, which is not small."""

    def __init__(self, c: Compiler, parameter: Parameter, gradient: Signal, norms: Matrix) -> None:
        self.program, self.value = c.program, c.values[parameter]
        self.found = _whole(c, parameter, gradient)
        self.entries = parameter.value.size
        self.slices = 2 if self.entries < 65536 else SLICES
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


def _whole(c: Compiler, parameter: Parameter, gradient: Signal) -> Matrix:
    """Return where a gradient lies, each of its parts whole."""
    return gradient.matrix if gradient.parts is not None else c.dense(gradient, parameter.shape)


def _two(p: Program, states: Sequence[Matrix]) -> list[Any]:
    """Return two operands for what a rule remembers, where it may remember less."""
    return [*states, *[p.constant(0)] * (2 - len(states))]
