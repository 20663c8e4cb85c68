"""Rows looked up by id, entries picked by label."""

from __future__ import annotations

from deltarule.execution.compiler import Compiler, RowsOfTable, Signal, rule
from deltarule.execution.rewrites import Unit
from deltarule.execution.sizes import Work
from deltarule.graph import Parameter
from deltarule.graph.operations.arrangement import OneHot, Pick, RowLookup
from deltarule.kernels import instructions as do

__all__: list[str] = []


@rule(RowLookup)
class RowLookupRule:
    """Row ids_i of a table for each i."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Copy the rows, into columns of what they will be joined to where there is such a thing."""
        table, ids = unit.inputs
        own, wanted = c.contiguous(c.values[table], table.shape), c.ids(ids, table.shape[:1])
        target = c.written_ahead.get(unit.output) or c.program.buffer(unit.output.shape)
        c.values[unit.output] = target
        columns = c.size(table.shape[1:])
        c.program.emit(
            do.READ_ROWS,
            [own, wanted, c.size(ids.shape), columns, target,
             c.program.constant(target.stride) if target.stride else columns],
            reads=[own], writes=[target], work=Work(unit.output.shape, 16384),
        )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Send the signal to the rows that were read, and to no others."""
        table, ids = unit.inputs
        own, matrix, count, depends = c.values[ids], signal.matrix, c.size(ids.shape), ()
        if signal.rows is not None and len(ids.shape) == 1:
            own = c.program.buffer(ids.shape, "int32")
            count, depends = signal.rows.count.address, (signal.rows.count,)  # type: ignore[assignment]
            c.program.emit(
                do.READ_POSITIONS, [c.values[ids], signal.rows.ids, count, c.size(()), own],
                reads=[signal.rows.ids, signal.rows.count], writes=[own],
            )  # fmt: skip
        elif signal.rows is not None:
            matrix = c.dense(signal, unit.output.shape)
        if len(unit.output.shape) != 2 or len(ids.shape) != 1:
            matrix = c.contiguous(matrix, unit.output.shape)
        rows = RowsOfTable(matrix, own, count, ids.shape, depends)
        if isinstance(table, Parameter):
            c.share(table, rows)
        else:
            total = c.zeros(table.shape)
            c.add_rows(rows, total, table.shape)
            c.share(table, Signal(total))


@rule(Pick)
class PickRule:
    """One entry of each row."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """x[i, label_i]."""
        x, labels = unit.inputs
        own, wanted = c.contiguous(c.values[x], x.shape), c.ids(labels, x.shape[1:])
        y = c.new(unit.output)
        c.program.emit(do.PICK, [own, wanted, c.size(labels.shape), c.size(x.shape[1:]), y], reads=[own], writes=[y])

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Put the signal where it was picked."""
        x, labels = unit.inputs
        delta, shared = c.dense(signal, unit.output.shape), c.zeros(x.shape)
        c.program.emit(
            do.SHARE_PICKED, [delta, c.values[labels], c.size(labels.shape), c.size(x.shape[1:]), shared],
            reads=[delta], writes=[shared],
        )  # fmt: skip
        c.share(x, Signal(shared))


@rule(OneHot)
class OneHotRule:
    """1 at each label."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """[label_i = j]."""
        (labels,) = unit.inputs
        classes = unit.output.shape[-1:]
        wanted, y = c.ids(labels, classes), c.new(unit.output)
        c.program.emit(do.ONE_HOT, [wanted, c.size(labels.shape), c.size(classes), y], writes=[y])

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Labels have no gradient."""
