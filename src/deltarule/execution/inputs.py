"""The inputs of a plan: arrays for one batch, or those of many batches end to end, checked and set in its memory."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.execution.compiler import Compiler
from deltarule.execution.feed import Feed
from deltarule.execution.many_steps import Changes
from deltarule.execution.program import address
from deltarule.graph import Array, Input, Node
from deltarule.graph.operations.sequences import check_lengths
from deltarule.graph.shapes import Shape, format_shape
from deltarule.kernels.machine import all_ids_good, first_bad_ids

__all__ = ["Inputs"]


class Inputs:
    """The inputs of a compiled graph, what limits their ids, and lengths that have to add up.

    Parameters
    ----------
    compiler : whose program is not finished yet

    Attributes
    ----------
    feeds : the inputs, with the arrays that were last fed
    """

    def __init__(self, compiler: Compiler) -> None:
        self._compiler, self._program = compiler, compiler.program
        size = compiler.program.size
        limits = [[matrix.address, size(shape), size(limit)] for _, matrix, shape, limit in compiler.limits]
        self._limits = np.array(limits, np.int64).reshape(-1, 3)
        self.feeds = [Feed(node, matrix) for node, matrix in compiler.inputs.items()]
        self._sizes: dict[str, int] | None = None  # what the program was bound to last time
        self._places = np.array([feed.place for feed in self.feeds], np.int64)
        self._derived = sorted({d for shape in _shapes(compiler) for d in shape if isinstance(d, str) and "+" in d})

    def feed(self, feeds: Mapping[Any, Any]) -> None:
        """Set the inputs, by name or node, and check their shapes and ids."""
        if not self._fed_like_last(feeds):
            self._feed_anew(feeds)
        if self._compiler.limits:
            bad = first_bad_ids(self._limits, self._program.memory)
            if bad >= 0:
                self._refuse_ids(bad)
        for lengths, tokens in self._compiler.lengths:
            check_lengths(self._array(lengths), self._program.actual(tokens)[0])

    def _fed_like_last(self, feeds: Mapping[Any, Any]) -> bool:
        """Set inputs of the shapes that sizes are bound to, which most batches have; say whether all are."""
        if len(feeds) != len(self.feeds) or self._sizes is None or self._program.bound is not self._sizes:
            return False
        memory = self._program.memory
        for feed in self.feeds:
            place = feed.again(feeds.get(feed.name))
            if not place:
                return False
            memory[feed.place] = place
        return True

    def _feed_anew(self, feeds: Mapping[Any, Any]) -> None:
        """Set inputs of any shapes, and the sizes that go with them."""
        memory = self._program.memory
        sizes: dict[str, int] = {}
        if len(feeds) != len(self.feeds):
            self._refuse(feeds)
        for feed in self.feeds:
            name = feed.name
            given = feeds[name] if name in feeds else feeds.get(feed.node)
            if given is None:
                self._refuse(feeds)
            memory[feed.place] = feed.accept(given, sizes)
        self._derive(sizes)
        self._program.bind(sizes)
        self._sizes = self._program.bound
        for feed in self.feeds:
            feed.shape = feed.array.shape

    def stacked(self, data: Mapping[str, Array], bounds: Mapping[str, NDArray[np.int64]]) -> Changes | None:
        """Return what changes where batches lie end to end, or ``None`` where they have to be fed one by one.

        Parameters
        ----------
        data : of each input, by name, the rows of all batches
        bounds : where those of a batch begin; and the end
        """
        sizes: dict[str, NDArray[np.int64]] = {}
        if data.keys() != {feed.name for feed in self.feeds}:
            return None
        for feed in self.feeds:
            array, shape = data[feed.name], feed.node.shape
            as_asked = array.dtype == feed.dtype and array.flags.c_contiguous and array.shape[1:] == shape[1:]
            if not as_asked or not shape or not isinstance(shape[0], str):
                return None
            rows = np.diff(bounds[feed.name])
            if not np.array_equal(sizes.setdefault(shape[0], rows), rows):
                return None
        self._derive(sizes)
        changes = Changes(*self._program.bind_each(sizes)).and_those(*self.addresses(data, bounds))
        return changes if self._ids_and_lengths_fit(changes, data, bounds, sizes) else None

    def addresses(
        self, data: Mapping[str, Array], bounds: Mapping[str, NDArray[np.int64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of the addresses of inputs, and these for each batch, (batches, inputs); see `stacked`."""
        values = np.empty((len(next(iter(bounds.values()))) - 1, len(self.feeds)), np.int64)
        for column, feed in enumerate(self.feeds):
            array, begins = data[feed.name], bounds[feed.name][:-1]
            values[:, column] = begins * (array.itemsize * prod(array.shape[1:])) + address(array)
        return self._places, values

    def _derive(self, sizes: dict[str, Any]) -> None:
        """Add the dimensions that are sums of others, of one step or of many."""
        for name in self._derived:
            sizes[name] = sum(int(part) if part.isdigit() else sizes[part] for part in name.split("+"))

    def _ids_and_lengths_fit(
        self, changes: Changes, data: Mapping[str, Array], bounds: Mapping[str, Array], sizes: Mapping[str, Array]
    ) -> bool:
        """Say whether ids of all batches are in range, and lengths of sentences add up to their tokens."""
        if not all_ids_good(self._limits, changes.places, changes.values, self._program.memory):
            return False
        for node, tokens in self._compiler.lengths:
            if not isinstance(node, Input) or not isinstance(tokens[0], str):
                return False
            lengths = data[node.name]
            sums = np.append(0, np.cumsum(lengths))[bounds[node.name]]
            if (lengths < 0).any() or not np.array_equal(np.diff(sums), sizes[tokens[0]]):
                return False
        return True

    def _refuse(self, feeds: Mapping[Any, Any]) -> None:
        """Say which input is missing, or is not known."""
        names = [feed.name for feed in self.feeds]
        for key in feeds:
            if (key.name if isinstance(key, Node) else key) not in names:
                known = ", ".join(map(repr, names)) or "none"
                raise InputError(f"the graph has no input {key!r}; its inputs are: {known}")
        for feed in self.feeds:
            if feed.name not in feeds and feed.node not in feeds:
                raise InputError(f"no array was given for input {feed.name!r}")

    def _array(self, node: Node) -> Array:
        """Return the array of a leaf, as fed or as held."""
        values = next((feed.array for feed in self.feeds if feed.node is node), getattr(node, "value", None))
        assert values is not None
        return values

    def _refuse_ids(self, bad: int) -> None:
        """Say which ids do not fit."""
        node, _, _, limit = self._compiler.limits[bad]
        values = self._array(node)
        bound = self._program.memory[self._limits[bad, 2]]
        raise InputError(
            f"{node.label!r} must hold ids from 0 to {bound - 1}; found {values.min()} to {values.max()}"
            f" (for {format_shape(limit)})"
        )


def _shapes(compiler: Compiler) -> list[Shape]:
    limits = [limit for *_, limit in compiler.limits]
    return [node.shape for node in compiler.values] + [unit.output.shape for unit in compiler.units] + limits
