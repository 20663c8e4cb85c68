"""Text in drawings: how wide it is, and numbers in few characters."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

__all__ = ["CHARACTER", "brief", "cut", "readable", "width_of"]

CHARACTER = 0.62
"""Width of a character in a monospaced font, in font sizes; no common one is wider."""

_FEW = 3  # entries that are written out


def width_of(text: str, size: float) -> float:
    """Return the width of a line of monospaced text; East Asian characters are twice as wide."""
    cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))
    return cells * CHARACTER * size


def readable(text: str) -> str:
    """Replace characters that cannot be shown, and that SVG does not allow."""
    return "".join(character if character.isprintable() else "�" for character in text)


def cut(text: str, length: int) -> str:
    """Cut a text that is longer than so many characters, and mark the cut.

    >>> cut("hidden.preactivation", 10)
    'hidden.pr…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def brief(value: Any) -> str:
    """Write a number, or an array: its entries where they are few, else the least and the greatest.

    >>> brief(-12.0), brief([1.0, 2.5]), brief([[0.25, -3.0], [1.0, 2.0]])
    ('-12', '[1, 2.5]', '-3 … 2')
    """
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array.item():.4g}"
    if array.size == 0:
        return "empty"
    if array.size <= _FEW:
        return "[" + ", ".join(f"{entry:.3g}" for entry in array.ravel().tolist()) + "]"
    if np.isnan(array).any():
        return f"{np.isnan(array).sum()} of {array.size} NaN"
    least, greatest = array.min().item(), array.max().item()
    return f"all {least:.3g}" if least == greatest else f"{least:.3g} … {greatest:.3g}"
