"""What is known about a wrong gradient, and what a diagnosis says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from deltarule.graph import Array

__all__ = ["Cause", "Evidence", "Form"]

Form = Literal[
    "not finite",
    "detached",
    "sign",
    "factor",
    "transposed",
    "order",
    "swapped",
    "missing term",
    "term twice",
    "sign of a term",
    "missing sum",
    "offset",
    "operation",
    "place",
]

CLEAR = 100.0
"""An entry has something to say when it is this much larger than what rounding explains."""


@dataclass(frozen=True)
class Cause:
    """The likely cause of a wrong gradient.

    Attributes
    ----------
    form : its kind: "sign", "factor", "missing sum", ...
    text : a sentence that says what was recognised
    """

    form: Form
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Evidence:
    """What is known about the gradient of one array.

    Attributes
    ----------
    name, point : the array
    analytic : the gradient under test
    numeric : central differences; NaN where none was measured, and at kinks
    noise : how far rounding may have moved each of them
    tolerance : largest relative error that agrees
    sizes : what has which size, for factors that are sizes of batches
    others : numeric gradients of the other arrays
    """

    name: str
    point: Array
    analytic: Array
    numeric: Array
    noise: Array
    tolerance: float = 1e-6
    sizes: Mapping[int, str] = field(default_factory=dict)
    others: Mapping[str, Array] = field(default_factory=dict)

    @property
    def known(self) -> Array:
        """Where the numeric gradient is known."""
        found: Array = np.isfinite(self.numeric)
        return found

    @property
    def complete(self) -> bool:
        """Whether it is known everywhere."""
        return bool(self.known.all())

    @property
    def clear(self) -> Array:
        """Where it is known and is not all rounding."""
        size = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        found: Array = self.known & (size > CLEAR * self.noise)
        return found

    def agrees(self, candidate: Array) -> Array:
        """Say entry by entry whether a candidate is the numeric gradient, to a few times what the check asks."""
        gap = np.abs(candidate - self.numeric)
        size = np.maximum(np.abs(candidate), np.abs(self.numeric))
        found: Array = gap <= 3 * self.tolerance * size + 3 * self.noise
        return found

    @property
    def wrong(self) -> Array:
        """Where the gradient under test is clearly not the numeric one."""
        found: Array = self.known & ~self.agrees(self.analytic)
        return found

    def explained_by(self, candidate: Array) -> bool:
        """Say whether a candidate is the numeric gradient wherever that is known, with something to say."""
        return bool(self.wrong.any() and self.clear.any() and self.agrees(candidate)[self.known].all())

    def part(self, place: tuple[slice | int, ...]) -> Evidence:
        """Return what is known about a part of the array."""
        arrays = (self.point, self.analytic, self.numeric, self.noise)
        point, analytic, numeric, noise = (np.asarray(array[place]) for array in arrays)
        return Evidence(self.name, point, analytic, numeric, noise, self.tolerance, self.sizes)
