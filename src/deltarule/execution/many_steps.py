"""Many steps in one call: what changes in the memory of a program from one step to the next, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.execution.program import address
from deltarule.graph import Array

__all__ = ["Changes", "InOrder", "Sources", "TakenSteps", "Watched"]

Numbers = NDArray[np.int64]
_SETTINGS = 7  # where the table has the address of the settings


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
class InOrder:
    """Steps on rows of whole arrays one after another, as asked for last time: small networks ask for them again.

    Attributes
    ----------
    sources : the arrays
    asked : the first row, rows of a batch, steps
    bound : sizes that the program was bound to
    changes : what changes from step to step
    """

    sources: Sequence[Array]
    asked: tuple[int, int, int]
    bound: object
    changes: Changes


class Sources:
    """Whole arrays of examples that needed no conversion, so that they can be known again.

    Parameters
    ----------
    data : the arrays by name
    arrays : those in the order of the inputs
    """

    def __init__(self, data: Mapping[str, Array], arrays: list[Array]) -> None:
        self.arrays = arrays
        self._known = [(name, array, array.shape) for name, array in data.items()]

    def are(self, data: Mapping[str, Array]) -> bool:
        """Say whether these are the same arrays, of the same shapes."""
        return all(data[name] is array and array.shape == shape for name, array, shape in self._known)


class Watched:
    """What a program reads before each step, and what is noted after it.

    Parameters
    ----------
    settings : the place of the address of those of the update rule, which are read
    loss, fine : the loss of a step, and the place that says whether all was finite
    margins : places of how many rows violate their margin, and of how many there are, for each max-margin objective
    """

    def __init__(self, settings: int, loss: Array, fine: int, margins: Sequence[tuple[int, int]]) -> None:
        self._seen = np.array(margins, np.int64).reshape(-1)
        self._settings, self._held_loss, self._loss, self._fine = settings, loss, address(loss), fine
        self._places = address(self._seen)
        self._last: TakenSteps | None = None

    def note(self, changes: Changes, settings: int) -> TakenSteps:
        """Return room for the notes of many steps; for the same changes it is the same.

        Parameters
        ----------
        settings : address of those of the update rule, of each step
        """
        taken = self._last
        if taken is None or taken.changes is not changes:
            self._last = taken = self._room(changes)
        taken.table[_SETTINGS] = settings
        return taken

    def _room(self, changes: Changes) -> TakenSteps:
        steps, places = changes.values.shape
        losses, counts = np.empty(steps), np.empty((steps, len(self._seen)), np.int64)
        table = [
            steps, places, address(changes.places), address(changes.values), len(self._seen), self._places,
            address(counts), 0, self._settings, self._fine, self._loss, address(losses),
        ]  # fmt: skip
        return TakenSteps(np.array(table, np.int64), losses, counts, changes)


@dataclass
class TakenSteps:
    """Steps that were taken.

    Attributes
    ----------
    table : for `kernels.machine.run`
    losses : of the steps
    counts : how many rows violate their margin, and how many there are, (steps, 2 × objectives)
    changes : whose address the table has
    done : how many steps went well
    """

    table: Numbers
    losses: Array
    counts: Numbers
    changes: Changes
    done: int = 0

    @property
    def violators(self) -> list[float] | None:
        """Share of the rows of each batch that violated their margin; ``None`` without max-margin objectives."""
        counts = self.counts[: self.done]
        if not counts.shape[1]:
            return None
        shares: list[float] = (counts[:, ::2].sum(axis=1) / counts[:, 1::2].sum(axis=1)).tolist()
        return shares
