"""How busy other programs keep the machine: a turn that they disturb is no measurement."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["LIMIT", "Disturbance", "wait_until_quiet"]

LIMIT = 0.1  # of a core


class Disturbance:
    """Measures the cores that all but one process kept busy since it began; none where the system does not tell.

    Parameters
    ----------
    process : its number; its threads count with it
    """

    def __init__(self, process: int | None = None) -> None:
        self._process = process
        self._began, self._others = time.perf_counter(), self._seconds_of_others()

    def cores(self) -> float:
        """Return how many cores others kept busy."""
        seconds = self._seconds_of_others() - self._others
        return max(0.0, seconds / (time.perf_counter() - self._began))

    def _seconds_of_others(self) -> float:
        try:
            busy = _busy_seconds()
            return busy - sum(map(_processor_seconds, ["self", *([self._process] if self._process else [])]))
        except OSError:
            return 0.0


def wait_until_quiet(until: float) -> None:
    """Wait until others rest for a second, or until a time of `time.monotonic`."""
    while time.monotonic() < until:
        disturbance = Disturbance()
        time.sleep(1)
        if disturbance.cores() < LIMIT:
            return


def _busy_seconds() -> float:
    """Return the seconds that all cores together were busy since the system began."""
    user, nice, system, _, _, irq, soft_irq, steal = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    return (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK")


def _processor_seconds(process: int | str) -> float:
    """Return the seconds that a process with all its threads and ended children used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
