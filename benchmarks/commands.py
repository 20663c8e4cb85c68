"""Whole commands, timed from start to end, with the memory that they took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.participants import ParticipantError
from benchmarks.quiet import LIMIT, Disturbance, wait_until_quiet
from benchmarks.worker import environment

__all__ = ["Run", "run"]


class Run(NamedTuple):
    """Seconds of wall time, peak memory of its largest process in bytes, cores that others kept busy, its output."""

    seconds: float
    memory: int
    others: float
    output: str


def run(command: Sequence[str | Path], *, until: float = 0.0, variables: dict[str, str] | None = None) -> Run:
    """Run a command; again if others disturbed it, up to a time of `time.monotonic`.

    Parameters
    ----------
    command : program and arguments
    until : how long it may be repeated
    variables : of the environment, beside those that hold the libraries of peers, which work in processes, to a thread
    """
    while True:
        disturbance = Disturbance()
        found = _once(list(map(str, command)), {**environment(threads=1), **(variables or {})})
        others = disturbance.cores()
        if others < LIMIT or time.monotonic() > until:
            return found._replace(others=others)
        wait_until_quiet(until)


def _once(command: list[str], variables: dict[str, str]) -> Run:
    """Run a command once; `ParticipantError` with its last words where it fails."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            lines = errors.read().decode(errors="replace").split("\n")
            last = [line.strip() for line in lines if line.strip()][-1:]
            raise ParticipantError(last[0] if last else f"ended with status {process.returncode}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Run(seconds, usage.ru_maxrss * unit, 0.0, output.read().decode(errors="replace"))
