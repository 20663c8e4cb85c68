"""Activation functions by name."""

from __future__ import annotations

from collections.abc import Callable

from deltarule.errors import InputError
from deltarule.graph import Node
from deltarule.graph.functions import hard_tanh, leaky_relu, relu, sigmoid, soft_sign, softmax, tanh

__all__ = ["ACTIVATIONS", "activation_function"]

ACTIVATIONS: dict[str, Callable[[Node], Node]] = {
    "identity": lambda preactivation: preactivation,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "hard_tanh": hard_tanh,
    "soft_sign": soft_sign,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "softmax": softmax,
}
"""Functions a = f(z) that a layer can name."""


def activation_function(name: str) -> Callable[[Node], Node]:
    """Return the activation function of a name.

    Raises
    ------
    InputError
        For an unknown name; the message lists the known ones.
    """
    if name not in ACTIVATIONS:
        raise InputError(f"unknown activation {name!r}; choose one of: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
