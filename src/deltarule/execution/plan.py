"""Compiled plans: a graph as a program of kernels, in single precision, on buffers that are allocated once.

The reference interpreter says what is right; a plan agrees with it to rounding, and is many times as fast. Memory does
not grow from step to step, and results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

import deltarule.execution.rules  # noqa: F401 - enters the rules
from deltarule.errors import InputError, ShapeError
from deltarule.execution.compiler import Compiler, NotCompiledError
from deltarule.execution.feed import Feed
from deltarule.execution.many_steps import Changes, TakenSteps, Watched
from deltarule.execution.program import Matrix, address
from deltarule.execution.threads import Threads
from deltarule.execution.updates import SLICES, DenseUpdate, RowsUpdate
from deltarule.graph import Array, Input, Node, Parameter, topological_order
from deltarule.graph.operations.sequences import check_lengths
from deltarule.graph.shapes import Shape, format_shape
from deltarule.kernels import instructions as do
from deltarule.kernels.machine import first_bad_ids

__all__ = ["ForwardPlan", "NotCompiledError", "TrainingPlan"]


class Plan:
    """A program bound to the inputs of a graph."""

    def __init__(self, compiler: Compiler, threads: int | None) -> None:
        self.compiler = compiler
        self.program = program = compiler.program
        self._limits = np.array(
            [[matrix.address, program.size(shape), program.size(limit)] for _, matrix, shape, limit in compiler.limits],
            np.int64,
        ).reshape(-1, 3)
        program.finish()
        self._threads = Threads(program, threads)
        self._inputs = [Feed(node, matrix) for node, matrix in compiler.inputs.items()]
        self._parameters = [
            (node, matrix, [node.value]) for node, matrix in compiler.values.items() if isinstance(node, Parameter)
        ]
        self._derived = sorted({d for shape in _shapes(compiler) for d in shape if isinstance(d, str) and "+" in d})

    def feed(self, feeds: Mapping[Any, Any]) -> None:
        """Set the inputs, by name or node, and check their shapes and ids."""
        memory = self.program.memory
        sizes: dict[str, int] = {}
        if len(feeds) != len(self._inputs):
            self._refuse(feeds)
        for feed in self._inputs:
            name = feed.node.name
            given = feeds[name] if name in feeds else feeds.get(feed.node)
            if given is None:
                self._refuse(feeds)
            memory[feed.place] = feed.accept(given, sizes)
        for name in self._derived:
            sizes[name] = sum(int(part) if part.isdigit() else sizes[part] for part in name.split("+"))
        self.program.bind(sizes)
        for node, matrix, known in self._parameters:
            if node.value is not known[0]:
                self._replaced(node, matrix, known)
        bad = first_bad_ids(self._limits, memory) if len(self._limits) else -1
        if bad >= 0:
            self._refuse_ids(bad)
        for lengths, tokens in self.compiler.lengths:
            check_lengths(self._array(lengths), self.program.actual(tokens)[0])

    def stacked(self, data: Mapping[str, Array], bounds: Mapping[str, NDArray[np.int64]]) -> Changes | None:
        """Return what changes where batches lie end to end, or ``None`` where they have to be fed one by one.

        Parameters
        ----------
        data : of each input, by name, the rows of all batches
        bounds : where those of a batch begin; and the end
        """
        sizes: dict[str, NDArray[np.int64]] = {}
        addresses: list[NDArray[np.int64]] = []
        if data.keys() != {feed.node.name for feed in self._inputs}:
            return None
        for feed in self._inputs:
            array, ends, shape = data[feed.node.name], bounds[feed.node.name], feed.node.shape
            as_asked = array.dtype == feed.dtype and array.flags.c_contiguous and array.shape[1:] == shape[1:]
            if not as_asked or not shape or not isinstance(shape[0], str):
                return None
            counts = np.diff(ends)
            if not np.array_equal(sizes.setdefault(shape[0], counts), counts):
                return None
            addresses.append(address(array) + ends[:-1] * (array.itemsize * prod(array.shape[1:])))
        for name in self._derived:
            parts = name.split("+")
            fixed = sum(int(part) for part in parts if part.isdigit())
            sizes[name] = np.sum([sizes[part] for part in parts if part in sizes], axis=0) + fixed
        bound = Changes(*self.program.bind_each(sizes))
        changes = bound.and_those(np.array([feed.place for feed in self._inputs]), np.column_stack(addresses))
        return changes if self._ids_and_lengths_fit(changes, data, bounds, sizes) else None

    def _ids_and_lengths_fit(
        self, changes: Changes, data: Mapping[str, Array], bounds: Mapping[str, Array], sizes: Mapping[str, Array]
    ) -> bool:
        """Say whether ids of all batches are in range, and lengths of sentences add up to their tokens."""
        memory = self.program.memory
        for values in changes.values if len(self._limits) else ():
            memory[changes.places] = values
            if first_bad_ids(self._limits, memory) >= 0:
                return False
        for node, tokens in self.compiler.lengths:
            if not isinstance(node, Input) or not isinstance(tokens[0], str):
                return False
            lengths = data[node.name]
            sums = np.append(0, np.cumsum(lengths))[bounds[node.name]]
            if (lengths < 0).any() or not np.array_equal(np.diff(sums), sizes[tokens[0]]):
                return False
        return True

    def run(self) -> None:
        """Run the program on what was fed."""
        self._threads.run()

    def _replaced(self, node: Parameter, matrix: Matrix, known: list[Array]) -> None:
        """Take note that a parameter holds another array than before."""
        if node.value.dtype != np.float32 or not node.value.flags.c_contiguous or node.value.shape != node.shape:
            raise ShapeError(
                f"parameter {node.label!r} now holds {node.value.dtype} of shape {node.value.shape}; a compiled"
                f" plan needs float32 of shape {format_shape(node.shape)} in one piece"
            )
        self.program.rebind(matrix, node.value)
        known[0] = node.value

    def _refuse(self, feeds: Mapping[Any, Any]) -> None:
        """Say which input is missing, or is not known."""
        names = [feed.node.name for feed in self._inputs]
        for key in feeds:
            if (key.name if isinstance(key, Node) else key) not in names:
                known = ", ".join(map(repr, names)) or "none"
                raise InputError(f"the graph has no input {key!r}; its inputs are: {known}")
        for feed in self._inputs:
            if feed.node.name not in feeds and feed.node not in feeds:
                raise InputError(f"no array was given for input {feed.node.name!r}")

    def _array(self, node: Node) -> Array:
        """Return the array of a leaf, as fed or as held."""
        values = next((feed.array for feed in self._inputs if feed.node is node), getattr(node, "value", None))
        assert values is not None
        return values

    def _refuse_ids(self, bad: int) -> None:
        """Say which ids do not fit."""
        node, _, _, limit = self.compiler.limits[bad]
        values = self._array(node)
        bound = self.program.memory[self._limits[bad, 2]]
        raise InputError(
            f"{node.label!r} must hold ids from 0 to {bound - 1}; found {values.min()} to {values.max()}"
            f" (for {format_shape(limit)})"
        )


class ForwardPlan(Plan):
    """Computes values of nodes.

    Parameters
    ----------
    outputs : nodes to compute
    threads : at most so many; all cores for ``None``
    """

    def __init__(self, outputs: Sequence[Node], threads: int | None = None) -> None:
        compiler = Compiler(topological_order(outputs), outputs, None, training=False)
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
        c = Compiler(topological_order([loss]), [loss], loss, training=True)
        p = c.program
        gradients = c.backward(loss, wanted)
        self._loss = p.contents(c.values[loss])
        self.settings = np.zeros(8)
        self._settings, fine, factor = p.array(self.settings), p.counter(), p.buffer((1,), "float64")
        norms = p.buffer((max(1, SLICES * len(gradients)),), "float64")
        updates: list[DenseUpdate | RowsUpdate] = []
        for number, (parameter, gradient) in enumerate(gradients.items()):
            own = p.doubles(norms, number * SLICES, (number + 1) * SLICES)
            if isinstance(gradient, list):
                updates.append(RowsUpdate(c, parameter, gradient, own))
            else:
                updates.append(DenseUpdate(c, parameter, gradient, own))
        p.emit(
            do.CHECK_GRADIENTS,
            [norms, p.constant(SLICES * len(gradients)), c.values[loss], factor, fine],
            reads=[norms, c.values[loss]], writes=[factor, fine],
            numbers=[float(np.finfo(np.float64 if clip else np.float32).max), clip],
        )  # fmt: skip
        for parameter, update in zip(gradients, updates, strict=True):
            update.emit([p.array(state) for state in parameters[parameter]], self._settings, factor, fine, rule)
        self._fine = fine.address
        self._gradients = {parameter: update.found for parameter, update in zip(gradients, updates, strict=True)}
        self._margins = [(rows.count.address, c.size(shape)) for rows, shape in c.violators]
        self._watched = Watched(self._loss, self._fine, self._margins)
        self._taken_rows = c.taken_rows
        self._taken: list[Array] = []  # where rows of whole arrays are put
        self._seed_places = np.array(list(c.seeds.values()), np.int64)
        super().__init__(c, threads)

    def step(self, feeds: Mapping[Any, Any], seeds: Array) -> tuple[float, bool]:
        """Take a step; `settings` hold the learning rate and the settings of the update rule.

        Parameters
        ----------
        feeds : arrays for the inputs
        seeds : whole numbers below 2³², one for each dropout mask

        Returns
        -------
        loss : before the update
        fine : whether loss and gradients were finite; where they were not, nothing was changed
        """
        self.feed(feeds)
        self.program.memory[self._seed_places] = seeds
        self.run()
        return float(self._loss[0]), bool(self.program.memory[self._fine])

    def sources(self, data: Mapping[Any, Any]) -> list[Array] | None:
        """Return whole arrays of examples for `steps`, or ``None`` where batches cannot be rows of them."""
        names = {feed.node.name for feed in self._inputs}
        if self._taken_rows is None or data.keys() != names or self.compiler.lengths:
            return None
        sizes: dict[str, int] = {}
        for feed in self._inputs:
            feed.accept(data[feed.node.name], sizes)
        for node, _, _, limit in self.compiler.limits:
            values = next((feed.array for feed in self._inputs if feed.node is node), None)
            if values is None or any(isinstance(d, str) for d in limit):
                return None
            if values.size and not 0 <= values.min() <= values.max() < int(limit[0]):
                return None  # taken one by one, the steps before the bad one are taken
        return [feed.array for feed in self._inputs]

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
        self.feed({feed.node.name: taken for feed, taken in zip(self._inputs, self._taken, strict=True)})
        for feed, source in zip(self._inputs, sources, strict=True):
            self.program.memory[self._taken_rows.sources[feed.node]] = address(source)
        wanted, place = self._taken_rows.wanted, self._taken_rows.order
        first = np.full((count, 1), address(order)) + 4 * rows * np.arange(count)[:, None]
        return Changes(np.array([wanted, place]), np.column_stack([np.ones_like(first), first]))

    def steps(self, changes: Changes, settings: Array, seeds: NDArray[np.int32]) -> TakenSteps:
        """Take many steps at once.

        Parameters
        ----------
        changes : what `rows` or `stacked` returned; the arrays that these were given have to be there still
        settings : learning rate and settings of the update rule, (steps, 8)
        seeds : (steps, masks)
        """
        taken = self._watched.note(changes.and_those(self._seed_places, seeds), settings, self.settings)
        try:
            taken.done = self._threads.run(taken.table)
        finally:
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
    def masks(self) -> int:
        """How many dropout masks a step needs seeds for."""
        return len(self._seed_places)

    @property
    def violators(self) -> float | None:
        """Share of the rows of the last batch that violated their margin, over all max-margin objectives."""
        if not self._margins:
            return None
        counts, rows = zip(*self._margins, strict=True)
        memory = self.program.memory
        return float(sum(memory[count] for count in counts) / sum(memory[size] for size in rows))


def _shapes(compiler: Compiler) -> list[Shape]:
    limits = [limit for *_, limit in compiler.limits]
    return [node.shape for node in compiler.values] + [unit.output.shape for unit in compiler.units] + limits
