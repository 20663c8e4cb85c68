"""Where a slice of an instruction begins and ends."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined

__all__ = ["ALL", "examples_of_slice", "rows_of_slice"]

ALL = 1 << 40  # the length of arrays of which only the rows of a slice are touched


@inlined
def rows_of_slice(count: int, part: int, parts: int) -> Any:
    """Return where a slice begins and ends; all but the last are whole vectors of 16 numbers."""
    each = ((count + parts - 1) // parts + 15) // 16 * 16
    return min(part * each, count), min((part + 1) * each, count)


@inlined
def examples_of_slice(count: int, part: int, parts: int) -> Any:
    """Return where a slice of the examples of a batch begins and ends."""
    each = ((count + parts - 1) // parts + 3) // 4 * 4
    return min(part * each, count), min((part + 1) * each, count)
