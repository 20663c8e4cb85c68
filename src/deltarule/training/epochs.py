"""Training over epochs: batches, a score on development data after each, the best parameters kept, early stopping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from deltarule.errors import InputError, NonFiniteError
from deltarule.execution.cores import one_thread_of_algebra
from deltarule.execution.reference import Feeds
from deltarule.graph import Array, Parameter
from deltarule.training.stack import Stack
from deltarule.training.trainer import Trainer

__all__ = ["Epoch", "History", "Watch", "best_epoch_kept"]


@dataclass(frozen=True)
class Epoch:
    """What one epoch did.

    Attributes
    ----------
    number : of the epoch, from 1
    loss : mean loss of its batches
    score : on development data, higher is better; ``None`` without such data
    seconds : time of the training part
    best : whether its score is the best so far
    violators : mean share of a batch that violated its margin; ``None`` where the objective has no margin, or where the
        reference interpreter took the steps
    """

    number: int
    loss: float
    score: float | None
    seconds: float
    best: bool
    violators: float | None = None


Watch = Callable[[Trainer, Sequence[Feeds], Epoch | None], None]
"""Looks at a training: called with a few batches, always the same, before the first epoch (``None``) and after each."""


@dataclass
class History:
    """All epochs of a training run.

    Attributes
    ----------
    epochs : in order
    best : the epoch whose parameters were kept
    """

    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch | None:
        """The last epoch that was the best so far."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.best), None)


def best_epoch_kept(
    trainer: Trainer,
    batches: Callable[[int], Iterable[Feeds | Stack]],
    epochs: int,
    *,
    score: Callable[[], float] | None = None,
    patience: int | None = None,
    on_step: Callable[[int, float], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    history: History | None = None,
) -> History:
    """Train for some epochs and leave the parameters of the best one in place.

    Parameters
    ----------
    trainer : takes the steps
    batches : feeds of an epoch's batches, given its number from 1
    epochs : how many at most
    score : value on development data, higher is better; without it the last epoch is the best
    patience : stop after so many epochs without a better score; ``None`` never stops early
    on_step : called after each step with its number in the epoch and its loss
    on_epoch : called after each epoch
    history : an empty one to fill, which then also knows the epochs before an error or an interruption

    Raises
    ------
    NonFiniteError
        When the loss, a gradient or a parameter becomes NaN or infinite. The parameters of the best epoch so far are in
        place.
    """
    if epochs < 1:
        raise InputError(f"training needs at least one epoch, not {epochs}")
    if patience is not None and patience < 1:
        raise InputError(f"patience must be at least 1 epoch, not {patience}")
    history = History() if history is None else history
    kept = _BestParameters(trainer.parameters)
    with one_thread_of_algebra(), kept:
        for number in range(1, epochs + 1):
            started, losses, violators = perf_counter(), [], []
            for step, loss in enumerate(trainer.losses(batches(number)), start=1):
                losses.append(loss)
                if trainer.violators is not None:
                    violators.append(trainer.violators)
                if on_step:
                    on_step(step, losses[-1])
            if not losses:
                raise InputError(f"there are no batches to train on in epoch {number}")
            seconds = perf_counter() - started
            value = score() if score else None
            best = kept.offer(value)
            share = float(np.mean(violators)) if violators else None
            history.epochs.append(Epoch(number, float(np.mean(losses)), value, seconds, best, share))
            if on_epoch:
                on_epoch(history.epochs[-1])
            if patience and history.best and number - history.best.number >= patience:
                break
    return history


class _BestParameters(AbstractContextManager["_BestParameters"]):
    """Keeps a copy of the parameters of the best epoch so far, and puts them back at the end."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = list(parameters)
        self.best_score = -np.inf
        self.values: list[Array] | None = None

    def offer(self, score: float | None) -> bool:
        """Keep the present parameters if their score is the best, or if there is none to compare."""
        for parameter in self.parameters:
            if not np.isfinite(parameter.value).all():
                raise NonFiniteError(f"parameter {parameter.label!r} became infinite or NaN; lower the learning rate")
        if score is not None and not score > self.best_score:
            return False
        self.best_score = -np.inf if score is None else score
        self.values = [parameter.value.copy() for parameter in self.parameters]
        return True

    def __exit__(self, *_: object) -> None:
        if self.values is not None:
            for parameter, value in zip(self.parameters, self.values, strict=True):
                parameter.value[...] = value
