"""What a measurement was made on, and with."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.worker import environment

__all__ = ["circumstances", "cores"]

PACKAGES = ("deltarule", "numpy", "scipy", "numba", "torch", "jax", "thinc", "spacy", "python-crfsuite", "scikit-learn")


def circumstances(arguments: list[str], data: str) -> dict[str, Any]:
    """Describe a run: processor, cores, memory, NumPy's library for products, versions, date, command, data."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "algebra": _algebra(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "date": date.today().isoformat(),
        "command": shlex.join(["python", "-m", "benchmarks", *_without_folder(arguments)]),
        "data": data,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _without_folder(arguments: list[str]) -> list[str]:
    """Write DATA for the folder of data, which lies elsewhere on every machine."""
    pairs = zip(["", *arguments], arguments, strict=False)
    return ["DATA" if before == "--data" else argument for before, argument in pairs]


def cores() -> int:
    """Count the cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> int | None:
    """Return the machine's memory in GB."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)
    except (AttributeError, ValueError, OSError):
        return None


def _algebra() -> str:
    """Return NumPy's library for products of matrices, and for which processor it multiplies here."""
    program = (
        "import numpy, threadpoolctl\n"
        "for found in threadpoolctl.threadpool_info():\n"
        "    if found['user_api'] == 'blas': print(found['internal_api'], 'for', found.get('architecture', '?'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment(1), capture_output=True, text=True, check=True
    )
    return run.stdout.partition("\n")[0] or "unknown"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
