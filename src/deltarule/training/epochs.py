"""Training over epochs: batches, a score on development data after each, the best parameters kept, early stopping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from deltarule.errors import InputError, NonFiniteError
from deltarule.execution.reference import Feeds
from deltarule.graph import Array, Parameter
from deltarule.training.trainer import Trainer

__all__ = ["Epoch", "History", "best_epoch_kept", "minibatches"]


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
    """

    number: int
    loss: float
    score: float | None
    seconds: float
    best: bool


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
    batches: Callable[[int], Iterable[Feeds]],
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
    # Products of this size gain nothing from more BLAS threads, and lose much where the processor has other work;
    # with one, the order of summation, and so the result, does not depend on the machine's number of cores.
    limits = threadpool_limits(1, user_api="blas")
    try:
        for number in range(1, epochs + 1):
            started, losses = perf_counter(), []
            for step, feeds in enumerate(batches(number), start=1):
                losses.append(trainer.step(feeds))
                if on_step:
                    on_step(step, losses[-1])
            if not losses:
                raise InputError(f"there are no batches to train on in epoch {number}")
            seconds = perf_counter() - started
            value = score() if score else None
            best = kept.offer(value)
            history.epochs.append(Epoch(number, float(np.mean(losses)), value, seconds, best))
            if on_epoch:
                on_epoch(history.epochs[-1])
            if patience and history.best and number - history.best.number >= patience:
                break
    finally:
        limits.restore_original_limits()
        kept.restore()
    return history


class _BestParameters:
    """Keeps a copy of the parameters of the best epoch so far."""

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

    def restore(self) -> None:
        """Put the kept parameters back."""
        if self.values is not None:
            for parameter, value in zip(self.parameters, self.values, strict=True):
                parameter.value[...] = value


def minibatches(
    data: Mapping[str, Array], batch: int, random: np.random.Generator | None = None
) -> Iterable[dict[str, Array]]:
    """Cut named arrays of equally many rows into batches, shuffled when a generator is given."""
    sizes = {name: len(array) for name, array in data.items()}
    if not sizes or len(set(sizes.values())) != 1:
        raise InputError(f"the arrays must have equally many rows, but have: {sizes}")
    if batch < 1:
        raise InputError(f"a batch needs at least one example, not {batch}")
    rows = next(iter(sizes.values()))
    order = np.arange(rows) if random is None else random.permutation(rows)
    for begin in range(0, rows, batch):
        yield {name: array[order[begin : begin + batch]] for name, array in data.items()}
