"""deltarule vectors: word vectors learned from plain text, and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from deltarule.cli.display import output, print_json, print_table, progress_bar
from deltarule.cli.options import Encoding, Json, Threads
from deltarule.cli.training import say
from deltarule.errors import InputError
from deltarule.text import read_vectors
from deltarule.text.vector_files import check_vector_file
from deltarule.vectors import VectorConfig, VectorProgress, VectorReport, train_vectors

__all__ = ["nearest", "train"]


def _default_of(name: str) -> str:
    return str(VectorConfig.model_fields[name].default)


def _setting(name: str) -> Any:
    """Return the option of a setting."""
    return typer.Option(help=VectorConfig.model_fields[name].description, show_default=_default_of(name))


def train(
    texts: Annotated[list[Path], typer.Argument(metavar="TEXT...", help="Plain text; gzip allowed.")],
    file: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Ends in .txt, .vec (.gz) or .safetensors.")
    ],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from FILE.checkpoint, where training was interrupted.")
    ] = False,
    dimension: Annotated[int | None, _setting("dimension")] = None,
    window: Annotated[int | None, _setting("window")] = None,
    hidden: Annotated[int | None, _setting("hidden")] = None,
    margin: Annotated[float | None, _setting("margin")] = None,
    epochs: Annotated[int | None, _setting("epochs")] = None,
    minimum_count: Annotated[int | None, _setting("minimum_count")] = None,
    subsample: Annotated[float | None, _setting("subsample")] = None,
    power: Annotated[float | None, _setting("power")] = None,
    batch: Annotated[int | None, _setting("batch")] = None,
    learning_rate: Annotated[float | None, _setting("learning_rate")] = None,
    scale: Annotated[float | None, _setting("scale")] = None,
    seed: Annotated[int | None, _setting("seed")] = None,
    show: Annotated[
        str | None,
        typer.Option(help="Words whose neighbours are shown, as king,whale.", show_default="some frequent ones"),
    ] = None,
    encoding: Encoding = "utf-8",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Learn word vectors from unlabelled text; Ctrl-C keeps what was learned, and --resume goes on."""
    check_vector_file(file)
    options = {
        "dimension": dimension,
        "window": window,
        "hidden": hidden,
        "margin": margin,
        "epochs": epochs,
        "minimum_count": minimum_count,
        "subsample": subsample,
        "power": power,
        "batch": batch,
        "learning_rate": learning_rate,
        "scale": scale,
        "seed": seed,
    }
    settings = VectorConfig.checked({name: value for name, value in options.items() if value is not None})
    checkpoint = file.with_name(f"{file.name}.checkpoint")
    with _Display(settings.epochs, quiet=json) as display:
        try:
            vectors = train_vectors(
                texts,
                encoding=encoding,
                show=None if show is None else [word for word in show.split(",") if word],
                checkpoint=checkpoint,
                resume=resume,
                threads=threads,
                progress=display.progress,
                **settings.model_dump(),
            )
        except KeyboardInterrupt:
            if checkpoint.exists():
                say(f"training stopped; where it stands is in {checkpoint}: the same command with --resume goes on")
            raise
    vectors.save(file)
    if json:
        rows = {"vectors": str(file), "words": len(vectors), "dimension": vectors.dimension, "reports": display.rows}
        print_json(rows)
    else:
        say(
            f"{len(vectors):,} vectors of {vectors.dimension} written to {file}; next: deltarule vectors nearest {file}"
            f" WORD, or: deltarule train TRAIN --vectors {file} -o MODEL"
        )


def nearest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Word vectors: any file that train --vectors takes.")],
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words to look up.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Neighbours of each word.")] = 10,
    json: Json = False,
) -> None:
    """Show the words whose vectors point most nearly the same way, by cosine."""
    vectors = read_vectors(file)
    try:
        found = {word: vectors.nearest(word, count) for word in words}
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
    if json:
        print_json({word: [{"word": near, "cosine": cosine} for near, cosine in row] for word, row in found.items()})
        return
    print_table(
        ("word", "neighbour", "cosine"),
        [[word, near, f"{cosine:.3f}"] for word, row in found.items() for near, cosine in row],
    )


class _Display:
    """Shows training as it goes: a bar, and a row with neighbours at each report; `quiet` only collects rows."""

    def __init__(self, epochs: int, quiet: bool) -> None:
        self.epochs, self.quiet = epochs, quiet
        self.rows: list[dict[str, Any]] = []
        self.progress = VectorProgress(self._reading, self._step, self._report)
        self._bar = progress_bar()
        self._task = self._bar.add_task("starting", total=1.0)

    def __enter__(self) -> _Display:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _reading(self, fraction: float) -> None:
        self._bar.update(self._task, description="reading text", completed=fraction)

    def _step(self, epoch: int, done: float, speed: float, violators: float | None) -> None:
        share = "" if violators is None else f", {100 * violators:.0f}% violators"
        text = f"epoch {epoch} of {self.epochs}, {speed:,.0f} windows/s{share}"
        self._bar.update(self._task, description=text, completed=done)

    def _report(self, report: VectorReport) -> None:
        row = {
            "epoch": report.epoch,
            "loss": report.loss,
            "violators": report.violators,
            "windows": report.windows,
            "seconds": report.seconds,
            "windows_per_second": report.windows_per_second,
            "neighbours": report.neighbours,
        }
        self.rows.append(row)
        if not self.quiet:
            self._print(report)

    def _print(self, report: VectorReport) -> None:
        """Print a row of the table, and neighbours below it."""
        if len(self.rows) == 1:
            names = ("epoch", "loss", "violators", "windows/s", "seconds")
            output.print("".join(f"{name:>12}" for name in names), style="bold")
        violators = "–" if report.violators is None else f"{100 * report.violators:.1f}%"
        cells = [f"{report.epoch:g}" if report.epoch == round(report.epoch) else f"{report.epoch:.2f}"]
        cells += [f"{report.loss:.4f}", violators, f"{report.windows_per_second:,.0f}", f"{report.seconds:.1f}"]
        output.print("".join(f"{cell:>12}" for cell in cells))
        for word, neighbours in report.neighbours.items():
            output.print(f"{word:>12}: {', '.join(neighbours)}", style="dim", markup=False, soft_wrap=True)
