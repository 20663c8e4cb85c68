"""Layers of neurons: products with weights, and the passes over their rows."""

from __future__ import annotations

from deltarule.execution.compiler import Above, Compiler, NotCompiledError, Signal, rule
from deltarule.execution.examples import cut_by_examples
from deltarule.execution.program import Matrix
from deltarule.execution.rewrites import Layer, Masked, Unit, affine_of
from deltarule.execution.rules.finish import Finish, product, share_bias, share_finished
from deltarule.execution.rules.functions import function_code
from deltarule.execution.rules.windows import WindowLayer
from deltarule.execution.sizes import GRAIN, MOST_SLICES, Work
from deltarule.graph import DropoutMask, Node
from deltarule.graph.operations.linear import Affine, Linear, MatMul
from deltarule.graph.operations.windows import WindowAffine
from deltarule.graph.shapes import Shape
from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do

__all__: list[str] = []

_MANY = 64  # neurons; a slice then finds the gradients of those whose weights it updates, which so stay on its core


@rule(Layer, Linear, Affine, WindowAffine)
class LayerRule:
    """z = W x + b; a = dropout(f(z))."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Compute a, all of it in the pass that writes z."""
        affine, finish = affine_of(unit), _finish(c, unit)
        if isinstance(affine.operation, WindowAffine):
            c.window_layers[unit.output] = layer = WindowLayer(
                c, affine, unit.addend if isinstance(unit, Layer) else None
            )
            layer.forward(c.new(unit.output), finish)
            return
        x, weight = affine.inputs[0], c.contiguous(c.values[affine.inputs[1]], affine.inputs[1].shape)
        outputs, inputs = affine.inputs[1].shape
        source, stride = c.values[x], c.values[x].stride
        bias = c.values[affine.inputs[2]] if len(affine.inputs) > 2 else c.program.constant(0)
        a = c.new(unit.output)
        rows = affine.shape[:-1]
        together = c.by_examples(rows) if cut_by_examples(affine) else None
        c.program.emit(
            do.LAYER,
            [source, c.program.constant(stride) if stride else c.size((inputs,)), c.size(rows), c.size((inputs,)),
             weight, c.size((outputs,)), a, bias, finish.seed, c.program.constant(int(together is not None))],
            reads=[source, weight, *([bias] if isinstance(bias, Matrix) else [])],
            writes=[a],
            work=together or Work((*rows, outputs, inputs), GRAIN),
            numbers=finish.numbers,
            by_examples=together is not None,
        )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """δ = mask ∘ f′ ∘ signal; then Wᵀ δ, δ xᵀ and δ."""
        affine, finish = affine_of(unit), _finish(c, unit)
        rows = affine.shape[:-1]
        if signal.rows is not None and len(rows) != 1:
            signal = Signal(c.dense(signal, affine.shape))
        delta = c.contiguous(signal.matrix, affine.shape, signal.rows)
        if isinstance(affine.operation, WindowAffine):
            found = Signal(delta, signal.rows, above=signal.above)
            c.window_layers[unit.output].backward(found, c.values[unit.output], finish)
            return
        together = c.by_examples(rows) if signal.rows is None and cut_by_examples(affine) else None
        share_finished(c, delta, signal.rows, affine.shape, c.values[unit.output], finish, together)
        if len(affine.inputs) > 2 and c.wants(affine.inputs[-1]):
            share_bias(c, affine.inputs[-1], delta, signal.rows, affine.shape, together)
        x, weight = affine.inputs[:2]
        outputs, inputs = weight.shape
        count = c.size(rows) if signal.rows is None else signal.rows.count.address
        depends = [] if signal.rows is None else [signal.rows.count]
        work = together or Work((*rows, outputs, inputs), GRAIN)
        if signal.rows is None and together is not None and c.wants(x) and x in c.window_layers and c.uses[x] == 1:
            _leave_to_windows(c, affine, delta)
            return
        if c.wants(weight):
            taken = c.values[x]
            if signal.rows is not None:
                taken = c.contiguous(taken, x.shape)
                own = c.program.buffer(x.shape)
                c.program.emit(
                    do.READ_ROWS, [taken, signal.rows.ids, count, c.size((inputs,)), own, c.size((inputs,))],
                    reads=[taken, signal.rows.ids, *depends], writes=[own], work=Work(x.shape, 16384),
                )  # fmt: skip
                taken = own
            gradient = c.program.buffer(weight.shape if together is None else (MOST_SLICES, *weight.shape))
            product(
                c, c.size((outputs,)), c.size((inputs,)), count, (delta, c.size((outputs,)), True),
                (taken, c.program.constant(taken.stride) if taken.stride else c.size((inputs,)), False),
                (gradient, c.size((inputs,))), work, depends=depends,
                cut=do.INNER if together else do.ROWS if int(outputs) >= _MANY else do.THE_LONGER,
                by_examples=together is not None,
            )  # fmt: skip
            c.share(weight, Signal(gradient, parts=None if together is None else c.program.slices(together)))
        if c.wants(x):
            shared = c.program.buffer(x.shape)
            w = c.contiguous(c.values[weight], weight.shape)
            product(
                c, count, c.size((inputs,)), c.size((outputs,)), (delta, c.size((outputs,)), False),
                (w, c.size((inputs,)), False), (shared, c.size((inputs,))), work, depends=depends,
                cut=do.ROWS if together else do.THE_LONGER, by_examples=together is not None,
            )  # fmt: skip
            c.share(x, Signal(shared, signal.rows))


@rule(Masked)
class MaskedRule:
    """Dropout on its own."""

    @staticmethod
    def forward(c: Compiler, unit: Masked) -> None:
        """Scale what is kept, drop the rest."""
        x = unit.inputs[0]
        source = c.contiguous(c.values[x], x.shape)
        if not c.training:
            c.values[unit.output] = source
            return
        masked = c.new(unit.output)
        c.program.emit(
            do.MASK, [source, masked, c.size(x.shape), c.seed(unit.mask)], reads=[source], writes=[masked],
            work=Work(x.shape, 16384), numbers=[unit.mask.rate],
        )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Masked, signal: Signal) -> None:
        """Apply the same mask to the signal."""
        shape = unit.output.shape
        if len(shape) == 0:
            raise NotCompiledError("dropout of a single number")
        if signal.rows is not None and len(shape) != 2:
            signal = Signal(c.dense(signal, shape))
        delta = c.contiguous(signal.matrix, shape, signal.rows)
        finish = Finish(elementwise.IDENTITY, 0.0, c.seed(unit.mask), unit.mask.rate)
        share_finished(c, delta, signal.rows, shape, c.values[unit.output], finish)
        c.share(unit.inputs[0], Signal(delta, signal.rows))


@rule(MatMul)
class MatMulRule:
    """C = A B; ∂J/∂A = δ Bᵀ, ∂J/∂B = Aᵀ δ."""

    @staticmethod
    def forward(c: Compiler, unit: Unit) -> None:
        """Multiply; a vector is a row on the left, a column on the right."""
        a, b = unit.inputs
        own, other = c.contiguous(c.values[a], a.shape), c.contiguous(c.values[b], b.shape)
        rows, inner, columns = _shape_of_product(a, b)
        result = c.new(unit.output)
        product(
            c, c.size(rows), c.size(columns), c.size(inner), (own, c.size(inner), False),
            (other, c.size(columns), False), (result, c.size(columns)), Work((*rows, *inner, *columns), GRAIN),
        )  # fmt: skip

    @staticmethod
    def backward(c: Compiler, unit: Unit, signal: Signal) -> None:
        """δ Bᵀ, Aᵀ δ."""
        a, b = unit.inputs
        own, other = c.contiguous(c.values[a], a.shape), c.contiguous(c.values[b], b.shape)
        rows, inner, columns = _shape_of_product(a, b)
        delta, work = c.dense(signal, unit.output.shape), Work((*rows, *inner, *columns), GRAIN)
        if c.wants(a):
            shared = c.program.buffer(a.shape)
            product(
                c, c.size(rows), c.size(inner), c.size(columns), (delta, c.size(columns), False),
                (other, c.size(columns), True), (shared, c.size(inner)), work,
            )  # fmt: skip
            c.share(a, Signal(shared))
        if c.wants(b):
            shared = c.program.buffer(b.shape)
            product(
                c, c.size(inner), c.size(columns), c.size(rows), (own, c.size(inner), True),
                (delta, c.size(columns), False), (shared, c.size(columns)), work,
            )  # fmt: skip
            c.share(b, Signal(shared))


def _leave_to_windows(c: Compiler, affine: Node, delta: Matrix) -> None:
    """Let the window layer below find Uᵀ δ and δ aᵀ, slice by slice, while its activations are in the cache."""
    x, weight = affine.inputs[:2]
    gradient = c.program.buffer(weight.shape) if c.wants(weight) else None
    if gradient is not None:
        c.share(weight, Signal(gradient))
    w = c.contiguous(c.values[weight], weight.shape)
    above = Above(delta, w, c.size(weight.shape[:1]), gradient)
    c.share(x, Signal(c.program.buffer(x.shape), above=above))


def _finish(c: Compiler, unit: Unit) -> Finish:
    """Return what a layer does with its preactivations."""
    activation: Node | None = unit.activation if isinstance(unit, Layer) else None
    mask: DropoutMask | None = unit.mask if isinstance(unit, Layer) and c.training else None
    function, setting = (elementwise.IDENTITY, 0.0) if activation is None else function_code(activation)
    if mask is None:
        return Finish(function, setting, c.program.constant(0), 0.0)
    return Finish(function, setting, c.seed(mask), mask.rate)


def _shape_of_product(a: Node, b: Node) -> tuple[Shape, Shape, Shape]:
    """Return the rows, the inner dimension and the columns of a product."""
    return a.shape[:-1], a.shape[-1:], b.shape[1:]
