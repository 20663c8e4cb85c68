"""Compiled array functions. They know arrays, not graphs; Numba compiles them on first use and keeps them on disk."""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Timer

__all__ = ["TAGGING", "TRAINING", "load"]

TRAINING = ("batches", "contexts", "machine", "execute")
TAGGING = ("lines", "form_numbers", "contexts", "window_scores", "viterbi", "tagged_lines")

_LOADING = 2.0  # seconds; from disk it takes less than one


def load(names: tuple[str, ...]) -> None:
    """Load kernels from disk, or compile them at their first use on a machine, which is said on standard error.

    Parameters
    ----------
    names : modules of kernels, TRAINING or TAGGING
    """
    if all(f"{__name__}.{name}" in sys.modules for name in names):
        return
    notice = Timer(_LOADING, _say_that_it_takes_a_while)
    notice.daemon = True
    notice.start()
    try:
        for name in names:
            import_module(f"{__name__}.{name}")
    finally:
        notice.cancel()


def _say_that_it_takes_a_while() -> None:
    print("deltarule: compiling for this machine; this happens once and takes about 20 seconds", file=sys.stderr)
