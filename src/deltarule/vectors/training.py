"""The training of word vectors: epochs over a text, with reports on the way and checkpoints to go on from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.cores import one_thread_of_algebra
from deltarule.graph import Array
from deltarule.text import FilePath, WordVectors
from deltarule.training.schedules import LinearDecay
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import AdaGrad
from deltarule.vectors.checkpoint import Checkpoint
from deltarule.vectors.config import VectorConfig
from deltarule.vectors.interrupts import interrupts_held
from deltarule.vectors.numbered_text import NumberedText
from deltarule.vectors.window_pairs import WindowPairs
from deltarule.vectors.window_ranking import WindowRanking

__all__ = ["VectorProgress", "VectorReport", "train_vectors"]

_SHOWN_RANKS = (100, 300, 1000, 3000)  # of words whose neighbours are shown, where nobody chose any
_NEIGHBOURS = 5


@dataclass(frozen=True)
class VectorReport:
    """How the training of vectors goes; the figures are those since the report before.

    Attributes
    ----------
    epoch : passes over the text that are done, 2.5 in the middle of the third
    loss : mean J of the windows
    violators : share of the windows that did not beat their corruption by Δ; ``None`` without kernels
    windows : how many true windows were trained on
    seconds : how long that took
    neighbours : the nearest words of some words
    """

    epoch: float
    loss: float
    violators: float | None
    windows: int
    seconds: float
    neighbours: dict[str, list[str]]

    @property
    def windows_per_second(self) -> float:
        """Return the speed."""
        return self.windows / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class VectorProgress:
    """Functions that are called while vectors are learned; each may be left out.

    Attributes
    ----------
    reading : with the fraction of the files that were read
    step : with the epoch, the fraction of all epochs that is done, windows a second, and the share of violators
    report : with a `VectorReport` at the end of each epoch, and about every `every` seconds
    every : seconds between reports, and between checkpoints
    """

    reading: Callable[[float], None] | None = None
    step: Callable[[int, float, float, float | None], None] | None = None
    report: Callable[[VectorReport], None] | None = None
    every: float = 60.0


def train_vectors(
    texts: FilePath | Sequence[FilePath],
    *,
    encoding: str = "utf-8",
    show: Sequence[str] | None = None,
    checkpoint: FilePath | None = None,
    resume: bool = False,
    threads: int | None = None,
    progress: VectorProgress | None = None,
    **settings: Any,
) -> WordVectors:
    """Learn word vectors from plain text: its windows should score Δ higher than with another word in the middle.

    J = max(0, Δ + s_c − s), s = Uᵀ tanh(W x + b) for the vectors x of a window, end to end; by AdaGrad (Collobert and
    Weston 2008). Words are folded as the tagger folds them: lower case, 0 for every digit. The text is divided once
    and kept as numbers in a temporary file; memory does not grow with it, but for its distinct words.

    Parameters
    ----------
    texts : files of plain text, gzip or not
    encoding : of the files
    show : words whose neighbours are reported; some that are frequent by default
    checkpoint : file to write now and then, from which training can go on; it is deleted at the end
    resume : whether to go on from the checkpoint; the result is that of training without interruption, to the last bit
    threads : how many share the work, all cores for ``None``; the result does not depend on it
    progress : functions to call on the way
    settings : any field of `VectorConfig`, such as dimension=50, window=5, epochs=20

    Returns
    -------
    WordVectors
        The most frequent word first.

    Raises
    ------
    InputError
        For texts or settings that cannot be used; where there is a checkpoint and `resume` is not set, so that it is
        not lost.
    NonFiniteError
        When the loss becomes NaN or infinite.
    KeyboardInterrupt
        At Ctrl-C, when the step is done and the checkpoint written.

    Examples
    --------
    >>> import deltarule as dr, tempfile, pathlib
    >>> text = pathlib.Path(tempfile.mkdtemp()) / "text.txt"
    >>> _ = text.write_text("The cat sat. The dog sat. A cat ran. A dog ran. The cat ran. " * 20)
    >>> vectors = dr.train_vectors(text, dimension=8, hidden=10, epochs=5)
    >>> vectors.words[:3], vectors.dimension
    (('.', 'cat', 'ran'), 8)
    """
    config = VectorConfig.checked(settings)
    progress = progress or VectorProgress()
    texts = [texts] if isinstance(texts, str | Path) or not isinstance(texts, Sequence) else list(texts)
    if not texts:
        raise InputError("there is no text to learn from; name at least one file")
    if checkpoint is not None and not resume and Path(checkpoint).exists():
        raise InputError(
            f"{checkpoint}: this is where an interrupted training stands; go on from it with --resume (resume=True), or"
            " delete it"
        )
    with NumberedText(texts, config.minimum_count, encoding=encoding, progress=progress.reading) as text:
        run = _Run(text, config, threads, progress, checkpoint, show)
        if resume:
            if checkpoint is None:
                raise InputError("to resume, name the checkpoint")
            run.resume(Checkpoint.read(checkpoint, config, text.digest))
        with one_thread_of_algebra():
            run.finish()
        if checkpoint is not None:
            Path(checkpoint).unlink(missing_ok=True)
        return run.vectors()


def scaled(matrix: Array, scale: float) -> Array:
    """Scale vectors so that the root mean square of all entries is as asked for; cosines stay as they are.

    Examples
    --------
    >>> scaled(np.array([[3.0, -3.0]]), 0.2)
    array([[ 0.2, -0.2]], dtype=float32)
    """
    size = float(np.sqrt(np.mean(np.square(matrix, dtype=np.float64))))
    return (matrix * (scale / size if size else 1.0)).astype(np.float32)


@dataclass
class _Tally:
    """What happened since the last report."""

    windows: int = 0
    loss: float = 0.0
    violators: float | None = None
    began: float = field(default_factory=perf_counter)

    def add(self, windows: int, loss: float, violators: float | None) -> None:
        self.windows += windows
        self.loss += windows * loss
        if violators is not None:
            self.violators = (self.violators or 0.0) + windows * violators

    @property
    def seconds(self) -> float:
        return perf_counter() - self.began


class _Run:
    """A training from its first or some later step to its last."""

    def __init__(
        self,
        text: NumberedText,
        config: VectorConfig,
        threads: int | None,
        progress: VectorProgress,
        checkpoint: FilePath | None,
        show: Sequence[str] | None,
    ) -> None:
        self.text, self.config, self.progress, self.checkpoint = text, config, progress, checkpoint
        self.pairs = WindowPairs(text, config)
        self.network = WindowRanking(config, len(text.vocabulary))
        self.trainer = Trainer(
            self.network.loss,
            AdaGrad(config.learning_rate),
            schedule=LinearDecay(),
            steps=config.epochs * self.pairs.steps_an_epoch,
            threads=threads,
        )
        self.epoch, self.batches = 1, 0
        self.show = _shown(text.vocabulary.entries) if show is None else list(show)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint."""
        self.trainer.restore(checkpoint.state)
        self.epoch, self.batches = checkpoint.epoch, checkpoint.batches

    def finish(self) -> None:
        """Train to the end, or until Ctrl-C."""
        with interrupts_held() as interrupted:
            while self.epoch <= self.config.epochs:
                self._finish_epoch(interrupted)

    def vectors(self) -> WordVectors:
        """Return the vectors as they are now."""
        entries = self.text.vocabulary.entries
        table: Array = self.network.table.value
        return WordVectors(entries, scaled(table[len(table) - len(entries) :], self.config.scale))

    def _finish_epoch(self, interrupted: Callable[[], bool]) -> None:
        """Take the steps of an epoch that are left."""
        tally = _Tally()
        for feeds in self.pairs.batches(self.epoch, self.batches):
            loss = self.trainer.step(feeds)
            self.batches += 1
            tally.add(len(feeds["true"]), loss, self.trainer.violators)
            if self.progress.step:
                speed = tally.windows / max(tally.seconds, 1e-9)
                self.progress.step(self.epoch, self._done(), speed, self.trainer.violators)
            if interrupted():
                self._write_checkpoint()
                raise KeyboardInterrupt
            if tally.seconds > self.progress.every:
                self._write_checkpoint()
                self._report(tally)
                tally = _Tally()
        self.epoch, self.batches = self.epoch + 1, 0
        self._write_checkpoint()
        self._report(tally)

    def _done(self) -> float:
        """Return the share of all epochs that is done."""
        return (self.epoch - 1 + min(1.0, self.batches / self.pairs.steps_an_epoch)) / self.config.epochs

    def _write_checkpoint(self) -> None:
        if self.checkpoint is not None:
            state = Checkpoint(self.epoch, self.batches, self.trainer.state())
            state.write(self.checkpoint, self.config, self.text.digest)

    def _report(self, tally: _Tally) -> None:
        """Tell how it goes, if anybody asks and anything has been done."""
        if not self.progress.report or not tally.windows:
            return
        seconds, vectors = tally.seconds, self.vectors()
        neighbours = {word: [near for near, _ in vectors.nearest(word, _NEIGHBOURS)] for word in self.show}
        violators = None if tally.violators is None else tally.violators / tally.windows
        epoch = self._done() * self.config.epochs
        loss = tally.loss / tally.windows
        self.progress.report(VectorReport(epoch, loss, violators, tally.windows, seconds, neighbours))


def _shown(words: Sequence[str]) -> list[str]:
    """Choose words whose neighbours tell something: rather frequent ones of four letters or more."""
    candidates = [word for word in words[: 4 * _SHOWN_RANKS[-1]] if len(word) > 3 and word.isalpha()]
    return [candidates[rank] for rank in _SHOWN_RANKS if rank < len(candidates)] or candidates[:1]
