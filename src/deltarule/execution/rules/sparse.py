"""Layers over sparse rows."""

from __future__ import annotations

from deltarule.execution.compiler import Compiler, RowsOfTable, Signal, rule
from deltarule.execution.rewrites import Unit
from deltarule.execution.rules.finish import share_bias
from deltarule.execution.sizes import Work
from deltarule.graph import Parameter
from deltarule.graph.operations.sparse import SparseAffine
from deltarule.graph.shapes import total
from deltarule.kernels import instructions as do

__all__: list[str] = []


@rule(SparseAffine)
class SparseAffineRule:
    """z_i = b + Σ_k v_k T[c_k]."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Add up rows of T for each row of the batch."""
        columns, values, ends, table, bias = unit.inputs
        which = c.ids(columns, table.shape[:1])
        until = c.ids(ends, (total((*columns.shape, 1)),))
        own, weight, first = (c.contiguous(c.values[node], node.shape) for node in (values, table, bias))
        z = c.new(unit.output)
        c.program.emit(
            do.SPARSE_LAYER,
            [which, own, until, weight, first, c.size(ends.shape), c.size(bias.shape), z],
            reads=[own, weight, first], writes=[z], work=Work((*columns.shape, *bias.shape), 32768),
        )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """v δ for the rows of T that were read, δ · T[c] for the values, δ for the bias."""
        columns, values, ends, table, bias = unit.inputs
        delta = c.dense(signal, unit.output.shape)
        rows, outputs = c.size(ends.shape), c.size(bias.shape)
        work = Work((*columns.shape, *bias.shape), 32768)
        if c.wants(bias):
            share_bias(c, bias, delta, None, unit.output.shape)
        if c.wants(values):
            weight, shared = c.contiguous(c.values[table], table.shape), c.program.buffer(values.shape)
            c.program.emit(
                do.SHARE_SPARSE_VALUES,
                [c.values[columns], c.values[ends], weight, delta, rows, outputs, shared],
                reads=[weight, delta], writes=[shared], work=work,
            )  # fmt: skip
            c.share(values, Signal(shared))
        if c.wants(table):
            own, read = c.contiguous(c.values[values], values.shape), c.program.buffer((*columns.shape, *bias.shape))
            c.program.emit(
                do.SHARE_SPARSE_ROWS,
                [own, c.values[ends], delta, rows, outputs, read],
                reads=[own, delta], writes=[read], work=work,
            )  # fmt: skip
            signals = RowsOfTable(read, c.values[columns], c.size(columns.shape), columns.shape)
            if isinstance(table, Parameter):
                c.share(table, signals)
            else:
                whole = c.zeros(table.shape)
                c.add_rows(signals, whole, table.shape)
                c.share(table, Signal(whole))
