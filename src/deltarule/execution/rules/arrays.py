"""Operations on whole arrays: functions of each entry, arithmetic, reductions, and other arrangements of entries."""

from __future__ import annotations

from typing import Any

from deltarule.execution.compiler import Compiler, NotCompiledError, Signal, rule
from deltarule.execution.program import Matrix
from deltarule.execution.rewrites import Unit
from deltarule.execution.rules.functions import FUNCTIONS, function_code
from deltarule.execution.sizes import Work
from deltarule.graph import Node
from deltarule.graph.operations import arithmetic, reductions
from deltarule.graph.operations.activations import Softmax
from deltarule.graph.operations.arrangement import Concatenate, Reshape
from deltarule.graph.operations.linear import Transpose
from deltarule.graph.shapes import Shape, normalise_axis
from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do
from deltarule.kernels import reductions as reduce

__all__: list[str] = []

_GRAIN = 16384
_COMBINATIONS: dict[type, int] = {
    arithmetic.Add: elementwise.ADD,
    arithmetic.Subtract: elementwise.SUBTRACT,
    arithmetic.Multiply: elementwise.MULTIPLY,
    arithmetic.Divide: elementwise.DIVIDE,
    arithmetic.Maximum: elementwise.MAXIMUM,
}
_REDUCTIONS: dict[type, int] = {
    reductions.Sum: reduce.SUM,
    reductions.Mean: reduce.MEAN,
    reductions.Max: reduce.MAX,
    reductions.LogSumExp: reduce.LOG_SUM_EXP,
}


def _value(c: Compiler, node: Node) -> Matrix:
    return c.contiguous(c.values[node], node.shape)


@rule(*FUNCTIONS)
class FunctionRule:
    """y = f(x) for each entry."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """f(x)."""
        x, y = _value(c, unit.inputs[0]), c.new(unit.output)
        c.program.emit(
            do.APPLY, [x, y, c.size(unit.output.shape)], reads=[x], writes=[y], work=Work(unit.output.shape, _GRAIN),
            numbers=function_code(unit.output),
        )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Signal × f′(x)."""
        shape = unit.output.shape
        x, y, delta = _value(c, unit.inputs[0]), c.values[unit.output], c.dense(signal, shape)
        shared = c.program.buffer(shape)
        c.program.emit(
            do.SHARE_APPLIED, [delta, x, y, shared, c.size(shape)], reads=[delta, x, y], writes=[shared],
            work=Work(shape, _GRAIN), numbers=function_code(unit.output),
        )  # fmt: skip
        c.share(unit.inputs[0], Signal(shared))


@rule(*_COMBINATIONS)
class CombinationRule:
    """x ∘ y for each entry, broadcast."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """x ∘ y."""
        x, y = (_value(c, source) for source in unit.inputs)
        result = c.new(unit.output)
        c.program.emit(
            do.COMBINE, [x, y, result, *_walk(c, unit)], reads=[x, y], writes=[result], numbers=[_combination(unit)]
        )

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Signal × local gradient, summed where an operand was stretched."""
        x, y = (_value(c, source) for source in unit.inputs)
        result, delta = c.values[unit.output], c.dense(signal, unit.output.shape)
        for position, source in enumerate(unit.inputs):
            if c.wants(source):
                shared = c.zeros(source.shape)
                c.program.emit(
                    do.SHARE_COMBINED, [x, y, result, *_walk(c, unit), delta, shared], reads=[x, y, result, delta],
                    writes=[shared], numbers=[_combination(unit), position == 0],
                )  # fmt: skip
                c.share(source, Signal(shared))


def _combination(unit: Unit) -> int:
    return _COMBINATIONS[type(unit.output.operation)]


def _walk(c: Compiler, unit: Unit) -> list[int]:
    """Return the places of four sizes, and of the steps of both operands along them."""
    shape = unit.output.shape
    if len(shape) > 4:
        raise NotCompiledError("arithmetic of more than four axes")
    missing = 4 - len(shape)
    sizes = [c.size(()) for _ in range(missing)] + [c.size((d,)) for d in shape]
    return sizes + [step for source in unit.inputs for step in _steps(c, source.shape, shape)]


def _steps(c: Compiler, own: Shape, shape: Shape) -> list[int]:
    """Return the steps through an operand as the four axes of the result are walked; 0 along a stretched one."""
    aligned = (1,) * (len(shape) - len(own)) + tuple(own)
    steps = [c.program.constant(0)] * (4 - len(shape))
    for axis, (d, target) in enumerate(zip(aligned, shape, strict=True)):
        steps.append(c.size(aligned[axis + 1 :]) if d == target else c.program.constant(0))
    return steps


@rule(*_REDUCTIONS)
class ReductionRule:
    """Sum, mean, largest entry or log-sum-exp over an axis, or over all."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Reduce."""
        x, y = _value(c, unit.inputs[0]), c.new(unit.output)
        c.program.emit(do.REDUCE, [x, y, *_axes(c, unit)], reads=[x], writes=[y], numbers=[_reduction(unit)])

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Share out over the axis."""
        x, y, shared = _value(c, unit.inputs[0]), c.values[unit.output], c.zeros(unit.inputs[0].shape)
        delta = c.dense(signal, unit.output.shape)
        c.program.emit(
            do.SHARE_REDUCED, [delta, x, y, shared, *_axes(c, unit)], reads=[delta, x, y], writes=[shared],
            numbers=[_reduction(unit)],
        )  # fmt: skip
        c.share(unit.inputs[0], Signal(shared))


@rule(Softmax)
class SoftmaxRule:
    """e^z / Σ e^z over an axis."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Exponentials, scaled to sum to 1."""
        x, y = _value(c, unit.inputs[0]), c.new(unit.output)
        c.program.emit(do.SOFTMAX, [x, y, *_axes(c, unit)], reads=[x], writes=[y])

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """f ∘ (signal − Σ signal f)."""
        y, shared = c.values[unit.output], c.zeros(unit.inputs[0].shape)
        delta = c.dense(signal, unit.output.shape)
        c.program.emit(do.SHARE_SOFTMAX, [delta, y, shared, *_axes(c, unit)], reads=[delta, y], writes=[shared])
        c.share(unit.inputs[0], Signal(shared))


def _reduction(unit: Unit) -> int:
    return _REDUCTIONS[type(unit.output.operation)]


def _axes(c: Compiler, unit: Unit) -> list[int]:
    """Return the places of what lies before, along, and behind the axis."""
    operation: Any = unit.output.operation
    shape = unit.inputs[0].shape
    if operation.axis is None:
        return [c.size(()), c.size(shape), c.size(())]
    axis = normalise_axis(shape, operation.axis)
    return [c.size(shape[:axis]), c.size(shape[axis : axis + 1]), c.size(shape[axis + 1 :])]


@rule(Reshape)
class ReshapeRule:
    """The same entries in another shape."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Nothing moves."""
        c.values[unit.output] = _value(c, unit.inputs[0])

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Nothing moves; rows stay rows where the first axis does."""
        shape, source = unit.output.shape, unit.inputs[0]
        if signal.rows is not None and shape[:1] == source.shape[:1]:
            c.share(source, Signal(c.contiguous(signal.matrix, shape, signal.rows), signal.rows))
        else:
            c.share(source, Signal(c.dense(signal, shape)))


@rule(Transpose)
class TransposeRule:
    """Aᵀ."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Exchange rows and columns."""
        _transposed(c, unit.inputs[0].shape, _value(c, unit.inputs[0]), c.new(unit.output))

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Exchange them back."""
        shared = c.program.buffer(unit.inputs[0].shape)
        _transposed(c, unit.output.shape, c.dense(signal, unit.output.shape), shared)
        c.share(unit.inputs[0], Signal(shared))


def _transposed(c: Compiler, shape: Shape, x: Matrix, y: Matrix) -> None:
    if len(shape) > 2:
        raise NotCompiledError("a transpose of more than two axes")
    rows, columns = (shape[0], shape[1]) if len(shape) == 2 else (1, shape[0] if shape else 1)
    c.program.emit(do.TRANSPOSE, [x, y, c.size((rows,)), c.size((columns,))], reads=[x], writes=[y])


@rule(Concatenate)
class ConcatenateRule:
    """Arrays one after another along an axis."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Copy each into its columns, unless it was written there at once."""
        parts = _parts(c, unit)
        joined = c.values[unit.output] = c.joined[unit.output]
        for source, (outer, begin, end, width) in zip(unit.inputs, parts, strict=True):
            if source in c.written_ahead:
                continue
            part = c.program.columns(joined, begin, end, width)
            own = _value(c, source)
            columns = c.size((end - begin,))
            c.program.emit(
                do.COPY, [own, columns, part, c.size((width,)), outer, columns], reads=[own], writes=[part],
                work=Work(source.shape, _GRAIN),
            )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """Give each input its columns of the signal."""
        axis = normalise_axis(unit.output.shape, unit.output.operation.axis)  # type: ignore[union-attr]
        rows_kept = axis > 0 and len(unit.output.shape) == 2
        delta = signal.matrix if signal.rows is not None and rows_kept else c.dense(signal, unit.output.shape)
        delta = c.contiguous(delta, unit.output.shape, signal.rows if rows_kept else None)
        for source, (outer, begin, end, width) in zip(unit.inputs, _parts(c, unit), strict=True):
            if not c.wants(source):
                continue
            part = c.program.columns(delta, begin, end, width)
            if rows_kept:
                c.share(source, Signal(part, signal.rows))
                continue
            own, columns = c.program.buffer(source.shape), c.size((end - begin,))
            c.program.emit(do.COPY, [part, c.size((width,)), own, columns, outer, columns], reads=[part], writes=[own])
            c.share(source, Signal(own))


def _parts(c: Compiler, unit: Unit) -> list[tuple[int, int, int, int]]:
    """Return, for each input, the place of the number of its rows, and where its columns begin and end among how many.

    Everything before the axis counts as rows, and everything from it on as columns.
    """
    operation: Any = unit.output.operation
    axis = normalise_axis(unit.output.shape, operation.axis)
    shapes = [source.shape[axis:] for source in unit.inputs]
    if any(isinstance(d, str) for shape in shapes for d in shape):
        raise NotCompiledError("arrays joined along a dimension that is not known before they are")
    widths = [_entries(shape) for shape in shapes]
    parts, begin = [], 0
    for width in widths:
        parts.append((c.size(unit.output.shape[:axis]), begin, begin + width, sum(widths)))
        begin += width
    return parts


def _entries(shape: Shape) -> int:
    entries = 1
    for d in shape:
        entries *= int(d)
    return entries
