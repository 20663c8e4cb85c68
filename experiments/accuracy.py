"""Accuracy of the tagger on public corpora, with default settings and with one thing changed: docs/results.md.

python experiments/accuracy.py DATA [--seeds 3] [--corpora bc5cdr,wikigold]
                                   [--settings members=1,hidden=300 context=false] [--settings-seeds 2]
                                   [--record accuracy.jsonl] [--write docs/results.md]

DATA holds ner/<name>/{train,dev,test}.conll, pos/<name>/{train,test}.conllu,
segmentation/<name>/{train,test}.conllu and vectors/*.txt.gz; docs/results.md says where to get them.
A record keeps what was measured: runs that it has are not repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter
from typing import Any

import numpy as np

import deltarule as dr

CORPORA = {
    "bc5cdr": "ner/bc5cdr",
    "ncbi-disease": "ner/ncbi-disease",
    "wikigold": "ner/wikigold",
    "wnut17": "ner/wnut17",
    "uner-ewt": "ner/uner-ewt",
    "ud-english-ewt": "pos/ud-english-ewt",
    "ud-chinese-gsdsimp": "segmentation/ud-chinese-gsdsimp",
}
DEFAULTS = ""
BEGIN, END = "<!-- begin: written by experiments/accuracy.py -->", "<!-- end -->"


@dataclass(frozen=True)
class Result:
    """One training run: what was trained, its test score in per cent, seconds of training, tokens tagged a second."""

    settings: str
    corpus: str
    seed: int
    score: float
    seconds: float
    speed: float


def settings_of(text: str) -> dict[str, Any]:
    """Read settings such as members=1,hidden=300,context=false."""
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    return {
        name: json.loads(value) if value[:1].isdigit() or value in ("true", "false") else value for name, value in pairs
    }


def run(data: Path, corpus: str, vectors: dr.WordVectors, settings: str, seed: int) -> Result:
    """Train and evaluate on the test part."""
    folder = data / CORPORA[corpus]
    suffix = "conllu" if (folder / "train.conllu").exists() else "conll"
    dev = folder / f"dev.{suffix}"
    own = {"unit": "character"} if CORPORA[corpus].startswith("segmentation") else {"vectors": vectors}
    started = perf_counter()
    tagger = dr.Tagger(**own, **settings_of(settings), seed=seed)
    tagger.fit(folder / f"train.{suffix}", dev=dev if dev.exists() else None)
    seconds = perf_counter() - started
    evaluation = tagger.evaluate(folder / f"test.{suffix}")
    score = evaluation.accuracy if CORPORA[corpus].startswith("pos") else evaluation.overall.f1
    return Result(settings, corpus, seed, 100 * score, seconds, evaluation.tokens_per_second or 0.0)


class Record:
    """Results, in a file of a line each where there is one."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
        self.results = [Result(**json.loads(line)) for line in lines]

    def of(self, settings: str, corpus: str) -> list[Result]:
        """Return the results of a setting on a corpus."""
        return [result for result in self.results if (result.settings, result.corpus) == (settings, corpus)]

    def add(self, result: Result) -> None:
        """Keep a result."""
        self.results.append(result)
        if self.file:
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")

    def has(self, settings: str, corpus: str, seed: int) -> bool:
        """Return whether there is the result of a run."""
        return any(result.seed == seed for result in self.of(settings, corpus))


def measure(record: Record, data: Path, corpora: list[str], settings: list[str], seeds: dict[str, int]) -> None:
    """Train on every corpus with every setting and seed that the record lacks."""
    vectors = dr.read_vectors(next((data / "vectors").glob("*.txt.gz")))
    for seed in range(max(seeds.values())):
        for own in settings:
            for corpus in corpora:
                if seed < seeds[own] and not record.has(own, corpus, seed):
                    record.add(run(data, corpus, vectors, own, seed))
                    print(record.results[-1], file=sys.stderr, flush=True)


def score(results: list[Result]) -> str:
    """Write mean and standard deviation of scores."""
    scores = [result.score for result in results]
    return f"{mean(scores):.1f}" + (f" ± {stdev(scores):.1f}" if len(scores) > 1 else "")


def of_defaults(record: Record, corpora: Iterable[str]) -> list[str]:
    """Write the table of default settings."""
    lines = ["| corpus | score | seconds of training | tokens tagged a second |", "| --- | ---: | ---: | ---: |"]
    for corpus in corpora:
        results = record.of(DEFAULTS, corpus)
        seconds, speed = mean(result.seconds for result in results), mean(result.speed for result in results)
        lines.append(f"| {corpus} | {score(results)} | {seconds:.0f} | {speed:,.0f} |")
    return lines


def of_changes(record: Record, corpora: list[str], settings: list[str]) -> list[str]:
    """Write the table of settings, a row for each."""
    lines = [f"| setting | {' | '.join(corpora)} |", "| --- |" + " ---: |" * len(corpora)]
    for own in settings:
        cells = [score(record.of(own, corpus)) for corpus in corpora]
        lines.append(f"| {f'`{own}`' if own else 'defaults'} | {' | '.join(cells)} |")
    return lines


def processor() -> str:
    """Name the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def tables(record: Record, corpora: list[str], settings: list[str], seeds: dict[str, int]) -> str:
    """Return both tables in Markdown."""
    lines = [
        f"Mean and standard deviation of {seeds[DEFAULTS]} seeds; F1 in per cent (accuracy for ud-english-ewt);"
        " seconds of training on all cores, without reading the vectors.",
        "",
        *of_defaults(record, corpora),
    ]
    if len(settings) > 1:
        lines += ["", "With other settings; a figure without a spread is that of one seed:", ""]
        lines += of_changes(record, corpora, settings)
    lines += ["", f"{date.today()}, {os.cpu_count()} cores ({processor()}), Python {platform.python_version()},"]
    lines[-1] += f" NumPy {np.__version__}, deltarule {dr.__version__}."
    return "\n".join(lines)


def main() -> None:
    """Run the experiments and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3, help="with default settings")
    parser.add_argument("--corpora", default=",".join(CORPORA))
    parser.add_argument("--settings", nargs="*", default=[], help="such as members=1,hidden=300")
    parser.add_argument("--settings-seeds", type=int, default=2)
    parser.add_argument("--record", type=Path, help="file of results, a line each")
    parser.add_argument("--write", type=Path, help="file whose part between the two marks is replaced")
    arguments = parser.parse_args()
    corpora, settings = arguments.corpora.split(","), [DEFAULTS, *arguments.settings]
    seeds = {own: arguments.settings_seeds if own else arguments.seeds for own in settings}
    record = Record(arguments.record)
    measure(record, arguments.data, corpora, settings, seeds)
    written = tables(record, corpora, settings, seeds)
    print(written)
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        arguments.write.write_text(f"{before}{BEGIN}\n{written}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
