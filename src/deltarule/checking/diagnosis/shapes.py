"""A gradient of another shape than its array, and what that tells."""

from __future__ import annotations

import numpy as np

__all__ = ["shape_hint", "wrong_shape"]


def wrong_shape(gradient: str, shape: tuple[int, ...], array: str, expected: tuple[int, ...]) -> str:
    """Say that a gradient has a wrong shape, and the likely cause where there is one.

    >>> wrong_shape("the gradient of b", (32, 3), "b", (3,))
    'the gradient of b has shape (32, 3), but b has shape (3,): sum it over axis 0, over which b is broadcast'
    """
    hint = shape_hint(shape, array, expected)
    return f"{gradient} has shape {shape}, but {array} has shape {expected}{': ' if hint else ''}{hint}"


def shape_hint(shape: tuple[int, ...], array: str, expected: tuple[int, ...]) -> str:
    """Name the likely cause of a wrong shape; may be empty."""
    if shape == expected[::-1]:
        return "it is transposed"
    axes = _broadcast_axes(shape, expected)
    if axes:
        word = "axis" if len(axes) == 1 else "axes"
        return f"sum it over {word} {', '.join(map(str, axes))}, over which {array} is broadcast"
    return ""


def _broadcast_axes(shape: tuple[int, ...], expected: tuple[int, ...]) -> list[int]:
    """List the axes along which an array of the expected shape must be repeated to have the other."""
    if not shape or len(shape) < len(expected):
        return []
    try:
        if np.broadcast_shapes(shape, expected) != shape:
            return []
    except ValueError:
        return []
    aligned = (1,) * (len(shape) - len(expected)) + expected
    extra = len(shape) - len(expected)
    return [axis for axis, (size, own) in enumerate(zip(shape, aligned, strict=True)) if axis < extra or size != own]
