"""deltarule demo: everything once, on the sample corpus."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import which
from typing import Annotated

import typer

from deltarule.cli.display import coloured, output
from deltarule.cli.evaluate import show_evaluation
from deltarule.cli.options import Threads
from deltarule.cli.training import TrainingDisplay
from deltarule.data import sample_corpus
from deltarule.model_directories import check_writable
from deltarule.tagging import Tagger

__all__ = ["DEMO_SENTENCE", "demo"]

DEMO_SENTENCE = "Museums in Paris are amazing"


def demo(
    model: Annotated[Path, typer.Option("--model", "-o", help="Directory to write the model to.")] = Path("demo-model"),
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
    threads: Threads = None,
) -> None:
    """Train on the sample corpus, evaluate on held-out sentences and tag one."""
    check_writable(model)
    sample = sample_corpus()
    output.print(
        f"Training on {sample.train.sentences:,} sentences of the sample corpus"
        f" ({len(sample.train):,} words; persons, places, organisations, other names):"
    )
    tagger = Tagger(seed=seed)
    with TrainingDisplay(tagger.config.epochs) as display:
        tagger.fit(sample.train, dev=sample.dev, threads=threads, progress=display.progress)
    output.print(f"\nOn {sample.test.sentences} sentences that it has never seen:")
    show_evaluation(tagger.evaluate(sample.test, threads=threads))
    tagged = tagger.tag(DEMO_SENTENCE)
    output.print("\nTagging a sentence:")
    output.print(coloured(tagged) if output.is_terminal else str(tagged), markup=False)
    tagger.save(model)
    command = _command()
    output.print(
        f"\nThe model is in {model}. Next, type:\n"
        f'  echo "Ada Lovelace met Babbage in London." | {command} tag {model} --format text\n'
        f"  {command} check {model}\n"
        f"  {command} train TRAIN.conll --dev DEV.conll -o MODEL        (your own labels)",
        markup=False,
        soft_wrap=True,
    )


def _command() -> str:
    """Return what to type to run this program: its name where the shell finds it, else its path."""
    program = Path(sys.argv[0])
    return "deltarule" if which("deltarule") or program.name != "deltarule" else os.path.relpath(program)
