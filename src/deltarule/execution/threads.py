"""Threads that help to run a program. They change how fast it runs, never what it computes."""

from __future__ import annotations

import threading
import weakref

import numpy as np
from numpy.typing import NDArray

from deltarule.execution.cores import left_processor, thread_count
from deltarule.execution.program import Program, address
from deltarule.execution.sizes import MOST_SLICES
from deltarule.kernels.execute import FUNCTIONS
from deltarule.kernels.machine import counters_needed, help_out, laid_out, run

__all__ = ["Threads"]

_PATIENCE = 1_000_000  # looks in vain, about half a millisecond: longer than it takes to prepare the next batch
_MANY = 1 << 40


class Threads:
    """Runs a program with some helpers, which sleep when there is nothing to do.

    Parameters
    ----------
    program : a finished program
    threads : how many work on it; all cores for ``None``
    """

    def __init__(self, program: Program, threads: int | None = None) -> None:
        self._program = program
        self._threads = min(thread_count(threads), MOST_SLICES)
        self._shared = _Shared(program, self._threads)
        self._started = False

    def run(self, batches: int = 0) -> int:
        """Run the program once, or for the batches of a table at an address; return how many steps went well.

        Where there is too little to do, nobody is asked for help.
        """
        shared = self._shared
        if self._threads == 1 or not self._program.worth_help:
            return run(shared.places, 1, shared.counters, batches)
        if not self._started:
            self._start()
        shared.stepping = True  # before looking who sleeps: whoever is about to sleep looks at it afterwards
        if shared.asleep:
            shared.wake.set()
        try:
            return run(shared.places, self._threads, shared.counters, batches)
        finally:
            shared.stepping = False

    def _start(self) -> None:
        """Start the helpers; they end with the last use of the program."""
        self._started = True
        for number in range(1, self._threads):
            threading.Thread(target=_help, args=(self._shared, number), daemon=True).start()
        weakref.finalize(self, self._shared.end)


class _Shared:
    """What the threads share; it does not know the `Threads`, so that these can end."""

    def __init__(self, program: Program, threads: int) -> None:
        self.threads = threads
        counters: NDArray[np.int64] = np.zeros(counters_needed(len(program.stages) - 1, threads) + 8, np.int64)
        self.counters = (address(counters) + 63) // 64 * 64
        tables = program.table, program.memory, program.numbers, program.tasks, program.stages
        places = laid_out(FUNCTIONS, *tables)
        self.places = address(places)
        self._held = counters, tables, places
        self.wake = threading.Event()
        self.asleep = 0
        self.stepping = False
        self.ended = False

    def end(self) -> None:
        """Let the helpers end."""
        self.ended = True
        self.wake.set()


def _help(shared: _Shared, number: int) -> None:
    """Help with steps while they follow each other closely; sleep where they do not."""
    apart = True
    while not shared.ended:
        helped = help_out(shared.places, number, shared.threads, _PATIENCE, shared.counters, _MANY, apart)
        if helped < 0:
            apart = left_processor(-1 - helped)
            continue
        shared.asleep += 1
        if not shared.stepping:
            shared.wake.wait()
        shared.wake.clear()
        if shared.ended:
            shared.wake.set()  # for the others
        shared.asleep -= 1
