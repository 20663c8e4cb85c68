"""A program under construction: places in memory, buffers, and instructions ordered by what they depend on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from ctypes import addressof, c_char
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.execution.alignment import aligned_zeros
from deltarule.execution.sizes import NamedShapes, Work
from deltarule.graph import Array
from deltarule.graph.shapes import Shape
from deltarule.kernels.machine import NUMBERS
from deltarule.kernels.memory import WIDTH
from deltarule.kernels.sizes import MOST_SLICES, bind_sizes

__all__ = ["Matrix", "Program", "address", "first_byte"]

_WORTH_HELP = 2  # grains of an instruction; for less, threads wait longer for each other's numbers than they save
_SLACK = 1.25  # a buffer that was too small is made larger than it has to be, as batches differ a little


@dataclass(frozen=True)
class Matrix:
    """Where an array lies: rows of numbers, one after another unless it is some columns of a wider one.

    Attributes
    ----------
    address : place of its address
    stride : numbers from one row to the next where it is part of a wider one, else 0
    owner : what it shares its memory with
    columns : the columns of the owner that it takes, begin and end
    """

    address: int
    stride: int = 0
    owner: Hashable = None
    columns: tuple[float, float] = (0, float("inf"))

    def overlaps(self, other: Matrix) -> bool:
        """Say whether the two share memory."""
        return self.owner == other.owner and self.columns[0] < other.columns[1] and other.columns[0] < self.columns[1]


@dataclass
class _Instruction:
    code: int
    slices: int
    guard: int
    operands: list[int]
    numbers: Sequence[float]
    level: int
    by_examples: Work | None


@dataclass
class _Buffer:
    place: int
    shape: Shape
    dtype: Any
    array: Array


class Program:
    """Collects instructions and what they work on, and lays them out as the tables that kernels run.

    Attributes
    ----------
    memory : addresses and sizes, by place
    table, numbers, tasks, stages : the tables of `kernels.machine.laid_out`, after `finish`
    bound : sizes of the named dimensions; ``None`` before `bind`, and where memory holds those of many steps
    worth_help : whether more than one thread should work on it, after `bind`
    """

    def __init__(self) -> None:
        self._values: list[int] = []
        self._constants: dict[int, int] = {}
        self._sizes: dict[Shape, int] = {}
        self._slices: dict[Work, int] = {}
        self._buffers: list[_Buffer] = []
        self._scratch: dict[Shape, Matrix] = {}
        self._views: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._accesses: dict[Hashable, list[tuple[Matrix, bool, _Instruction]]] = defaultdict(list)
        self._instructions: list[_Instruction] = []
        self.bound: dict[str, int] | None = None
        self.worth_help = False
        self._largest: dict[str, int] = {}
        self._multiplied = False  # whether a buffer may be too small although no size is larger than before
        self.memory: NDArray[np.int64]

    def place(self, value: int = 0) -> int:
        """Return a new place in memory, which may change."""
        self._values.append(value)
        return len(self._values) - 1

    def constant(self, value: int) -> int:
        """Return the place of a whole number."""
        if value not in self._constants:
            self._constants[value] = self.place(value)
        return self._constants[value]

    def size(self, shape: Shape) -> int:
        """Return the place of the number of entries of a shape."""
        fixed = prod(d for d in shape if isinstance(d, int))
        names: list[str] = sorted(d for d in shape if isinstance(d, str))
        if not names:
            return self.constant(fixed)
        key: Shape = (fixed, *names)
        if key not in self._sizes:
            self._sizes[key] = self.place()
        return self._sizes[key]

    def slices(self, work: Work | int) -> int:
        """Return the place of a number of slices."""
        if isinstance(work, int):
            return self.constant(work)
        if work not in self._slices:
            self._slices[work] = self.place(1)
        return self._slices[work]

    def buffer(self, shape: Shape, dtype: Any = np.float32, fill: float = 0) -> Matrix:
        """Return memory for an array of a shape; it grows when the named dimensions do."""
        fixed = tuple(1 if isinstance(d, str) else d for d in shape)
        array = aligned_zeros(fixed, dtype)
        if fill:
            array[...] = fill
        self._buffers.append(_Buffer(self.place(address(array)), shape, dtype, array))
        return Matrix(self._buffers[-1].place, 0, len(self._buffers) - 1)

    def scratch(self, shape: Shape) -> Matrix:
        """Return memory of a shape for each thread, where a slice puts what nobody needs after it.

        All that ask for the same shape get the same memory, which so stays in the caches of the processors.
        """
        if shape not in self._scratch:
            self._scratch[shape] = self.buffer((MOST_SLICES, *shape))
        return self._scratch[shape]

    def array(self, array: Array) -> Matrix:
        """Return the place of an array that the caller holds."""
        if not array.flags.c_contiguous:
            raise ValueError("arrays of a program lie in one piece")
        place = self.place(address(array))
        return Matrix(place, 0, ("array", place))

    def columns(self, matrix: Matrix, begin: int, end: int, stride: int) -> Matrix:
        """Return some columns of a matrix whose rows are `stride` apart."""
        place = self.place(self._values[matrix.address] + 4 * begin)
        self._views[matrix.address].append((place, 4 * begin))
        return Matrix(place, stride, matrix.owner, (begin, end))

    def doubles(self, matrix: Matrix, begin: int, end: int) -> Matrix:
        """Return some of the float64 numbers of a buffer."""
        place = self.place(self._values[matrix.address] + 8 * begin)
        self._views[matrix.address].append((place, 8 * begin))
        return Matrix(place, 0, matrix.owner, (begin, end))

    def counter(self, value: int = 0) -> Matrix:
        """Return a place that instructions write a size to, as what they depend on."""
        place = self.place(value)
        return Matrix(place, 0, ("counter", place))

    def emit(
        self,
        code: int,
        operands: Sequence[int | Matrix],
        *,
        reads: Sequence[Matrix] = (),
        writes: Sequence[Matrix] = (),
        work: Work | int = 1,
        numbers: Sequence[float] = (),
        guard: Matrix | None = None,
        by_examples: bool = False,
    ) -> None:
        """Add an instruction.

        Parameters
        ----------
        operands : places, and arrays, which stand for the places of their addresses
        reads, writes : arrays and counters that it depends on and that it changes
        work : how it is sliced
        guard : a counter; where it is 0, the instruction is passed over
        by_examples : whether each slice has some examples of the batch, and all that others of the same work have
            written for these or read of these
        """
        if guard is not None:
            reads = [*reads, guard]
        always = self.constant(1) if guard is None else guard.address
        places = [o.address if isinstance(o, Matrix) else o for o in operands]
        cut = work if by_examples and isinstance(work, Work) else None
        own = _Instruction(code, self.slices(work), always, places, tuple(numbers), 0, cut)
        for matrix, writing in [(m, False) for m in reads] + [(m, True) for m in writes]:
            for accessed, written, earlier in self._accesses[matrix.owner]:
                if (writing or written) and matrix.overlaps(accessed):
                    together = cut is not None and earlier.by_examples == cut
                    own.level = max(own.level, earlier.level if together else earlier.level + 1)
        for matrix, writing in [(m, False) for m in reads] + [(m, True) for m in writes]:
            self._accesses[matrix.owner].append((matrix, writing, own))
        self._instructions.append(own)

    def finish(self) -> None:
        """Lay the program out: tasks sorted into stages, none of which depends on another of its stage."""
        by_task: dict[Hashable, list[_Instruction]] = defaultdict(list)
        for number, instruction in enumerate(self._instructions):
            by_task[instruction.level, instruction.by_examples or number].append(instruction)
        tasks = sorted(by_task.values(), key=lambda task: task[0].level)
        ordered = [instruction for task in tasks for instruction in task]
        zero = self.constant(0)
        self.table = np.full((len(ordered), WIDTH), zero, np.int64)
        self.numbers = np.zeros((len(ordered), NUMBERS), np.float64)
        for row, instruction in enumerate(ordered):
            self.table[row, :3] = instruction.code, instruction.slices, instruction.guard
            self.table[row, 3 : 3 + len(instruction.operands)] = instruction.operands
            self.numbers[row, : len(instruction.numbers)] = instruction.numbers
        self.tasks = np.cumsum([0, *map(len, tasks)], dtype=np.int64)
        levels = np.array([task[0].level for task in tasks])
        self.stages = np.append(np.flatnonzero(np.diff(levels, prepend=-1)), len(tasks)).astype(np.int64)
        self.memory = np.array(self._values, np.int64)
        self._multiplied = any(sum(isinstance(d, str) for d in buffer.shape) > 1 for buffer in self._buffers)
        self._counts = NamedShapes([*self._sizes, *(work.amount for work in self._slices)])
        self._room = NamedShapes([buffer.shape for buffer in self._buffers])
        self._places = np.array([*self._sizes.values(), *self._slices.values()], np.int64)
        self._grains = np.array([work.grain for work in self._slices], np.int64)
        self._most_slices = np.array([work.most for work in self._slices], np.int64)

    def bind(self, sizes: Mapping[str, int]) -> None:
        """Set the named dimensions: sizes, slices, and buffers that have become too small."""
        if sizes == self.bound:
            return
        self.bound = dict(sizes)
        counts, memory = self._counts, self.memory.reshape(1, -1)
        grains = bind_sizes(
            counts.sizes(sizes), counts.fixed, counts.names, self._places, self._grains, self._most_slices, memory
        )
        self.worth_help = grains >= _WORTH_HELP
        self._make_room(sizes)

    def bind_each(self, sizes: Mapping[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return places and what they hold at each of several steps, (steps, places); and make room for the largest.

        Parameters
        ----------
        sizes : of the named dimensions at each step
        """
        counts, places = self._counts, np.arange(len(self._places))
        rows = counts.sizes_of_steps(sizes, len(next(iter(sizes.values()))))
        values = np.zeros((len(rows), len(places)), np.int64)
        grains = bind_sizes(rows, counts.fixed, counts.names, places, self._grains, self._most_slices, values)
        self._make_room({name: int(own.max()) for name, own in sizes.items()})
        self.bound = None  # memory will hold what steps have written there
        self.worth_help = grains >= _WORTH_HELP
        return self._places, values

    def _make_room(self, sizes: Mapping[str, int]) -> None:
        """Let buffers grow that are too small for some sizes, as they can be where one is larger than it ever was."""
        if not self._multiplied and all(size <= self._largest.get(name, -1) for name, size in sizes.items()):
            return
        scratch = {matrix.address for matrix in self._scratch.values()}
        self._largest = {name: max(size, self._largest.get(name, -1)) for name, size in sizes.items()}
        for buffer, entries in zip(self._buffers, self._room.entries(sizes).tolist(), strict=True):
            if entries > buffer.array.size:
                grown = aligned_zeros((int(entries * _SLACK),), buffer.dtype)
                if buffer.place not in scratch:  # of that, pages nobody writes to take no memory
                    grown[: buffer.array.size] = buffer.array.reshape(-1)  # what one step leaves for the next
                buffer.array = grown
                self._move(buffer.place, buffer.array)

    def rebind(self, matrix: Matrix, array: Array) -> None:
        """Put another array in the place of one that the caller holds."""
        self._move(matrix.address, array)

    def actual(self, shape: Shape) -> tuple[int, ...]:
        """Return a shape with the sizes of its named dimensions."""
        assert self.bound is not None
        return tuple(self.bound[d] if isinstance(d, str) else d for d in shape)

    def contents(self, matrix: Matrix) -> Array:
        """Return the array of a buffer, flat; only its first entries are in use where it has grown."""
        return self._buffers[int(matrix.owner)].array.reshape(-1)  # type: ignore[call-overload]

    def _move(self, place: int, array: Array) -> None:
        """Note the new address of an array, and of the columns taken of it."""
        self.memory[place] = address(array)
        for view, offset in self._views.get(place, ()):
            self.memory[view] = address(array) + offset


first_byte: Any = c_char.from_buffer
"""Returns the first byte of an array, if that may be written and lies in one piece; else raises one of two errors."""


def address(array: Array) -> int:
    """Return where an array begins in memory."""
    try:  # the faster way by a microsecond, which every step pays for every input
        return addressof(first_byte(array))
    except (TypeError, ValueError):  # not to be written, not in one piece, or empty
        place: int = array.__array_interface__["data"][0]
        return place
