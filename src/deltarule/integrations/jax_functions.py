"""JAX functions as losses of NumPy arrays; imported only when one is checked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from deltarule.errors import InputError
from deltarule.integrations.array_function import CONVERTED, Array, ArrayFunction, weights_of_outputs
from deltarule.integrations.jax_watching import call_watched
from deltarule.integrations.trees import named_arguments
from deltarule.integrations.watching import Move, Use

__all__ = ["JaxFunction"]


class JaxFunction(ArrayFunction):
    """A JAX function of arrays and pytrees, compiled or not.

    It runs in float64 by JAX's own setting, which holds for the check alone.

    Parameters
    ----------
    target : a function; where it is a pytree itself, as a layer of Equinox is, its arrays are checked too
    inputs : a tuple of arguments in order, or the one argument; each an array or any pytree
    objective : takes the output and returns one number; by default a fixed weighted sum of all outputs
    seed : of these weights
    precision : "float64" or "float32"
    """

    def __init__(self, target: Any, inputs: Any, objective: Any, seed: int, precision: str) -> None:
        self.target, self.objective, self.seed, self.precision = target, objective, seed, precision
        self.is_tree = not jax.tree_util.all_leaves([target])
        arguments = inputs if isinstance(inputs, tuple) and not hasattr(inputs, "_fields") else (inputs,)
        named = ["", *named_arguments(target, arguments)]
        tree = (target if self.is_tree else None, *arguments)
        paths, self.structure = jax.tree_util.tree_flatten_with_path(tree)
        self.leaves = [leaf for _, leaf in paths]
        self.arrays, self.places = {}, {}
        kind = np.dtype(precision)
        for position, (path, leaf) in enumerate(paths):
            if _is_checked(leaf):
                name = (named[path[0].idx] + jax.tree_util.keystr(path[1:])).removeprefix(".")
                self.arrays[name] = np.array(leaf, kind)
                self.places[name] = position
        self.size = 0.0
        if precision == "float64" and any(self.leaves[place].dtype != np.float64 for place in self.places.values()):
            self.note = CONVERTED

    def value(self) -> float:
        """Compute the loss."""
        with self._set():
            return float(self._loss(self._given()))

    def gradients(self) -> dict[str, Array]:
        """Ask JAX for the gradient."""
        with self._set():
            found = jax.grad(self._loss)(self._given())
            return {name: np.array(array) for name, array in zip(self.arrays, found, strict=True)}

    def magnitude(self) -> float:
        """Return the sum of the sizes of all weighted outputs."""
        with self._set():
            return sum(float(jnp.abs(product).sum()) for product in self._products(self._given()))

    def moved(self, name: str, move: Move) -> tuple[float, list[Use]]:
        """Compute the loss with an array moved in one of its uses only."""
        with self._set():
            loss, uses = call_watched(self._loss, self._given(), [*self.arrays].index(name), move)
            return float(loss), uses

    def _set(self) -> AbstractContextManager[Any]:
        """Let JAX compute in the precision of the check, for a while."""
        if hasattr(jax, "enable_x64"):
            return jax.enable_x64(self.precision == "float64")
        from jax.experimental import enable_x64  # its place in older versions

        return enable_x64(self.precision == "float64")

    def _given(self) -> list[Any]:
        return [jnp.asarray(array) for array in self.arrays.values()]

    def _loss(self, arrays: list[Any]) -> Any:
        """Compute the loss of JAX arrays."""
        products = self._products(arrays)
        return sum((product.sum() for product in products[1:]), products[0].sum())

    def _products(self, arrays: list[Any]) -> list[Any]:
        """Compute all outputs, each times its own fixed weight."""
        leaves = list(self.leaves)
        for place, array in zip(self.places.values(), arrays, strict=True):
            leaves[place] = array
        target, *arguments = jax.tree_util.tree_unflatten(self.structure, leaves)
        output = (target if self.is_tree else self.target)(*arguments)
        if self.objective is not None:
            output = self.objective(output)
        outputs = [leaf for leaf in jax.tree_util.tree_leaves(output) if _is_checked(leaf)]
        if not outputs:
            raise InputError(f"the function must return an array of numbers, or several, not {type(output).__name__}")
        if self.objective is not None and outputs[0].size != 1:
            raise InputError(f"the objective must return one number, not shape {outputs[0].shape}")
        if self.precision == "float64" and any(part.dtype != np.float64 for part in outputs):
            raise InputError(
                f"the function returned {outputs[0].dtype} for float64 inputs: differences need one that computes in"
                ' float64, or precision="float32"'
            )
        random = np.random.default_rng(self.seed)
        return [part * jnp.asarray(weights_of_outputs(part.shape, random), part.dtype) for part in outputs]


def _is_checked(leaf: Any) -> bool:
    """Say whether a leaf is an array of real numbers."""
    if not isinstance(leaf, jax.Array | np.ndarray | np.floating):
        return False
    if jnp.issubdtype(leaf.dtype, jnp.complexfloating):
        raise InputError("an array is complex; the check is for real numbers")
    return bool(jnp.issubdtype(leaf.dtype, jnp.floating))
