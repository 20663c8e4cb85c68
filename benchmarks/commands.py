"""Whole commands, timed from start to end, with the memory that they took."""

from __future__ import annotations

import json
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
    with tempfile.TemporaryDirectory() as directory:
        report, output, errors = (Path(directory, name) for name in ("report", "output", "errors"))
        with output.open("wb") as written, errors.open("wb") as complained:
            runner = [sys.executable, "-m", "benchmarks.one_command", str(report), *command]
            status = subprocess.call(runner, stdout=written, stderr=complained, env=variables)
        if status:
            lines = errors.read_text(encoding="utf-8", errors="replace").split("\n")
            last = [line.strip() for line in lines if line.strip()][-1:]
            raise ParticipantError(last[0] if last else f"ended with status {status}")
        seconds, memory = json.loads(report.read_text(encoding="utf-8"))
        return Run(seconds, memory, 0.0, output.read_text(encoding="utf-8", errors="replace"))
