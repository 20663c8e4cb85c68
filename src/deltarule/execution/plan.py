"""Compiled plans: a graph as a program of kernels, in single precision, on buffers that are allocated once.

The reference interpreter says what is right; a plan agrees with it to rounding, and is many times as fast. Memory does
not grow from step to step, and results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import deltarule.execution.rules  # noqa: F401 - enters the rules
from deltarule.errors import ShapeError
from deltarule.execution.compiler import Compiler, NotCompiledError
from deltarule.execution.inputs import Inputs
from deltarule.execution.many_steps import Changes, InOrder, Sources, TakenSteps, Watched
from deltarule.execution.program import Matrix, address
from deltarule.execution.threads import Threads
from deltarule.execution.updates import updates_of
from deltarule.graph import Array, Node, Parameter, topological_order
from deltarule.graph.shapes import format_shape
from deltarule.kernels import instructions as do

__all__ = ["ForwardPlan", "NotCompiledError", "TrainingPlan"]


class Plan:
    """A program bound to the inputs of a graph."""

    def __init__(self, compiler: Compiler, threads: int | None) -> None:
        self.compiler, self.program = compiler, compiler.program
        self.inputs = Inputs(compiler)
        self.names = frozenset(feed.name for feed in self.inputs.feeds)
        self.program.finish()
        self._threads = Threads(self.program, threads)
        self._parameters = [
            (node, matrix, [node.value]) for node, matrix in compiler.values.items() if isinstance(node, Parameter)
        ]

    def feed(self, feeds: Mapping[Any, Any]) -> None:
        """Set the inputs, by name or node, and check their shapes and ids."""
        self._find_parameters()
        self.inputs.feed(feeds)

    def run(self) -> None:
        """Run the program on what was fed."""
        self._threads.run()

    def _find_parameters(self) -> None:
        """See whether parameters hold other arrays than before."""
        for node, matrix, known in self._parameters:
            if node.value is not known[0]:
                self._replaced(node, matrix, known)

    def _replaced(self, node: Parameter, matrix: Matrix, known: list[Array]) -> None:
        """Take note that a parameter holds another array than before."""
        if node.value.dtype != np.float32 or not node.value.flags.c_contiguous or node.value.shape != node.shape:
            raise ShapeError(
                f"parameter {node.label!r} now holds {node.value.dtype} of shape {node.value.shape}; a compiled"
                f" plan needs float32 of shape {format_shape(node.shape)} in one piece"
            )
        self.program.rebind(matrix, node.value)
        known[0] = node.value


class ForwardPlan(Plan):
    """Computes values of nodes.

    Parameters
    ----------
    outputs : nodes to compute
    threads : at most so many; all cores for ``None``
    """

    def __init__(self, outputs: Sequence[Node], threads: int | None = None) -> None:
        compiler = Compiler(topological_order(outputs), outputs)
        self._outputs = []
        for node in outputs:
            matrix = compiler.values[node]
            if not isinstance(matrix.owner, int) or matrix.stride:
                raise NotCompiledError(f"{node!r} is not computed")
            self._outputs.append((node, matrix))
        super().__init__(compiler, threads)

    def __call__(self, feeds: Mapping[Any, Any]) -> list[Array]:
        """Return the values of the outputs for some inputs; they hold until the next call."""
        self.feed(feeds)
        self.run()
        values = []
        for node, matrix in self._outputs:
            shape = self.program.actual(node.shape)
            values.append(self.program.contents(matrix)[: int(np.prod(shape))].reshape(shape))
        return values


class TrainingPlan(Plan):
    """Takes steps down the gradient of a loss.

    Parameters
    ----------
    loss : scalar node
    parameters : those to change, with what the update rule remembers of each
    rule : number of the update rule, as kernels call it
    clip : largest norm of all gradients together; 0 for none
    threads : at most so many; all cores for ``None``
    """

    def __init__(
        self,
        loss: Node,
        parameters: Mapping[Parameter, Sequence[Array]],
        wanted: set[Node],
        rule: int,
        clip: float,
        threads: int | None = None,
    ) -> None:
        if loss.operation is None:
            raise NotCompiledError(f"{loss!r} is not computed")
        c = Compiler(topological_order([loss]), [loss], loss, wanted)
        p = c.program
        gradients = c.backward(loss)
        self._loss = p.contents(c.values[loss])
        self.settings = np.zeros(8)
        self._own_settings = address(self.settings)
        self._settings, fine, factor = p.array(self.settings), p.counter(), p.buffer((1,), "float64")
        norms, count, updates = updates_of(c, gradients)
        p.emit(
            do.CHECK_GRADIENTS,
            [norms, p.constant(count), c.values[loss], factor, fine],
            reads=[norms, c.values[loss]], writes=[factor, fine],
            numbers=[float(np.finfo(np.float64 if clip else np.float32).max), clip],
        )  # fmt: skip
        states = {parameter: [p.array(state) for state in parameters[parameter]] for parameter in gradients}
        for update in updates:
            update.emit(states, self._settings, factor, fine, rule)
        self._fine = fine.address
        self._gradients: dict[Parameter, Matrix | tuple[Matrix, Matrix, Matrix]] = {}
        for update in updates:
            self._gradients |= update.found
        self._margins = [(rows.count.address, c.size(shape)) for rows, shape in c.violators]
        self._watched = Watched(self._settings.address, self._loss, self._fine, self._margins)
        self._taken_rows = c.taken_rows
        self._taken: list[Array] = []  # where rows of whole arrays are put
        self._sources: Sources | None = None
        self._in_order: InOrder | None = None
        self._seed_places = np.array(list(c.seeds.values()), np.int64)
        self.masks = len(self._seed_places)
        super().__init__(c, threads)

    def step(self, feeds: Mapping[Any, Any], seeds: Array | None = None, settings: int = 0) -> tuple[float, bool]:
        """Take a step.

        Parameters
        ----------
        feeds : arrays for the inputs
        seeds : whole numbers below 2³², one for each dropout mask, if there are any
        settings : address of the learning rate and the settings of the update rule; 0 for those in `settings`

        Returns
        -------
        loss : before the update
        fine : whether loss and gradients were finite; where they were not, nothing was changed
        """
        self._find_parameters()
        self.inputs.feed(feeds)
        memory = self.program.memory
        memory[self._settings.address] = settings or self._own_settings
        if seeds is not None:
            memory[self._seed_places] = seeds
        self._threads.run()
        return float(self._loss[0]), bool(memory[self._fine])

    def use_own_settings(self) -> None:
        """Let the program read the learning rate and the settings of the update rule in `settings`."""
        self.program.memory[self._settings.address] = self._own_settings

    def sources(self, data: Mapping[Any, Any]) -> list[Array] | None:
        """Return whole arrays of examples for `steps`, or ``None`` where batches cannot be rows of them."""
        if self._taken_rows is None or data.keys() != self.names or self.compiler.lengths:
            return None
        if self._sources is not None and self._sources.are(data):
            return self._sources.arrays
        sizes: dict[str, int] = {}
        for feed in self.inputs.feeds:
            feed.accept(data[feed.name], sizes)
        for node, _, _, limit in self.compiler.limits:
            values = next((feed.array for feed in self.inputs.feeds if feed.node is node), None)
            if values is None or any(isinstance(d, str) for d in limit):
                return None
            if values.size and not 0 <= values.min() <= values.max() < int(limit[0]):
                return None  # taken one by one, the steps before the bad one are taken
        arrays = [feed.array for feed in self.inputs.feeds]
        as_given = not self.compiler.limits and all(data[f.name] is f.array for f in self.inputs.feeds)
        self._sources = Sources(data, arrays) if as_given else None
        return arrays

    def stacked(self, data: Mapping[str, Array], bounds: Mapping[str, NDArray[np.int64]]) -> Changes | None:
        """Return what changes where batches lie end to end, or ``None`` where they have to be fed one by one.

        Parameters
        ----------
        data, bounds : as for `Inputs.stacked`
        """
        self._find_parameters()
        return self.inputs.stacked(data, bounds)

    def rows(self, sources: Sequence[Array], order: NDArray[np.int32]) -> Changes:
        """Return what changes where batches are rows of whole arrays.

        Parameters
        ----------
        sources : arrays of examples, as `sources` returned them
        order : rows of each step's batch, (steps, batch)
        """
        assert self._taken_rows is not None
        count, rows = order.shape
        if not self._taken or len(self._taken[0]) != rows:
            self._taken = [np.zeros((rows, *source.shape[1:]), source.dtype) for source in sources]
        self.feed({feed.name: taken for feed, taken in zip(self.inputs.feeds, self._taken, strict=True)})
        for feed, source in zip(self.inputs.feeds, sources, strict=True):
            self.program.memory[self._taken_rows.sources[feed.node]] = address(source)
        wanted, place = self._taken_rows.wanted, self._taken_rows.order
        first = np.full((count, 1), address(order)) + 4 * rows * np.arange(count)[:, None]
        return Changes(np.array([wanted, place]), np.column_stack([np.ones_like(first), first]))

    def rows_in_order(self, sources: Sequence[Array], first: int, batch: int, steps: int) -> Changes:
        """Return what changes where batches are rows of whole arrays one after another.

        Parameters
        ----------
        sources : arrays of examples, as `sources` returned them
        first, batch : row that the first step begins with, and how many each takes
        """
        # An epoch of a small network takes less time than to find this anew.
        asked, last = (first, batch, steps), self._in_order
        if last is not None and last.sources is sources and last.asked == asked and last.bound is self.program.bound:
            self._find_parameters()
            return last.changes
        data = {feed.name: source for feed, source in zip(self.inputs.feeds, sources, strict=True)}
        self.feed({name: source[first : first + batch] for name, source in data.items()})
        bounds = first + batch * np.arange(steps + 1)
        changes = Changes(*self.inputs.addresses(data, dict.fromkeys(data, bounds)))
        self._in_order = InOrder(sources, asked, self.program.bound, changes)
        return changes

    def steps(self, changes: Changes, settings: int, seeds: NDArray[np.int32] | None = None) -> TakenSteps:
        """Take many steps at once.

        Parameters
        ----------
        changes : what `rows` or `stacked` returned; the arrays that these were given have to be there still
        settings : address of the learning rate and the settings of the update rule at each step, eight numbers
        seeds : (steps, masks), if there are masks
        """
        if seeds is not None:
            changes = changes.and_those(self._seed_places, seeds)
        taken = self._watched.note(changes, settings)
        try:
            taken.done = self._threads.run(address(taken.table))
        finally:
            self.use_own_settings()  # those of the steps may go
            if self._taken_rows is not None:  # or a batch that is fed next would be written over
                self.program.memory[self._taken_rows.wanted] = 0
        return taken

    def gradient(self, parameter: Parameter) -> Array:
        """Return the gradient of the last step with respect to a parameter, as a whole array."""
        found = self._gradients[parameter]
        if isinstance(found, Matrix):
            return self.program.contents(found)[: parameter.value.size].reshape(parameter.value.shape).copy()
        sums, distinct, known = found
        count = self.program.memory[known.address]
        gradient = np.zeros_like(parameter.value)
        rows = self.program.contents(distinct)[:count]
        gradient[rows] = self.program.contents(sums)[: count * gradient[0].size].reshape(count, *gradient.shape[1:])
        return gradient

    @property
    def violators(self) -> float | None:
        """Share of the rows of the last batch that violated their margin, over all max-margin objectives."""
        if not self._margins:
            return None
        counts, rows = zip(*self._margins, strict=True)
        memory = self.program.memory
        return float(sum(memory[count] for count in counts) / sum(memory[size] for size in rows))
