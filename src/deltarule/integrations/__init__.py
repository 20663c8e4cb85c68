"""Functions of PyTorch and JAX, seen as losses of NumPy arrays; a framework is imported only when it is used."""

from __future__ import annotations

from typing import Any

from deltarule.integrations.array_function import ArrayFunction, GradientShapeError
from deltarule.integrations.trees import leaves

__all__ = ["ArrayFunction", "GradientShapeError", "adapt"]

FRAMEWORKS = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "equinox": "jax", "flax": "jax"}


def adapt(target: Any, inputs: Any, objective: Any, seed: int, precision: str) -> ArrayFunction | None:
    """Adapt a function of a framework; return ``None`` for any other.

    Parameters
    ----------
    target : a module, a function, or another callable of the framework
    inputs : its arguments: a tuple of them, or the one
    objective : takes the output and returns one number; ``None`` for a fixed weighted sum
    seed : of whatever is drawn
    precision : "float64" or "float32"
    """
    framework = _framework_of(target) or next(filter(None, (_framework_of(leaf) for _, leaf in leaves(inputs))), None)
    if framework == "torch":
        from deltarule.integrations.torch_functions import TorchFunction

        return TorchFunction(target, inputs, objective, seed, precision)
    if framework == "jax":
        from deltarule.integrations.jax_functions import JaxFunction

        return JaxFunction(target, inputs, objective, seed, precision)
    return None


def _framework_of(value: Any) -> str | None:
    """Name the framework that a value's class, or its owner's, comes from."""
    owner = getattr(value, "__self__", None)
    kinds = [kind if isinstance(kind, type) else type(kind) for kind in (value, owner)]
    roots = [base.__module__.split(".")[0] for kind in kinds for base in kind.__mro__]
    return next((FRAMEWORKS[root] for root in roots if root in FRAMEWORKS), None)
