"""Gradient checks that do not take too long, one at a time."""

from __future__ import annotations

from threading import Lock
from time import perf_counter
from typing import Any

import numpy as np

from deltarule.checking import gradient_check
from deltarule.checking.graph_loss import leaves_of
from deltarule.errors import InputError
from deltarule.execution.reference import Feeds, forward
from deltarule.graph import Node, Parameter
from deltarule.lab.limits import LIMITS
from deltarule.lab.sessions import BusyError

__all__ = ["checked"]

_one_at_a_time = Lock()


def checked(loss: Node, feeds: Feeds, sample: int, seed: int) -> dict[str, Any]:
    """Check the gradients of a loss, and return the report as plain data.

    Raises
    ------
    InputError
        When the check would take longer than the server allows, going by the time of one evaluation of the loss.
    BusyError
        While another check runs.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError("another check is running; try again when it is done")
    try:
        began = perf_counter()
        forward([loss], feeds)
        seconds = perf_counter() - began
        expected = 2 * seconds * sum(min(sample, _size(leaf, feeds)) for leaf in leaves_of(loss).values())
        if expected > LIMITS.check_seconds:
            raise InputError(
                f"this check would take about {expected:.0f} seconds, and may take {LIMITS.check_seconds:.0f};"
                " choose fewer entries or sentences"
            )
        return gradient_check(loss, feeds=feeds, sample=sample, seed=seed).as_dict()
    finally:
        _one_at_a_time.release()


def _size(leaf: Node, feeds: Feeds) -> int:
    """Return the number of entries of a parameter or input."""
    return leaf.value.size if isinstance(leaf, Parameter) else np.size(feeds.get(leaf.name, 0))
