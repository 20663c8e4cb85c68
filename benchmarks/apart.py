"""What cores do that never wait for each other: a training of the tagger on each, in a process of its own.

python -m benchmarks.apart [--data DIR] [--batch 2048] [--objective softmax]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.machine import cores
from benchmarks.ours import TaggerTraining

__all__ = ["rate", "rates_apart"]

SECONDS = 3.0


def rate(data: Path | None, batch: int, objective: str, threads: int = 1, seconds: float = SECONDS) -> float:
    """Return the windows a second of a training, after an epoch under max-margin."""
    settings = {
        "data": data and str(data), "batch": batch, "objective": objective, "context": False, "threads": threads,
        "epochs_before": int(objective == "max-margin"),
    }  # fmt: skip
    training = TaggerTraining(settings)
    training.warm_up()
    began, windows = perf_counter(), 0
    while perf_counter() - began < seconds:
        windows += training.step()
    return windows / (perf_counter() - began)


def rates_apart(data: Path | None, batch: int, objective: str, count: int, seconds: float = SECONDS) -> list[float]:
    """Return the windows a second of so many trainings, each on one thread, all at once."""
    command = [sys.executable, "-m", "benchmarks.apart", "--one", "--batch", str(batch), "--objective", objective]
    command += ["--seconds", str(seconds), *(["--data", str(data)] if data else [])]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [float(process.communicate()[0]) for process in processes]


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.apart", description="Train on each core by itself.")
    parser.add_argument("--data", type=Path, help="folder with ner/bc5cdr and vectors; else the sample corpus")
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--objective", default="softmax", choices=["softmax", "max-margin", "crf"])
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--one", action="store_true", help="print the rate of one training on one thread, and no more")
    arguments = parser.parse_args()
    given = arguments.data, arguments.batch, arguments.objective
    if arguments.one:
        print(rate(*given, seconds=arguments.seconds))
        return
    ways = {
        "one thread": rate(*given, seconds=arguments.seconds),
        "all cores on one training": rate(*given, threads=cores(), seconds=arguments.seconds),
        "a training on each core": sum(rates_apart(*given, cores(), seconds=arguments.seconds)),
    }
    for name, windows in ways.items():
        print(f"{windows:9,.0f} windows a second, {name}")


if __name__ == "__main__":
    main()
