"""Compiled array functions. They know arrays, not graphs; Numba compiles them on first use and keeps them on disk."""

from __future__ import annotations

from importlib import import_module

from deltarule.kernels.second_process import SecondProcess

__all__ = ["TAGGING", "TRAINING", "load"]

# A second process begins from the end, so that what needs products of matrices comes when the first has compiled these.
TRAINING = (
    "execute_layers", "execute_steps", "execute_updates", "machine", "sizes", "contexts", "execute_windows", "batches",
    "execute_arrays", "execute_sequences",
)  # fmt: skip
TAGGING = ("lines", "form_numbers", "contexts", "window_scores", "viterbi", "tagged_lines")


def load(names: tuple[str, ...]) -> None:
    """Load kernels from disk, or compile them at their first use on a machine, which is said on standard error.

    Parameters
    ----------
    names : modules of kernels, TRAINING or TAGGING
    """
    modules = [f"{__name__}.{name}" for name in names]
    with SecondProcess(modules):
        for module in modules:
            import_module(module)
