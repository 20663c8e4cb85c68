"""Training with a progress bar and a table that grows by a row an epoch."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from rich.progress import Progress as Bar

from deltarule.cli.display import output, progress_bar, status
from deltarule.tagging import Evaluation, Progress
from deltarule.training import Epoch

__all__ = ["TrainingDisplay"]

_SCORES = ("precision", "recall", "f1", "accuracy")


class TrainingDisplay(AbstractContextManager["TrainingDisplay"]):
    """Shows training as it goes; with `quiet` it only collects the rows.

    Attributes
    ----------
    progress : the functions for `Tagger.fit`
    rows : a dict for each epoch
    """

    def __init__(self, epochs: int, quiet: bool = False) -> None:
        self.epochs, self.quiet = epochs, quiet
        self.rows: list[dict[str, Any]] = []
        self.progress = Progress(self._vectors, self._step, self._epoch)
        self._bar: Bar = progress_bar()
        self._task = self._bar.add_task("starting", total=1.0)

    def __enter__(self) -> TrainingDisplay:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def _vectors(self, fraction: float) -> None:
        self._bar.update(self._task, description="reading vectors", completed=fraction)

    def _step(self, epoch: int, fraction: float) -> None:
        self._bar.update(self._task, description=f"epoch {epoch} of {self.epochs}", completed=fraction)

    def _epoch(self, epoch: Epoch, evaluation: Evaluation | None) -> None:
        row: dict[str, Any] = {"epoch": epoch.number, "loss": epoch.loss, "seconds": epoch.seconds, "best": epoch.best}
        if evaluation:
            figures = evaluation.as_dict()
            row |= {name: figures[name] for name in ("precision", "recall", "f1", "accuracy")}
        if epoch.violators is not None:
            row["violators"] = epoch.violators
        self.rows.append(row)
        if not self.quiet:
            self._print(row)

    def _print(self, row: dict[str, Any]) -> None:
        """Print a row of the table at once, so that nobody has to wait for the last epoch."""
        # Under a max-margin objective: the share of tokens that training still works on.
        margin = [f"{100 * row['violators']:.1f}%"] if "violators" in row else []
        if len(self.rows) == 1:
            names = ["epoch", "loss", *["violators"] * len(margin), *_SCORES[:2], "F1", "accuracy", "seconds"]
            output.print("".join(f"{name:>{80 // len(names)}}" for name in names), style="bold")
        scores = [row.get(name) for name in _SCORES]
        cells = [f"{row['epoch']}", f"{row['loss']:.4f}", *margin]
        cells += ["–" if score is None else f"{100 * score:.2f}" for score in scores]
        cells.append(f"{row['seconds']:.1f}")
        line = "".join(f"{cell:>{80 // len(cells)}}" for cell in cells)
        output.print(line, style="green" if row["best"] and row.get("f1") is not None else None)


def say(message: str) -> None:
    """Tell the user something that is not a result."""
    status.print(message, markup=False, soft_wrap=True)
