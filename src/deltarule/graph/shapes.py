"""Shapes of nodes, known before anything runs.

A dimension is a number, or a name such as ``"batch"`` for a size that is known only when arrays are fed.
Two dimensions are equal when their numbers or their names are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from math import prod

from deltarule.errors import ShapeError

__all__ = [
    "Dimension",
    "Shape",
    "bind",
    "broadcast_shapes",
    "format_shape",
    "normalise_axis",
    "size_of",
    "total",
    "without_axis",
]

Dimension = int | str
Shape = tuple[Dimension, ...]


def format_shape(shape: Shape) -> str:
    """Write a shape as NumPy does, with named dimensions unquoted.

    >>> format_shape(("batch", 20)), format_shape((3,)), format_shape(())
    ('(batch, 20)', '(3,)', '()')
    """
    inner = ", ".join(str(dimension) for dimension in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def broadcast_shapes(*shapes: Shape) -> Shape:
    """Combine shapes by NumPy's broadcasting rule: aligned at the right, a 1 stretches.

    >>> broadcast_shapes(("batch", 8), (8,))
    ('batch', 8)

    Raises
    ------
    ShapeError
        When two aligned dimensions differ and neither is 1.
    """
    reversed_dimensions = []
    for aligned in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        sizes = {dimension for dimension in aligned if dimension != 1}
        if len(sizes) > 1:
            different = " and ".join(str(size) for size in dict.fromkeys(d for d in aligned if d != 1))
            raise ShapeError(f"dimensions {different} do not broadcast")
        reversed_dimensions.append(sizes.pop() if sizes else 1)
    return tuple(reversed(reversed_dimensions))


def total(dimensions: Iterable[Dimension]) -> Dimension:
    """Add dimensions: a number when all are numbers, else a name such as ``"batch+1"``."""
    dimensions = list(dimensions)
    numbers = [dimension for dimension in dimensions if isinstance(dimension, int)]
    if len(numbers) == len(dimensions):
        return sum(numbers)
    return "+".join(str(dimension) for dimension in dimensions)


def size_of(shape: Shape) -> tuple[int, tuple[str, ...]]:
    """Return the number of entries as a number times named dimensions."""
    numbers = prod(dimension for dimension in shape if isinstance(dimension, int))
    return numbers, tuple(sorted(dimension for dimension in shape if isinstance(dimension, str)))


def without_axis(shape: Shape, axis: int | None, keepdims: bool = False) -> Shape:
    """Return the shape after a reduction over one axis, or over all of them for ``None``."""
    if axis is None:
        return (1,) * len(shape) if keepdims else ()
    position = normalise_axis(shape, axis)
    kept: Shape = (1,) if keepdims else ()
    return shape[:position] + kept + shape[position + 1 :]


def normalise_axis(shape: Shape, axis: int) -> int:
    """Turn a negative axis into a position, and refuse one that the shape does not have."""
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(f"axis {axis} is outside the {len(shape)} axes of shape {format_shape(shape)}")
    return axis % len(shape)


def bind(shape: Shape, actual: tuple[int, ...], sizes: dict[str, int], name: str) -> None:
    """Check an array's shape against a declared one, and note the size of each named dimension in `sizes`.

    Raises
    ------
    ShapeError
        When the number of axes, a number, or a name that was bound before differs.
    """
    if len(shape) != len(actual):
        raise ShapeError(
            f"input {name!r} was declared with shape {format_shape(shape)}, but an array of shape {actual} was given;"
            f" declare it as input({name!r}, shape=...) with {len(actual)} axes or give {len(shape)}"
        )
    for dimension, size in zip(shape, actual, strict=True):
        expected = sizes.setdefault(dimension, size) if isinstance(dimension, str) else dimension
        if size != expected:
            raise ShapeError(
                f"input {name!r} was declared with shape {format_shape(shape)}, but an array of shape {actual} was"
                f" given: dimension {dimension!r} is {expected}, not {size}"
            )
