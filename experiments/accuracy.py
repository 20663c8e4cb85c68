"""Accuracy of the tagger with default settings on public corpora: the table of docs/results.md.

python experiments/accuracy.py DATA [--seeds 3] [--corpora bc5cdr,wikigold] [--objectives softmax,max-margin]
                                   [--write docs/results.md]

DATA holds ner/<name>/{train,dev,test}.conll, pos/<name>/{train,test}.conllu and vectors/*.txt.gz; docs/results.md says
where to get them.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import date
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter
from typing import NamedTuple

import numpy as np

import deltarule as dr

CORPORA = {
    "bc5cdr": "ner/bc5cdr",
    "ncbi-disease": "ner/ncbi-disease",
    "wikigold": "ner/wikigold",
    "wnut17": "ner/wnut17",
    "uner-ewt": "ner/uner-ewt",
    "ud-english-ewt": "pos/ud-english-ewt",
}
BEGIN, END = "<!-- begin: written by experiments/accuracy.py -->", "<!-- end -->"


class Result(NamedTuple):
    """The test score of one training run in per cent, seconds of training, and tokens tagged a second."""

    score: float
    seconds: float
    speed: float


def run(folder: Path, vectors: dr.WordVectors, objective: str, seed: int) -> Result:
    """Train with default settings and evaluate on the test part."""
    suffix = "conllu" if (folder / "train.conllu").exists() else "conll"
    dev = folder / f"dev.{suffix}"
    started = perf_counter()
    tagger = dr.Tagger(vectors=vectors, objective=objective, seed=seed)
    tagger.fit(folder / f"train.{suffix}", dev=dev if dev.exists() else None)
    seconds = perf_counter() - started
    evaluation = tagger.evaluate(folder / f"test.{suffix}")
    score = evaluation.accuracy if suffix == "conllu" else evaluation.overall.f1
    return Result(100 * score, seconds, evaluation.tokens_per_second or 0.0)


def row(name: str, results: dict[str, list[Result]]) -> str:
    """Write the results of a corpus as a row of the table."""
    cells = []
    for runs in results.values():
        scores = [result.score for result in runs]
        spread = f" ± {stdev(scores):.1f}" if len(scores) > 1 else ""
        cells += [f"{mean(scores):.1f}{spread}", f"{mean(result.seconds for result in runs):.0f}"]
    speed = mean(result.speed for runs in results.values() for result in runs)
    return f"| {name} | {' | '.join(cells)} | {speed:,.0f} |"


def table(data: Path, corpora: list[str], objectives: list[str], seeds: int) -> str:
    """Train on every corpus with every objective and seed; return the table in Markdown."""
    vectors = dr.read_vectors(next((data / "vectors").glob("*.txt.gz")))
    heads = " | ".join(f"{objective} | seconds" for objective in objectives)
    lines = [
        f"Mean and standard deviation of {seeds} seeds; F1 in per cent (accuracy for ud-english-ewt); seconds of"
        " training, without reading the vectors; tokens tagged a second.",
        "",
        f"| corpus | {heads} | tokens/s |",
        "| --- |" + " ---: |" * (2 * len(objectives) + 1),
    ]
    for name in corpora:
        results = {o: [run(data / CORPORA[name], vectors, o, seed) for seed in range(seeds)] for o in objectives}
        lines.append(row(name, results))
        print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", f"{date.today()}, {os.cpu_count()} cores ({processor()}), Python {platform.python_version()},"]
    lines[-1] += f" NumPy {np.__version__}, deltarule {dr.__version__}."
    return "\n".join(lines)


def processor() -> str:
    """Name the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    """Run the experiments and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--corpora", default=",".join(CORPORA))
    parser.add_argument("--objectives", default="softmax,max-margin")
    parser.add_argument("--write", type=Path, help="file whose part between the two marks is replaced")
    arguments = parser.parse_args()
    written = table(arguments.data, arguments.corpora.split(","), arguments.objectives.split(","), arguments.seeds)
    print(written)
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        arguments.write.write_text(f"{before}{BEGIN}\n{written}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
