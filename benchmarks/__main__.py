"""The command line: python -m benchmarks [SECTION...] [--data DIR] [--repeats 5] [--quick]."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.corpus import CorpusFiles
from benchmarks.machine import circumstances
from benchmarks.page import PAGE, SECTIONS, render
from benchmarks.participants import Pace, say
from benchmarks.results import save


def main() -> None:
    """Measure sections, keep their raw results, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed beside other libraries.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)}; all by default")
    parser.add_argument("--data", type=Path, help="folder with ner/bc5cdr and vectors; else the sample corpus")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each participant (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a turn (default: 1)")
    parser.add_argument(
        "--patience", type=float, default=300, help="seconds a comparison waits for other programs to rest (300)"
    )
    parser.add_argument("--quick", action="store_true", help="only see that all works, in short turns")
    parser.add_argument("--render", action="store_true", help="measure nothing, write the page from raw results")
    arguments = parser.parse_args()
    if unknown := set(arguments.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; choose from: {', '.join(SECTIONS)}")
    pace = Pace(arguments.repeats, arguments.seconds, arguments.patience)
    if arguments.quick:
        pace = Pace(repeats=2, seconds=0.2, patience=0, quick=True)
    if not arguments.render:
        measure(arguments.sections or list(SECTIONS), CorpusFiles(arguments.data), pace)
    say(f"written to {PAGE}: {', '.join(render())}")


def measure(sections: list[str], files: CorpusFiles, pace: Pace) -> None:
    """Measure sections one after the other."""
    for name in sections:
        say(f"== {name}")
        described = circumstances(sys.argv[1:], files.name)
        rows = import_module(f"benchmarks.sections.{name}").measure(files, pace)
        save(name, {"circumstances": described, "pace": asdict(pace), "rows": rows})


if __name__ == "__main__":
    main()
