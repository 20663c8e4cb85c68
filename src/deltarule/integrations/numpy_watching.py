"""Watching an array while NumPy code runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deltarule.integrations.watching import Move, UntraceableError, Use, Watch

__all__ = ["call_watched"]

Array: TypeAlias = NDArray[Any]


def call_watched(
    function: Callable[..., Any], arguments: dict[str, Array], name: str, move: Move, by_name: bool
) -> tuple[Any, list[Use]]:
    """Call a function with one of its arrays watched.

    Parameters
    ----------
    function : of NumPy arrays
    arguments : the arrays, in order, which the function may change
    name : the one to watch
    move : how to move it
    by_name : whether the function takes them by name

    Returns
    -------
    tuple of what the function returns and the uses it made of the array
    """
    watch = NumPyWatch(arguments[name], move)
    given = {**arguments, name: watch.wrapped(arguments[name])}
    result = function(**given) if by_name else function(*given.values())
    return watch.plain(result), watch.uses


class NumPyWatch(Watch):
    """Watches a NumPy array: functions get it as a `Watched`, by which NumPy tells us what is done with it."""

    def __init__(self, base: Array, move: Move) -> None:
        super().__init__(move)
        self.base = base

    def wrapped(self, array: Array) -> Watched:
        """Return a view of the array or of a part of it that reports its uses."""
        view = array.view(Watched)
        view.watch = self
        return view

    def is_watched(self, value: Any) -> bool:
        """Say whether a value is a `Watched` that still shows the array."""
        return isinstance(value, Watched)

    def is_array(self, value: Any) -> bool:
        """Say whether a value is a NumPy array or number."""
        return isinstance(value, np.ndarray | np.number)

    def plain(self, value: Any) -> Any:
        """Return a `Watched` as an array."""
        return value.view(np.ndarray) if isinstance(value, Watched) else value

    def moved(self, operand: Any) -> Array:
        """Move the array below the view for a moment, and copy the view."""
        kept = self.base.copy()
        self.base += self.move.shift
        copy = np.array(operand.view(np.ndarray))
        self.base[...] = kept
        return copy

    def with_row(self, output: Any, moved: Any, axis: int, index: int) -> Array:
        """Return `output` with one row of `moved`."""
        mixed: Array = np.array(output)
        place = (slice(None),) * axis + (index,)
        mixed[place] = moved[place]
        return mixed

    def call(self, function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        """Call a function of NumPy; a view among its results is watched again."""
        outputs = keywords.get("out") or ()
        if any(isinstance(output, Watched) for output in (outputs if isinstance(outputs, tuple) else (outputs,))):
            raise UntraceableError("the array is changed in place")
        return super().call(function, arguments, keywords)

    def _call(self, function: Callable[..., Any], arguments: Any, keywords: Any, move: int = -1) -> Any:
        output = super()._call(function, arguments, keywords, move)
        is_view = isinstance(output, np.ndarray) and np.may_share_memory(output, self.base)
        return self.wrapped(output) if is_view else output


class Watched(np.ndarray[Any, Any]):
    """An array that passes on what NumPy is asked to do with it; a view of it does so too."""

    watch: NumPyWatch

    def __array_finalize__(self, source: Any) -> None:
        if isinstance(source, Watched):
            self.watch = source.watch

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        """Watch +, np.exp, x.sum(), ..."""
        return self.watch.call(getattr(ufunc, method) if method != "__call__" else ufunc, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        """Watch np.concatenate, np.einsum, ..."""
        return self.watch.call(function, arguments, keywords)


def _watched_method(name: str) -> Callable[..., Any]:
    """Make a method that NumPy would not tell us of; its result is a copy, or a view."""
    method = getattr(np.ndarray, name)

    def call(self: Watched, *arguments: Any, **keywords: Any) -> Any:
        return self.watch.call(method, (self, *arguments), keywords)

    return call


for _name in ("__getitem__", "astype", "choose", "compress", "copy", "dot", "flatten", "repeat", "take", "trace"):
    setattr(Watched, _name, _watched_method(_name))
