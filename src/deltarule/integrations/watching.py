"""Watching an array while a function runs: each use of it has a number, and the array can be moved for one use alone.

So the derivative by an array falls apart into its terms, one for each use, and each of these into one for each row of
what the use computes. A wrong gradient that equals some of the terms tells which one was forgotten.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

from deltarule.integrations.trees import leaves, map_tree

__all__ = ["Move", "UntraceableError", "Use", "Watch"]

Array: TypeAlias = NDArray[Any]


class UntraceableError(Exception):
    """A function uses the array in a way that cannot be watched."""


@dataclass(frozen=True)
class Use:
    """One use of the watched array.

    Attributes
    ----------
    function : what used it
    operand, output : shapes of the operand (the array or a view of it) and of what was computed
    """

    function: str
    operand: tuple[int, ...]
    output: tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """How to move the watched array.

    Attributes
    ----------
    shift : what to add to it
    use : the number of the use that sees it moved; ``None`` for no use at all
    row : (axis, index) to move only this part of what the use computes
    """

    shift: Array
    use: int | None = None
    row: tuple[int, int] | None = None


class Watch(ABC):
    """Counts the uses of an array, and moves it for one of them."""

    def __init__(self, move: Move) -> None:
        self.move = move
        self.uses: list[Use] = []

    @abstractmethod
    def is_watched(self, value: Any) -> bool:
        """Say whether a value is the array, or a view of it."""

    @abstractmethod
    def plain(self, value: Any) -> Any:
        """Return a value as the framework's own function takes it."""

    @abstractmethod
    def moved(self, operand: Any) -> Any:
        """Return a copy of an operand as it is when the array is moved."""

    @abstractmethod
    def is_array(self, value: Any) -> bool:
        """Say whether a value is an array of numbers."""

    @abstractmethod
    def with_row(self, output: Any, moved: Any, axis: int, index: int) -> Any:
        """Return `output` with one row of `moved`."""

    def call(self, function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """Call a function of the framework, and note the uses that it makes of the array."""
        operands = [value for _, value in leaves([[*arguments], {**keywords}]) if self.is_watched(value)]
        output = self._call(function, arguments, keywords)
        if not operands or self.is_watched(output) or not any(self.is_array(part) for _, part in leaves(output)):
            return output  # a view, or a question about shapes: no use yet
        result = output
        for position, operand in enumerate(operands):
            if len(self.uses) == self.move.use:
                result = self._mixed(output, self._call(function, arguments, keywords, position))
            shape = getattr(output, "shape", ())
            self.uses.append(Use(getattr(function, "__name__", "function"), tuple(operand.shape), tuple(shape)))
        return result

    def _call(
        self, function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any], move: int = -1
    ) -> Any:
        """Call with plain operands, the one at position `move` among the watched ones moved."""
        count = -1

        def prepared(value: Any) -> Any:
            nonlocal count
            if not self.is_watched(value):
                return value
            count += 1
            return self.moved(value) if count == move else self.plain(value)

        positional, named = map_tree(prepared, [[*arguments], {**keywords}])
        return function(*positional, **named)

    def _mixed(self, output: Any, moved: Any) -> Any:
        """Return the moved output, or only one row of it."""
        if self.move.row is None:
            return moved
        if not self.is_array(output):
            raise UntraceableError("rows of several outputs")
        return self.with_row(output, moved, *self.move.row)
