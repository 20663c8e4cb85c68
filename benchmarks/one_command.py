"""Runs a command and writes down what it took: python -m benchmarks.one_command REPORT COMMAND...

A process begins with the peak memory of the one that starts it, so that one has to be small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["main"]


def main(report: str, *command: str) -> int:
    """Write seconds of wall time, and the peak memory of the largest process in bytes; return the command's status."""
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    Path(report).write_text(json.dumps([seconds, usage.ru_maxrss * unit]), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
