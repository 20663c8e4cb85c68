"""Seeds of dropout masks, drawn ahead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MaskSeeds"]

_AHEAD = 1024  # that are drawn at once, as that takes hardly longer than a few


class MaskSeeds:
    """Draws seeds of dropout masks; a copy draws the same from there on.

    Parameters
    ----------
    random : draws them
    """

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._drawn = np.zeros(0, np.int32)

    def draw(self, count: int) -> NDArray[np.int32]:
        """Return the next seeds."""
        if count > len(self._drawn):
            drawn = self._random.integers(0, 1 << 32, max(count, _AHEAD), np.uint32).view(np.int32)
            self._drawn = np.concatenate([self._drawn, drawn])
        seeds, self._drawn = self._drawn[:count], self._drawn[count:]
        return seeds
