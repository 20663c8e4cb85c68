"""Adam in JAX, on whole parameters and on rows of tables."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["Moments", "adam", "row_adam", "zero_moments"]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
Pair = tuple[jax.Array, jax.Array]
Moments = dict[str, Pair]


def zero_moments(parameters: dict[str, jax.Array]) -> Moments:
    """Return the moments before the first step."""
    return {name: (jnp.zeros_like(value), jnp.zeros_like(value)) for name, value in parameters.items()}


def adam(
    value: jax.Array, gradient: jax.Array, moments: Pair, steps: jax.Array, rate: float = 0.002
) -> tuple[jax.Array, Pair]:
    """Return a parameter and its moments after a step."""
    mean = BETA1 * moments[0] + (1 - BETA1) * gradient
    squares = BETA2 * moments[1] + (1 - BETA2) * gradient * gradient
    scale = jnp.sqrt(squares / (1 - BETA2**steps)) + EPSILON
    return value - rate / (1 - BETA1**steps) * mean / scale, (mean, squares)


def row_adam(
    value: jax.Array, gradient: jax.Array, moments: Pair, steps: jax.Array, rows: Any
) -> tuple[jax.Array, Pair]:
    """Return a table and its moments after a step on some rows; rows that occur twice have the same gradient."""
    new, new_moments = adam(value[rows], gradient, (moments[0][rows], moments[1][rows]), steps)
    put = [old.at[rows].set(part, mode="promise_in_bounds") for old, part in zip(moments, new_moments, strict=True)]
    return value.at[rows].set(new, mode="promise_in_bounds"), (put[0], put[1])
