"""The end of a training step: the norms of gradients, and the updates of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from deltarule.execution.compiler import Compiler, RowsOfTable, Signal
from deltarule.execution.program import Matrix, Program
from deltarule.execution.sizes import Work
from deltarule.graph import Parameter
from deltarule.graph.shapes import Shape
from deltarule.kernels import instructions as do
from deltarule.kernels.small_parameters import PARAMETER_WIDTH

__all__ = ["DenseUpdate", "RowsUpdate", "SmallUpdates", "updates_of"]

_SLICES = 4  # at most, of the update of a parameter
_SMALL = 4096  # numbers of a parameter that is updated together with others

States = Mapping[Parameter, Sequence[Matrix]]
"""What an update rule remembers of each parameter."""


def updates_of(
    c: Compiler, gradients: Mapping[Parameter, Signal | list[RowsOfTable]]
) -> tuple[Matrix, int, list[SmallUpdates | DenseUpdate | RowsUpdate]]:
    """Emit what finds the norms of gradients; return these, how many there are, and the updates, not yet emitted."""
    dense = {parameter: found for parameter, found in gradients.items() if isinstance(found, Signal)}
    small = {parameter: found for parameter, found in dense.items() if parameter.value.size < _SMALL}
    count = _SLICES * (len(gradients) - len(small) + 1)
    norms = c.program.buffer((count,), "float64")
    places = (c.program.doubles(norms, begin, begin + _SLICES) for begin in range(0, count, _SLICES))
    updates: list[SmallUpdates | DenseUpdate | RowsUpdate] = []
    for parameter, found in gradients.items():
        if isinstance(found, list):
            updates.append(RowsUpdate(c, parameter, found, next(places)))
        elif parameter not in small:
            updates.append(DenseUpdate(c, parameter, found, next(places)))
    if small:
        updates.append(SmallUpdates(c, small, next(places)))
    return norms, count, updates


class SmallUpdates:
    """The norm of the gradients of several small parameters, and their updates, in one instruction each.

    Attributes
    ----------
    found : where the gradient of each parameter lies
    """

    def __init__(self, c: Compiler, gradients: Mapping[Parameter, Signal], norms: Matrix) -> None:
        p = self.program = c.program
        self.values = [c.values[parameter] for parameter in gradients]
        self.found = {parameter: _whole(c, parameter, gradient) for parameter, gradient in gradients.items()}
        self.table = np.zeros((len(gradients), PARAMETER_WIDTH), np.int64)
        for row, (parameter, gradient) in enumerate(gradients.items()):
            parts = p.constant(1) if gradient.parts is None else gradient.parts
            place = c.values[parameter].address, self.found[parameter].address
            self.table[row] = *place, 0, 0, parameter.value.size, parts
        c.constants.append(self.table)
        self.place = p.array(self.table)
        found = [*self.found.values()]
        p.emit(
            do.NORM_OF_EACH, [self.place, p.constant(len(gradients)), norms], reads=found, writes=[norms, *found]
        )  # fmt: skip

    def emit(self, states: States, settings: Matrix, factor: Matrix, fine: Matrix, rule: int) -> None:
        """Emit the updates."""
        p, remembered = self.program, [states[parameter] for parameter in self.found]
        for row, own in zip(self.table, remembered, strict=True):
            row[2:4] = [state.address for state in own] + [p.constant(0)] * (2 - len(own))
        p.emit(
            do.UPDATE_EACH, [self.place, p.constant(len(self.table)), settings, factor],
            reads=[*self.found.values(), factor], writes=[*self.values, *chain.from_iterable(remembered)],
            numbers=[rule], guard=fine,
        )  # fmt: skip


class DenseUpdate:
    """The norm of a gradient, and the update of its parameter, which is not small.

    Attributes
    ----------
    found : where the gradient of the parameter lies
    """

    def __init__(self, c: Compiler, parameter: Parameter, gradient: Signal, norms: Matrix) -> None:
        self.program, self.value = c.program, c.values[parameter]
        found = _whole(c, parameter, gradient)
        self.found = {parameter: found}
        self.entries = parameter.value.size
        self.slices = 2 if self.entries < 65536 else _SLICES
        count, one = self.program.constant(self.entries), self.program.constant(1)
        parts = one if gradient.parts is None else gradient.parts
        self.program.emit(
            do.NORM, [found, count, one, norms, parts], reads=[found], writes=[norms, found], work=self.slices
        )  # fmt: skip

    def emit(self, states: States, settings: Matrix, factor: Matrix, fine: Matrix, rule: int) -> None:
        """Emit the update."""
        p, ((parameter, found),) = self.program, self.found.items()
        own = states[parameter]
        p.emit(
            do.UPDATE,
            [self.value, found, *_two(p, own), p.constant(self.entries), settings, factor],
            reads=[found, factor], writes=[self.value, *own], work=self.slices, numbers=[rule],
            guard=fine,
        )  # fmt: skip


class RowsUpdate:
    """The sum of the signals of each row of a table that was read, their norm, and the update of these rows.

    Attributes
    ----------
    found : for the table, where the sums lie, the rows that they are for, and how many these are
    """

    def __init__(self, c: Compiler, table: Parameter, parts: Sequence[RowsOfTable], norms: Matrix) -> None:
        p = self.program = c.program
        self.value = c.values[table]
        shape, self.columns = table.shape, p.size(table.shape[1:])
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
        self.found = {table: (sums, distinct, known)}

    def emit(self, states: States, settings: Matrix, factor: Matrix, fine: Matrix, rule: int) -> None:
        """Emit the update."""
        p, ((table, (sums, distinct, known)),) = self.program, self.found.items()
        own = states[table]
        p.emit(
            do.UPDATE_ROWS,
            [self.value, sums, *_two(p, own), distinct, known, self.columns, settings, factor],
            reads=[sums, distinct, known, factor], writes=[self.value, *own], work=self.work,
            numbers=[rule, len(own)], guard=fine,
        )  # fmt: skip


def _whole(c: Compiler, parameter: Parameter, gradient: Signal) -> Matrix:
    """Return where a gradient lies, each of its parts whole."""
    return gradient.matrix if gradient.parts is not None else c.dense(gradient, parameter.shape)


def _two(p: Program, states: Sequence[Matrix]) -> list[Any]:
    """Return two operands for what a rule remembers, where it may remember less."""
    return [*states, *[p.constant(0)] * (2 - len(states))]
