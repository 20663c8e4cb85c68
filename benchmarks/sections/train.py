"""Wall time of `deltarule train` to its score on test data, and seconds an epoch against the size of the corpus."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import deltarule as dr
from benchmarks.commands import run
from benchmarks.corpus import CorpusFiles
from benchmarks.participants import Pace, say

__all__ = ["measure"]

COPIES = (1, 2, 4, 8)
EPOCHS = 2  # of the training of which the last is timed


def measure(files: CorpusFiles, pace: Pace) -> list[dict[str, Any]]:
    """Train on the corpus with different seeds, then on copies of it, in turns."""
    until = time.monotonic() + pace.patience
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first_use = time_first_use(files, folder)
        whole = [train_whole(files, folder, seed, until, pace.quick) for seed in range(pace.repeats)]
        runs = [result for result, _ in whole]
        rows: list[dict[str, Any]] = [
            {
                "runs": runs,
                "epochs": len(whole[0][1]),
                "first_use": first_use,
                "participants": [{"others": [run["others"] for run in runs]}],
            }
        ]
        sizes = [copied(files, folder, copies) for copies in (COPIES[:2] if pace.quick else COPIES)]
        rows += sizes
        for _ in range(pace.repeats):
            for size in sizes:
                time_epoch(files, folder, size, until)
        for size in sizes:
            size["participants"] = [{"others": size.pop("others")}]
            del size["file"]
        return rows


def command(files: CorpusFiles, corpus: Path, model: Path, *options: str) -> list[str | Path]:
    """Return the command that trains a model."""
    vectors: list[str | Path] = ["--vectors", files.vectors] if files.vectors else []
    deltarule = Path(sys.executable).parent / "deltarule"
    return [deltarule, "train", corpus, *vectors, "-o", model, "--json", *options]


def time_first_use(files: CorpusFiles, folder: Path) -> dict[str, float]:
    """Return the wall time of one epoch with an empty cache of compiled kernels, and with a filled one."""
    training = command(files, files.part("train"), folder / "first", "--epochs", "1")
    empty, filled = (
        run(training, variables={"NUMBA_CACHE_DIR": str(folder / "kernels")}).seconds for _ in ("empty", "filled")
    )
    say(f"  one epoch: {empty:.1f} s at the first use, {filled:.1f} s after it")
    run(training)  # so that kernels are compiled where the measured runs look for them
    return {"empty": empty, "filled": filled}


def train_whole(
    files: CorpusFiles, folder: Path, seed: int, until: float, quick: bool
) -> tuple[dict[str, Any], list[Any]]:
    """Train with default settings; return seconds and score on the test part, and the epochs."""
    model = folder / f"model{seed}"
    fast = ["--epochs", "1"] if quick else []
    training = command(files, files.part("train"), model, "--dev", str(files.part("dev")), "--seed", str(seed), *fast)
    done = run(training, until=until)
    f1 = dr.load(model).evaluate(files.part("test")).overall.f1
    say(f"  seed {seed}: {done.seconds:.1f} s, F1 {100 * f1:.1f}")
    return {"seconds": done.seconds, "f1": f1, "others": done.others}, json.loads(done.output)["epochs"]


def copied(files: CorpusFiles, folder: Path, copies: int) -> dict[str, Any]:
    """Write the training file several times over."""
    text = files.part("train").read_text(encoding="utf-8").strip("\n")
    path = folder / f"train{copies}.conll"
    path.write_text("\n\n".join([text] * copies) + "\n", encoding="utf-8")
    return {"copies": copies, "tokens": len(dr.read_corpus(path)), "file": path, "seconds": [], "others": []}


def time_epoch(files: CorpusFiles, folder: Path, size: dict[str, Any], until: float) -> None:
    """Train for a few epochs and take the seconds of the last."""
    done = run(command(files, size["file"], folder / "copies", "--epochs", str(EPOCHS)), until=until)
    size["seconds"].append(json.loads(done.output)["epochs"][-1]["seconds"])
    size["others"].append(done.others)
    say(f"  {size['copies']}×: {size['seconds'][-1]:.2f} s an epoch")
