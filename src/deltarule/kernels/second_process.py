"""A second process that compiles kernels into the cache on disk, as one process can compile only one at a time."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

__all__ = ["SecondProcess", "first_kernel_was_missing"]

_PROGRAM = """
import sys
sys.path[:] = {path!r}
from importlib import import_module
for name in {names!r}:
    import_module(name)
"""


class SecondProcess:
    """Helps this process to load modules of kernels, where any has to be compiled: it begins with the last of them.

    Where the two meet, all kernels are on disk. Should it fail, this process compiles them all.

    Parameters
    ----------
    names : of modules, in the order in which this process loads them
    """

    current: SecondProcess | None = None

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, where there is a core and a Python for it."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if self._process is not None or cores < 2 or not sys.executable or getattr(sys, "frozen", False):
            return
        import subprocess  # seldom needed, and takes its time

        program = _PROGRAM.format(path=sys.path, names=self._names[::-1])
        quiet = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen([sys.executable, "-c", program], stdin=quiet, stdout=quiet, stderr=quiet)
        except OSError:
            return

    def __enter__(self) -> SecondProcess:
        SecondProcess.current = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        SecondProcess.current = None
        if self._process is not None:
            self._process.terminate()  # what it still works on has been compiled here
            self._process.wait()


def first_kernel_was_missing() -> None:
    """Take note that a kernel is not on disk."""
    if SecondProcess.current is not None:
        SecondProcess.current.start()
