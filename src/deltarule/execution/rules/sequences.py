"""Objectives of label sequences, found with the error signals of scores and of transitions in one pass."""

from __future__ import annotations

from collections.abc import Sequence

from deltarule.execution.compiler import Compiler, NotCompiledError, Rows, Signal, rule
from deltarule.execution.program import Matrix
from deltarule.execution.rewrites import SequenceLikelihood, SequenceMargins, Unit
from deltarule.execution.rules.objectives import mean_of_losses
from deltarule.execution.sizes import MOST_SLICES, Work
from deltarule.graph import Node
from deltarule.kernels import instructions as do
from deltarule.kernels.sequences import LANES

__all__: list[str] = []


class _Sentences:
    """What both objectives read, and where the signals of transitions, start and end go, a part for each slice."""

    def __init__(self, c: Compiler, unit: Unit) -> None:
        scores, *others, labels, lengths = unit.inputs
        self.values = [c.contiguous(c.values[node], node.shape) for node in (scores, *others)]
        self.labels = [c.ids(labels, scores.shape[1:]), _lengths(c, lengths, scores)]
        self.parts = [c.program.buffer((MOST_SLICES, *node.shape)) for node in others]
        self.sizes = [c.size(scores.shape[:1]), c.size(scores.shape[1:]), c.size(lengths.shape)]
        self.losses = c.program.buffer((MOST_SLICES,), "float64")
        self.work = Work((*scores.shape, *scores.shape[1:]), 8192)

    def signals(self, c: Compiler, others: Sequence[Node]) -> list[Matrix]:
        """Add up the parts."""
        signals = [c.program.buffer(node.shape) for node in others]
        for node, parts, signal in zip(others, self.parts, signals, strict=True):
            c.program.emit(
                do.SUM_PARTS, [parts, c.program.slices(self.work), c.size(node.shape), signal],
                reads=[parts], writes=[signal],
            )  # fmt: skip
        return signals


@rule(SequenceLikelihood)
class SequenceLikelihoodRule:
    """Σ (log Z − s(y)) / tokens."""

    @staticmethod
    def forward(c: Compiler, unit: SequenceLikelihood) -> None:
        """Find the loss, and with it the signals: expected less true counts."""
        scores, *others, _, _ = unit.inputs
        s, count = _Sentences(c, unit), int(scores.shape[1])
        forward, later, signal = (c.program.buffer(scores.shape) for _ in range(3))
        scratch = c.program.buffer((MOST_SLICES, 2 * count * count + 2 * count))
        c.program.emit(
            do.SENTENCE_LIKELIHOOD,
            [s.values[0], *s.labels, *s.values[1:], forward, later, signal, scratch, *s.parts, *s.sizes, s.losses],
            reads=s.values, writes=[forward, later, signal, scratch, *s.parts, s.losses], work=s.work,
        )  # fmt: skip
        c.found[unit.output] = [signal, *s.signals(c, others)]
        mean_of_losses(c, unit.output, s.losses, s.work, scores)

    @staticmethod
    def backward(c: Compiler, unit: SequenceLikelihood, signal: Signal) -> None:
        """Send the signals that were found with the loss."""
        for node, found in zip(unit.inputs, c.found[unit.output], strict=False):
            if c.wants(node):
                c.share(node, Signal(found))


@rule(SequenceMargins)
class SequenceMarginsRule:
    """Σ max(0, max_y' (s(y') + Δ · wrong(y, y')) − s(y)) / tokens."""

    @staticmethod
    def forward(c: Compiler, unit: SequenceMargins) -> None:
        """Find the loss, and the tokens where the best rival of a sentence differs from the truth."""
        scores, *others, labels, _ = unit.inputs
        s, count = _Sentences(c, unit), int(scores.shape[1])
        width = -(-count // LANES) * LANES
        totals = c.program.buffer((*scores.shape[:1], width), "float64")
        scratch = c.program.buffer((MOST_SLICES, count * width), "float64")
        rivals, violators = (c.program.buffer(labels.shape, "int32") for _ in range(2))
        signal, found = c.program.buffer(scores.shape), c.program.counter()
        c.program.emit(
            do.STRUCTURED_MARGINS,
            [s.values[0], *s.labels, *s.values[1:], totals, scratch, rivals, *s.parts, *s.sizes, s.losses],
            reads=s.values, writes=[totals, scratch, rivals, *s.parts, s.losses], work=s.work, numbers=[unit.margin],
        )  # fmt: skip
        c.program.emit(
            do.CLASS_VIOLATORS, [s.labels[0], rivals, signal, violators, s.sizes[1], s.sizes[0], found],
            reads=[rivals], writes=[signal, violators, found],
        )  # fmt: skip
        c.violators.append((Rows(violators, found), scores.shape[:1]))
        c.found[unit.output] = [signal, *s.signals(c, others), violators, found]
        mean_of_losses(c, unit.output, s.losses, s.work, scores)

    @staticmethod
    def backward(c: Compiler, unit: SequenceMargins, signal: Signal) -> None:
        """Only tokens whose best rival differs send a signal to their scores."""
        scores, *others, _, _ = unit.inputs
        own, *found, violators, count = c.found[unit.output]
        if c.wants(scores):
            c.share(scores, Signal(own, Rows(violators, count)))
        for node, matrix in zip(others, found, strict=True):
            if c.wants(node):
                c.share(node, Signal(matrix))


def _lengths(c: Compiler, lengths: Node, scores: Node) -> Matrix:
    """Return lengths of sentences, and note that they must add up to the tokens."""
    if lengths.operation is not None:
        raise NotCompiledError(f"{lengths!r} is computed")
    c.lengths.append((lengths, scores.shape[:1]))
    return c.values[lengths]
