"""First values of weights: random, and scaled so that signals neither grow nor fade from layer to layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deltarule.errors import InputError
from deltarule.graph import Array

__all__ = ["INITIALISATIONS", "glorot", "he", "initialisation_for"]


def glorot(inputs: int, outputs: int, random: np.random.Generator) -> Array:
    """Draw a weight uniformly within ±√(6 / (inputs + outputs)).

    Keeps the variance of activations forward and of error signals backward for units that are nearly linear around 0:
    tanh, soft sign, sigmoid (Glorot and Bengio 2010).

    Returns
    -------
    array of shape (outputs, inputs)
    """
    bound = np.sqrt(6 / (inputs + outputs))
    return random.uniform(-bound, bound, (outputs, inputs))


def he(inputs: int, outputs: int, random: np.random.Generator) -> Array:
    """Draw a weight uniformly within ±√(6 / inputs), for units that are silent half of the time (He et al. 2015).

    Returns
    -------
    array of shape (outputs, inputs)
    """
    bound = np.sqrt(6 / inputs)
    return random.uniform(-bound, bound, (outputs, inputs))


INITIALISATIONS: dict[str, Callable[[int, int, np.random.Generator], Array]] = {"glorot": glorot, "he": he}


def initialisation_for(activation: str, name: str | None) -> Callable[[int, int, np.random.Generator], Array]:
    """Return the named initialisation; by default He's for rectified units, Glorot's for all others."""
    if name is None:
        name = "he" if activation in ("relu", "leaky_relu") else "glorot"
    if name not in INITIALISATIONS:
        raise InputError(f"unknown initialisation {name!r}; choose one of: {', '.join(INITIALISATIONS)}")
    return INITIALISATIONS[name]
