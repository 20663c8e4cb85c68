"""From a graph to a program: values forward, error signals backward; the rules of each operation stand in `rules`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.examples import work_by_examples
from deltarule.execution.program import Matrix, Program
from deltarule.execution.rewrites import Unit, rewritten
from deltarule.execution.sizes import Work
from deltarule.execution.small_networks import small_network
from deltarule.execution.taken_rows import take_rows
from deltarule.graph import Array, Constant, DropoutMask, Input, Node, Parameter
from deltarule.graph.operations.arrangement import Concatenate, RowLookup
from deltarule.graph.shapes import Shape
from deltarule.kernels import instructions as do

__all__ = ["RULES", "Above", "Compiler", "NotCompiledError", "Rows", "RowsOfTable", "Signal", "rule"]


class NotCompiledError(Exception):
    """A graph has an operation without kernels; the reference interpreter runs it."""


@dataclass(frozen=True)
class Rows:
    """The rows of a batch that carry a signal.

    Attributes
    ----------
    ids : which rows, int32
    count : counter of how many
    """

    ids: Matrix
    count: Matrix


@dataclass(frozen=True)
class Signal:
    """An error signal: one for each entry, or only the rows that carry one, one after another.

    Attributes
    ----------
    matrix : where it lies
    rows : those that carry one, if not all do
    parts : place of how many parts it has, one after another, whose sum it is
    above : the layer above that it has still to be found from, with the gradient of its weights
    """

    matrix: Matrix
    rows: Rows | None = None
    parts: int | None = None
    above: Above | None = None


@dataclass(frozen=True)
class Above:
    """A layer whose Uᵀ δ and δ aᵀ the layer below it finds.

    Attributes
    ----------
    delta : δ, its error signal
    weight : U
    outputs : place of its number of neurons
    gradient : where δ aᵀ goes, if it is wanted
    """

    delta: Matrix
    weight: Matrix
    outputs: int
    gradient: Matrix | None


@dataclass(frozen=True)
class RowsOfTable:
    """A signal for some rows of a table: row i of the signal is for row ids_i.

    Attributes
    ----------
    matrix : the signal
    ids : int32
    count : place of how many
    capacity : shape whose entries are how many there can be
    depends : counters that must be known before
    """

    matrix: Matrix
    ids: Matrix
    count: int
    capacity: Shape
    depends: tuple[Matrix, ...] = ()


Forward = Callable[["Compiler", Any], None]
Backward = Callable[["Compiler", Any, Signal], None]
RULES: dict[type, tuple[Forward, Backward]] = {}
"""How units and operations are compiled, forward and backward."""


def rule(*kinds: type) -> Callable[[type], type]:
    """Enter a class with the functions `forward` and `backward` as the rule of some operations or units."""

    def enter(rules: Any) -> Any:
        for kind in kinds:
            RULES[kind] = (rules.forward, rules.backward)
        return rules

    return enter


class Compiler:
    """Compiles one graph.

    Parameters
    ----------
    order : the nodes in topological order
    outputs : nodes whose values are asked for
    loss : the node that will be differentiated, in training
    wanted : nodes whose signal will be needed

    Attributes
    ----------
    program : the instructions so far
    values : where the value of each node lies
    inputs : the leaves whose arrays are fed
    taken_rows : how they can be rows of whole arrays instead
    seeds : place of the seed of each dropout mask
    limits : for inputs that hold ids, places of the limits that they must stay below
    lengths : inputs that hold lengths of sentences, and the shape whose entries they must add up to
    found : error signals that an objective finds together with its value
    window_layers : what window layers leave for the pass back
    joined : where the inputs of each concatenation go
    written_ahead : rows that are looked up straight into the columns of a concatenation
    violators : for each max-margin objective, the rows that violate their margin, and the shape of all rows
    """

    def __init__(
        self, order: Sequence[Node], outputs: Collection[Node], loss: Node | None = None, wanted: Collection[Node] = ()
    ) -> None:
        self.program = Program()
        self.training = loss is not None
        self.values: dict[Node, Matrix] = {}
        self.inputs: dict[Input, Matrix] = {}
        self.seeds: dict[DropoutMask, int] = {}
        self.limits: list[tuple[Node, Matrix, Shape, Shape]] = []
        self.lengths: list[tuple[Node, Shape]] = []
        self.violators: list[tuple[Rows, Shape]] = []
        self.found: dict[Node, list[Matrix]] = {}
        self.window_layers: dict[Node, Any] = {}
        self.joined: dict[Node, Matrix] = {}
        self.written_ahead: dict[Node, Matrix] = {}
        self.constants: list[Array] = []
        self.units = rewritten(order, outputs, loss)
        self.uses: dict[Node, int] = {}
        for unit in self.units:
            for source in unit.inputs:
                self.uses[source] = self.uses.get(source, 0) + 1
        for output in outputs:
            self.uses[output] = self.uses.get(output, 0) + 1
        self._work_by_examples = work_by_examples(self.units)
        small = small_network(self.units, wanted) if self.training else None
        if small is not None:
            self.units = [small]
        self._signals: dict[Node, list[Signal | RowsOfTable]] = {}
        self._wanted = wanted
        for node in order:
            if node.operation is None:
                self._leaf(node)
        self._join_ahead()
        self.taken_rows = take_rows(self.program, self.inputs, self.by_examples) if self.training else None
        for unit in self.units:
            self._rule(unit)[0](self, unit)

    def backward(self, loss: Node) -> dict[Parameter, Signal | list[RowsOfTable]]:
        """Compile the pass back, and return the gradient of each wanted parameter that the loss depends on."""
        one = self.program.buffer(())
        if loss not in self.found:  # an objective has found its signals already
            self.program.emit(do.FILL, [one, self.size(())], writes=[one], numbers=[1.0])
        self._signals = {loss: [Signal(one)]}
        for unit in reversed(self.units):
            if self.wants(unit.output) and unit.output in self._signals:
                self._rule(unit)[1](self, unit, self._merged(unit.output, self._signals.pop(unit.output)))
        gradients: dict[Parameter, Signal | list[RowsOfTable]] = {}
        for node, signals in self._signals.items():
            if isinstance(node, Parameter):
                rows = [s for s in signals if isinstance(s, RowsOfTable)]
                gradients[node] = rows if len(rows) == len(signals) else self._merged(node, signals)
        return gradients

    def wants(self, node: Node) -> bool:
        """Say whether the signal of a node is needed."""
        return node in self._wanted

    def share(self, node: Node, signal: Signal | RowsOfTable) -> None:
        """Give a node its part of a signal; the memory is the node's from now on."""
        self._signals.setdefault(node, []).append(signal)

    def new(self, node: Node) -> Matrix:
        """Return memory for the value of a node, and note it as its value."""
        self.values[node] = self.program.buffer(node.shape)
        return self.values[node]

    def size(self, shape: Shape) -> int:
        """Return the place of a number of entries."""
        return self.program.size(shape)

    def by_examples(self, rows: Shape) -> Work | None:
        """Return the work of the layers that are cut by the examples of a batch, if there are any on these rows."""
        return self._work_by_examples.get(rows)

    def contiguous(self, matrix: Matrix, shape: Shape, rows: Rows | None = None) -> Matrix:
        """Return a matrix whose rows lie one after another: the same, or a copy."""
        if not matrix.stride:
            return matrix
        copy = self.program.buffer(shape)
        count = self.size(shape[:-1]) if rows is None else rows.count.address
        columns = self.size(shape[-1:])
        self.program.emit(
            do.COPY,
            [matrix, self.program.constant(matrix.stride), copy, columns, count, columns],
            reads=[matrix, *([] if rows is None else [rows.count])],
            writes=[copy],
            work=Work(shape, 16384),
        )
        return copy

    def dense(self, signal: Signal, shape: Shape) -> Matrix:
        """Return a signal for every entry, with zeros where there was none, and one part."""
        if signal.parts is not None:
            self.program.emit(
                do.SUM_PARTS, [signal.matrix, signal.parts, self.size(shape), signal.matrix], reads=[signal.matrix],
                writes=[signal.matrix], work=Work(shape, 16384),
            )  # fmt: skip
        matrix = self.contiguous(signal.matrix, shape, signal.rows)
        if signal.rows is None:
            return matrix
        whole = self.zeros(shape)
        columns = self.size(shape[1:])
        self.program.emit(
            do.ADD_ROWS,
            [matrix, signal.rows.ids, signal.rows.count.address, columns, columns, whole],
            reads=[matrix, signal.rows.ids, signal.rows.count],
            writes=[whole],
        )
        return whole

    def zeros(self, shape: Shape) -> Matrix:
        """Return memory that is filled with zeros at each step."""
        matrix = self.program.buffer(shape)
        self.program.emit(do.FILL, [matrix, self.size(shape)], writes=[matrix], work=Work(shape, 65536))
        return matrix

    def seed(self, mask: DropoutMask) -> int:
        """Return the place of the seed of a mask."""
        if mask not in self.seeds:
            self.seeds[mask] = self.program.place()
        return self.seeds[mask]

    def ids(self, node: Node, limit: Shape) -> Matrix:
        """Return the ids that a node holds, and note that they must stay below a limit."""
        if node.operation is not None:
            raise NotCompiledError(f"{node!r} computes ids")
        self.limits.append((node, self.values[node], node.shape, limit))
        return self.values[node]

    def _leaf(self, node: Node) -> None:
        """Find the array of a leaf."""
        if isinstance(node, Input):
            if any(other.name == node.name for other in self.inputs):
                raise InputError(f"two inputs of the graph are both named {node.name!r}; give each its own name")
            self.inputs[node] = self.values[node] = self.program.array(np.zeros(1, np.float32))
        elif isinstance(node, Parameter):
            if node.value.dtype != np.float32 or not node.value.flags.c_contiguous:
                raise NotCompiledError(f"{node!r} is not held in float32, in one piece")
            self.values[node] = self.program.array(node.value)
        elif isinstance(node, Constant):
            array = np.ascontiguousarray(node.value, np.int32 if node.integer else np.float32)
            self.constants.append(array)
            self.values[node] = self.program.array(array)
        elif not isinstance(node, DropoutMask):
            raise NotCompiledError(f"{node!r} is no known leaf")

    def _join_ahead(self) -> None:
        """Find memory for concatenations, so that rows can be looked up straight into it."""
        for unit in self.units:
            if not isinstance(unit.output.operation, Concatenate):
                continue
            self.joined[unit.output] = joined = self.program.buffer(unit.output.shape)
            widths = [source.shape[-1] for source in unit.inputs if isinstance(source.shape[-1], int)]
            wrong_axis = unit.output.operation.axis not in (1, -1) or len(unit.output.shape) != 2
            if wrong_axis or len(widths) != len(unit.inputs):
                continue
            begin = 0
            for source, width in zip(unit.inputs, widths, strict=True):
                if isinstance(source.operation, RowLookup) and len(source.inputs[1].shape) == self.uses[source] == 1:
                    self.written_ahead[source] = self.program.columns(joined, begin, begin + width, sum(widths))
                begin += width

    def _rule(self, unit: Unit) -> tuple[Forward, Backward]:
        """Return the rule of a unit, or of the operation that it is."""
        kind = type(unit) if type(unit) is not Unit else type(unit.output.operation)
        if kind not in RULES or any(isinstance(source, DropoutMask) for source in unit.inputs):
            raise NotCompiledError(f"{unit.output!r} has no kernels")
        return RULES[kind]

    def _merged(self, node: Node, signals: Sequence[Signal | RowsOfTable]) -> Signal:
        """Add up the parts of a node's signal."""
        if len(signals) == 1 and isinstance(signals[0], Signal):
            return signals[0]
        total = self.zeros(node.shape)
        for s in signals:
            if isinstance(s, RowsOfTable):
                self.add_rows(s, total, node.shape)
            else:
                part = self.dense(s, node.shape)
                self.program.emit(
                    do.ADD_SCALED, [part, total, self.size(node.shape)], reads=[part], writes=[total],
                    work=Work(node.shape, 65536), numbers=[1.0],
                )  # fmt: skip
        return Signal(total)

    def add_rows(self, rows: RowsOfTable, total: Matrix, shape: Shape) -> None:
        """Add a signal for some rows to one for all."""
        columns = self.size(shape[1:])
        stride = self.program.constant(rows.matrix.stride) if rows.matrix.stride else columns
        self.program.emit(
            do.ADD_ROWS, [rows.matrix, rows.ids, rows.count, columns, stride, total],
            reads=[rows.matrix, rows.ids, *rows.depends], writes=[total],
        )  # fmt: skip
