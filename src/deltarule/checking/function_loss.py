"""Any function of NumPy arrays, with a function that claims to be its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.diagnosis.shapes import wrong_shape
from deltarule.checking.differences import Evaluation
from deltarule.errors import InputError
from deltarule.graph import Array
from deltarule.integrations.numpy_watching import call_watched
from deltarule.integrations.watching import Move, Use

__all__ = ["FunctionLoss"]


class FunctionLoss(CheckedLoss):
    """A function of NumPy arrays, with a function that claims to be its gradient.

    Parameters
    ----------
    function : takes arrays and returns a number
    gradient : takes the same and returns an array for each
    at : an array, a list or tuple of arrays given in this order, or a dict of arrays given by name
    precision : "float64" or "float32"
    """

    def __init__(
        self, function: Callable[..., Any], gradient: Callable[..., Any], at: Any, precision: str = "float64"
    ) -> None:
        self.function, self.gradient, self.kind = function, gradient, np.dtype(precision)
        self.by_name = isinstance(at, Mapping)
        self.single = not isinstance(at, Mapping | list | tuple)
        self.arrays = {name: _real_copy(name, array, self.kind) for name, array in _named(at, self.single).items()}

    def evaluate(self) -> Evaluation:
        """Call the function."""
        return Evaluation(self._number(self._call(self.function)))

    def _number(self, returned: Any) -> float:
        """Take what the function returned for a number, if it is one."""
        result = np.asarray(returned)
        if result.size != 1 or result.dtype.kind not in "fiub":
            raise InputError(f"the function must return one real number, not {result.dtype} of shape {result.shape}")
        if result.dtype.kind == "f" and result.dtype.itemsize < self.kind.itemsize:
            raise InputError(f"the function returned {result.dtype}: differences need one that computes in float64")
        return float(result.item())

    def gradients(self) -> dict[str, Array]:
        """Call the gradient, and check that it matches the arrays."""
        gradients = _named(self._call(self.gradient), self.single)
        if set(gradients) != set(self.arrays):
            raise InputError(f"the gradient must return arrays for {_list(self.arrays)}, not for {_list(gradients)}")
        copies = {name: _real_copy(f"gradient of {name}", gradients[name]) for name in self.arrays}
        for name, copy in copies.items():
            if copy.shape != self.arrays[name].shape:
                raise InputError(wrong_shape(f"the gradient of {name}", copy.shape, name, self.arrays[name].shape))
        return copies

    def moved(self, name: str, move: Move) -> tuple[float, list[Use]]:
        """Call the function with an array moved in one of its uses."""
        copies = {known: array.copy() for known, array in self.arrays.items()}
        result, uses = call_watched(self.function, copies, name, move, self.by_name)
        return self._number(result), uses

    def _call(self, function: Callable[..., Any]) -> Any:
        """Call with copies, which the function may change."""
        copies = {name: array.copy() for name, array in self.arrays.items()}
        return function(**copies) if self.by_name else function(*copies.values())


def _named(arrays: Any, single: bool) -> dict[str, Any]:
    """Give positions their names."""
    if isinstance(arrays, Mapping):
        return dict(arrays)
    if single:
        return {"at": arrays}
    parts = arrays if isinstance(arrays, list | tuple) else [arrays]
    return {f"at[{position}]": part for position, part in enumerate(parts)}


def _real_copy(name: str, array: Any, kind: Any = np.float64) -> Array:
    """Copy to the precision of the check."""
    given = np.asarray(array)
    if given.dtype.kind not in "fiub":
        raise InputError(f"{name} must be an array of real numbers, not {given.dtype}")
    return np.array(given, kind)


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "nothing"
