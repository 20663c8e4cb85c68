"""Many steps in one call: what changes in the memory of a program from one step to the next, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.execution.program import address
from deltarule.graph import Array

__all__ = ["Changes", "TakenSteps", "Watched"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """What a program finds in its memory before each step.

    Attributes
    ----------
    places : that change
    values : what they hold, (steps, places)
    """

    places: Numbers
    values: Numbers

    def and_those(self, places: Numbers, values: Array) -> Changes:
        """Return these changes and others."""
        both = np.column_stack([self.values, values.astype(np.int64)])
        return Changes(np.append(self.places, places), np.ascontiguousarray(both))


@dataclass(frozen=True)
class Watched:
    """What is noted after each step.

    Attributes
    ----------
    loss, fine : the loss of a step, and the place that says whether all was finite
    margins : places of how many rows violate their margin, and of how many there are, for each max-margin objective
    """

    loss: Array
    fine: int
    margins: Sequence[tuple[int, int]]

    def note(self, changes: Changes, settings: Array, own_settings: Array) -> TakenSteps:
        """Return room for the notes of many steps; `settings` of each step go to `own_settings`."""
        steps, places = changes.values.shape
        seen = np.array(self.margins, np.int64).reshape(-1)
        losses, counts = np.zeros(steps), np.zeros((steps, len(seen)), np.int64)
        table = [
            steps, places, address(changes.places), address(changes.values), len(seen), address(seen), address(counts),
            address(settings), address(own_settings), self.fine, address(self.loss), address(losses),
        ]  # fmt: skip
        return TakenSteps(np.array(table, np.int64), losses, counts, (changes, settings, seen))


@dataclass
class TakenSteps:
    """Steps that were taken.

    Attributes
    ----------
    table : for `kernels.machine.run`
    losses : of the steps
    counts : how many rows violate their margin, and how many there are, (steps, 2 × objectives)
    held : arrays that the table has the addresses of
    done : how many steps went well
    """

    table: Numbers
    losses: Array
    counts: Numbers
    held: object
    done: int = 0

    @property
    def violators(self) -> list[float | None]:
        """Share of the rows of each batch that violated their margin."""
        counts = self.counts[: self.done]
        if not counts.size:
            return [None] * self.done
        shares: list[float | None] = (counts[:, ::2].sum(axis=1) / counts[:, 1::2].sum(axis=1)).tolist()
        return shares
