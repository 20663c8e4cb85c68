"""The child process of one participant: builds its task, then answers each request on its standard input by JSON.

python -m benchmarks.worker MODULE SETTINGS      MODULE has a function task(settings) that returns a Task
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from time import perf_counter
from typing import Any, Protocol, TextIO

__all__ = ["Task", "environment"]


class Task(Protocol):
    """Something to be timed."""

    def warm_up(self) -> None:
        """Do all that happens once: compile, fill caches, train a first epoch."""

    def step(self) -> int:
        """Take one step, not necessarily to its end, and return how many units of work it is."""

    def finish(self) -> None:
        """Wait until all steps have come to their end."""

    def losses(self) -> list[float]:
        """Return the losses of the first steps on given batches without dropout, to compare participants by."""

    def details(self) -> dict[str, Any]:
        """Return whatever else is worth saying, measured outside of the timed steps."""


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NPROC")
TUNING = ("OPENBLAS_", "MKL_", "BLIS_", "NUMBA_CPU_", "ATEN_CPU_", "ONEDNN_MAX_CPU_", "DNNL_MAX_CPU_")


def environment(threads: int) -> dict[str, str]:
    """Return the environment variables that hold every library to so many threads.

    Those that have a library take the processor for another are left out: each is to run as fast as it can.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(TUNING)}
    return {**kept, **{name: str(threads) for name in THREADS}}


def timed(task: Task, seconds: float) -> dict[str, float]:
    """Take steps for about so many seconds, at least one."""
    units, started = 0, perf_counter()
    while not units or perf_counter() - started < seconds:
        units += task.step()
    task.finish()
    return {"seconds": perf_counter() - started, "units": units}


def serve(task: Task, replies: TextIO) -> None:
    """Answer requests until there are no more: a name and arguments as a JSON list, a line each."""
    requests: dict[str, Callable[..., Any]] = {
        "warm_up": task.warm_up,
        "timed": lambda seconds: timed(task, seconds),
        "losses": task.losses,
        "details": task.details,
    }
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(requests[name](*arguments)), file=replies, flush=True)


def main() -> None:
    """Build the task and serve it; whatever libraries print goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, settings = sys.argv[1:]
    serve(import_module(module).task(json.loads(settings)), replies)


if __name__ == "__main__":
    main()
