"""Two-dimensional data in two classes, of which a straight line can part none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["DATASETS", "Points", "draw_points"]

Points = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Points of shape (n, 2) within about ±1, and the class of each, 0 or 1."""


def moons(angle: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Place points on two half circles that reach into each other."""
    turned = np.where(kind == 1, 1.0, -1.0)
    x = np.where(kind == 1, 1 - np.cos(angle * np.pi), np.cos(angle * np.pi))
    y = np.sin(angle * np.pi) * -turned + 0.5 * (kind == 1)
    return np.stack([(x - 0.5) / 1.7, (y - 0.25) / 1.1], axis=1)


def circles(angle: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Place points on a circle around another."""
    radius = np.where(kind == 1, 0.4, 0.9)
    turn = 2 * np.pi * angle
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def spirals(angle: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Place points on two spirals, one half a turn behind the other."""
    turn = 2 * np.pi * angle + np.pi * kind
    radius = 0.15 + 0.8 * angle
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def exclusive_or(angle: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Place points in four clouds: class 1 where exactly one coordinate is positive."""
    first = np.where(angle < 0.5, -1.0, 1.0)
    second = np.where(kind == 1, -first, first)
    return 0.55 * np.stack([first, second], axis=1)


DATASETS: dict[str, Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]] = {
    "moons": moons,
    "circles": circles,
    "spirals": spirals,
    "xor": exclusive_or,
}
"""Places of points without noise, from numbers between 0 and 1 and their classes."""

_NOISE = {"spirals": 0.4, "xor": 2.0}  # lines that lie close, and clouds


def draw_points(name: str, count: int, noise: float, seed: int) -> Points:
    """Draw points of a named set.

    Parameters
    ----------
    name : one of `DATASETS`
    count : number of points, half of them of each class
    noise : standard deviation of what is added to each coordinate; for the clouds of "xor" twice as much, and for
        "spirals" two fifths
    seed : of the drawing
    """
    random = np.random.default_rng(seed)
    kind = np.arange(count) % 2
    places = DATASETS[name](random.random(count), kind)
    return places + random.normal(scale=noise * _NOISE.get(name, 1.0), size=places.shape), kind
