"""Small sums over measurements: medians, spreads, ratios, and the arithmetic that a training step needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Figure", "Product", "figure", "ratio", "window_step_products"]


@dataclass(frozen=True)
class Figure:
    """The median of repeats, with the least and the greatest of them."""

    median: float
    low: float
    high: float


def figure(values: Sequence[float]) -> Figure:
    """Summarise repeats of one measurement."""
    return Figure(median(values), min(values), max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float], *, higher_is_better: bool) -> float:
    """Return how many times better ours is: the median over rounds, in each of which both were measured in turn."""
    pairs = zip(ours, theirs, strict=True)
    return median(own / other if higher_is_better else other / own for own, other in pairs)


@dataclass(frozen=True)
class Product:
    """A product of matrices, (rows × inner) · (inner × columns)."""

    name: str
    rows: int
    inner: int
    columns: int

    @property
    def operations(self) -> int:
        """Floating-point operations: a multiplication and an addition for each of the rows × inner × columns terms."""
        return 2 * self.rows * self.inner * self.columns


def window_step_products(
    forms: int, windows: int, dimension: int, size: int, hidden: int, labels: int
) -> list[Product]:
    """List the products of a training step of the tagger, with the hidden layer computed once for each distinct form.

    Parameters
    ----------
    forms, windows : distinct forms of the batch, and its windows
    dimension, size : numbers of a word's vector, and words in a window
    hidden, labels : neurons of the hidden layer, and labels

    Returns
    -------
    list of Product
        Forward, gradient of the weight and gradient of the vectors, for the hidden layer and for the output layer.
    """
    wide = size * hidden
    return [
        Product("hidden, forward", forms, dimension, wide),
        Product("hidden, gradient of the weight", dimension, forms, wide),
        Product("hidden, gradient of the vectors", forms, wide, dimension),
        Product("output, forward", windows, hidden, labels),
        Product("output, gradient of the weight", hidden, windows, labels),
        Product("output, signal below", windows, labels, hidden),
    ]
