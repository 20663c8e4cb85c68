"""Objectives that find their loss and its error signal in one pass, and name the rows that carry any."""

from __future__ import annotations

from deltarule.execution.compiler import Compiler, Rows, Signal, rule
from deltarule.execution.program import Matrix
from deltarule.execution.rewrites import ClassMargins, CrossEntropy, PairMargins, SquaredErrors
from deltarule.execution.sizes import MOST_SLICES, Work
from deltarule.graph import Node
from deltarule.kernels import instructions as do

__all__ = ["mean_of_losses"]


@rule(CrossEntropy)
class CrossEntropyRule:
    """mean(log Σ e^s − s_y)."""

    @staticmethod
    def forward(c: Compiler, unit: CrossEntropy) -> None:
        """Find the loss, and the signals softmax(s) − [j = y] with it."""
        scores, labels = unit.inputs
        own = c.contiguous(c.values[scores], scores.shape)
        signal = c.program.buffer(scores.shape)
        c.found[unit.output] = [signal]
        losses = c.program.buffer((MOST_SLICES,), "float64")
        together = c.by_examples(scores.shape[:1])
        work = together or Work(scores.shape, 4096)
        c.program.emit(
            do.SOFTMAX_CROSS_ENTROPY,
            [own, c.ids(labels, scores.shape[1:]), signal, c.size(scores.shape[:1]), c.size(scores.shape[1:]), losses],
            reads=[own], writes=[signal, losses], work=work, by_examples=together is not None,
        )  # fmt: skip
        mean_of_losses(c, unit.output, losses, work, scores)

    @staticmethod
    def backward(c: Compiler, unit: CrossEntropy, signal: Signal) -> None:
        """Send the signal that was found with the loss."""
        c.share(unit.inputs[0], Signal(c.found[unit.output][0]))


@rule(SquaredErrors)
class SquaredErrorsRule:
    """mean(½ Σ (a − y)²)."""

    @staticmethod
    def forward(c: Compiler, unit: SquaredErrors) -> None:
        """Find the loss, and the signals a − y with it."""
        outputs = unit.inputs[0]
        own, wanted = (c.contiguous(c.values[node], node.shape) for node in unit.inputs)
        signal, losses = c.program.buffer(outputs.shape), c.program.buffer((MOST_SLICES,), "float64")
        c.found[unit.output] = [signal]
        together = c.by_examples(outputs.shape[:1])
        work = together or Work(outputs.shape, 16384)
        c.program.emit(
            do.SQUARED_ERROR,
            [own, wanted, signal, c.size(outputs.shape[:1]), c.size(outputs.shape[1:]), losses],
            reads=[own, wanted], writes=[signal, losses], work=work, by_examples=together is not None,
        )  # fmt: skip
        mean_of_losses(c, unit.output, losses, work, outputs)

    @staticmethod
    def backward(c: Compiler, unit: SquaredErrors, signal: Signal) -> None:
        """Send the signal that was found with the loss."""
        c.share(unit.inputs[0], Signal(c.found[unit.output][0]))


@rule(ClassMargins)
class ClassMarginsRule:
    """mean(max_j (s_j + Δ [j ≠ y]) − s_y)."""

    @staticmethod
    def forward(c: Compiler, unit: ClassMargins) -> None:
        """Find the loss, and the rows that violate their margin."""
        scores, labels = unit.inputs
        own, wanted = c.contiguous(c.values[scores], scores.shape), c.ids(labels, scores.shape[1:])
        rows, classes = c.size(scores.shape[:1]), c.size(scores.shape[1:])
        rivals, violators = (c.program.buffer(labels.shape, "int32") for _ in range(2))
        losses, count = c.program.buffer((MOST_SLICES,), "float64"), c.program.counter()
        signal = c.program.buffer(scores.shape)
        c.found[unit.output] = [signal, violators, count]
        work = Work(scores.shape, 4096)
        c.program.emit(
            do.CLASS_MARGINS, [own, wanted, rivals, rows, classes, losses], reads=[own], writes=[rivals, losses],
            work=work, numbers=[unit.margin],
        )  # fmt: skip
        c.program.emit(
            do.CLASS_VIOLATORS, [wanted, rivals, signal, violators, classes, rows, count], reads=[rivals],
            writes=[signal, violators, count],
        )  # fmt: skip
        c.violators.append((Rows(violators, count), scores.shape[:1]))
        mean_of_losses(c, unit.output, losses, work, scores)

    @staticmethod
    def backward(c: Compiler, unit: ClassMargins, signal: Signal) -> None:
        """Only violators send a signal."""
        found, ids, count = c.found[unit.output]
        c.share(unit.inputs[0], Signal(found, Rows(ids, count)))


@rule(PairMargins)
class PairMarginsRule:
    """mean(max(0, Δ + s_c − s))."""

    @staticmethod
    def forward(c: Compiler, unit: PairMargins) -> None:
        """Find the loss, and the pairs that violate the margin."""
        true, _ = unit.inputs
        values = [c.contiguous(c.values[node], node.shape) for node in unit.inputs]
        signals = [c.program.buffer(true.shape) for _ in range(2)]
        violators, count = c.program.buffer(true.shape[:1], "int32"), c.program.counter()
        loss = c.new(unit.output)
        c.program.emit(
            do.PAIR_VIOLATORS,
            [*values, *signals, violators, c.size(true.shape[:1]), loss, count],
            reads=values, writes=[*signals, violators, loss, count], numbers=[unit.margin],
        )  # fmt: skip
        c.violators.append((Rows(violators, count), true.shape[:1]))
        c.found[unit.output] = [*signals, violators, count]

    @staticmethod
    def backward(c: Compiler, unit: PairMargins, signal: Signal) -> None:
        """Only violators send a signal: −1 to the true score, 1 to the corrupted one."""
        *signals, ids, count = c.found[unit.output]
        for node, matrix in zip(unit.inputs, signals, strict=True):
            if c.wants(node):
                c.share(node, Signal(matrix, Rows(ids, count)))


def mean_of_losses(c: Compiler, loss: Node, losses: Matrix, work: Work, scores: Node) -> None:
    """Add up the losses of the slices."""
    value = c.new(loss)
    c.program.emit(
        do.SUM_LOSS, [losses, c.program.slices(work), c.size(scores.shape[:1]), value], reads=[losses], writes=[value]
    )
