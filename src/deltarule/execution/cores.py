"""How many threads to work with, and the linear-algebra libraries, whose own threads would stand in the way of ours."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cache
from threading import Lock
from typing import Any

from deltarule.errors import InputError

__all__ = ["left_processor", "one_thread_of_algebra", "thread_count"]


def thread_count(threads: int | None) -> int:
    """Return how many threads to work with: as many as asked for, by default as many as this process has cores."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise InputError(f"at least one thread is needed, not {threads}")
    return threads


def left_processor(number: int) -> bool:
    """Move this thread from a processor to another of those that it may run on; say whether that could be done.

    Where other programs keep all processors busy, a system may leave two threads on the same one for seconds.
    """
    if not (hasattr(os, "sched_setaffinity") and hasattr(os, "sched_getaffinity")):
        return False
    allowed = os.sched_getaffinity(0)  # 0 is this thread
    others = allowed - {number}
    if not others:
        return False
    try:
        os.sched_setaffinity(0, others)
        os.sched_setaffinity(0, allowed)
    except OSError:
        return False
    return True


class _OneThread:
    """Holds linear-algebra libraries to one thread as long as anybody needs it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.users = 0
        self.changed: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self.lock:
            self.users += 1
            if self.users == 1:
                before = [(library, library.get_num_threads()) for library in _libraries()]
                self.changed = [(library, threads) for library, threads in before if threads != 1]
                for library, _ in self.changed:
                    _set_threads(library, 1)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                for library, threads in self.changed:
                    _set_threads(library, threads)


def _set_threads(library: Any, threads: int) -> None:
    """Set the number of threads of a library; newer threadpoolctl ignores all threads but the first that does so."""
    let_go = getattr(library, "clear_controlling_thread", None)
    if let_go is not None:
        let_go(force=True)
    library.set_num_threads(threads)


@cache
def _libraries() -> list[Any]:
    """Find the libraries, which takes milliseconds; SciPy's is loaded before, as it would not be found again."""
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


_one_thread = _OneThread()


def one_thread_of_algebra() -> AbstractContextManager[None]:
    """Hold the linear-algebra libraries to one thread: those that share the work are ours."""
    return _one_thread
