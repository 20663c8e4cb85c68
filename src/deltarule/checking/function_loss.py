"""Any function of NumPy arrays, with a function that claims to be its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.differences import Evaluation
from deltarule.errors import InputError
from deltarule.graph import Array

__all__ = ["FunctionLoss"]


class FunctionLoss(CheckedLoss):
    """A function of NumPy arrays, with a function that claims to be its gradient.

    Parameters
    ----------
    function : takes arrays and returns a number
    gradient : takes the same and returns an array for each
    at : an array, a list or tuple of arrays given in this order, or a dict of arrays given by name
    """

    def __init__(self, function: Callable[..., Any], gradient: Callable[..., Any], at: Any) -> None:
        self.function, self.gradient = function, gradient
        self.by_name = isinstance(at, Mapping)
        self.single = not isinstance(at, Mapping | list | tuple)
        self.arrays = {name: _real_copy(name, array) for name, array in _named(at, self.single).items()}

    def evaluate(self) -> Evaluation:
        """Call the function."""
        result = np.asarray(self._call(self.function))
        if result.size != 1 or result.dtype.kind not in "fiub":
            raise InputError(f"the function must return one real number, not {result.dtype} of shape {result.shape}")
        if result.dtype.kind == "f" and result.dtype.itemsize < 8:
            raise InputError(f"the function returned {result.dtype}: differences need one that computes in float64")
        return Evaluation(float(result.item()))

    def gradients(self) -> dict[str, Array]:
        """Call the gradient, and check that it matches the arrays."""
        gradients = _named(self._call(self.gradient), self.single)
        if set(gradients) != set(self.arrays):
            raise InputError(f"the gradient must return arrays for {_list(self.arrays)}, not for {_list(gradients)}")
        copies = {name: _real_copy(f"gradient of {name}", gradients[name]) for name in self.arrays}
        for name, copy in copies.items():
            if copy.shape != self.arrays[name].shape:
                expected = self.arrays[name].shape
                raise InputError(f"the gradient of {name} has shape {copy.shape}, but {name} has shape {expected}")
        return copies

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


def _real_copy(name: str, array: Any) -> Array:
    """Copy to float64."""
    given = np.asarray(array)
    if given.dtype.kind not in "fiub":
        raise InputError(f"{name} must be an array of real numbers, not {given.dtype}")
    return np.array(given, np.float64)


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "nothing"
