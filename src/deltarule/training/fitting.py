"""Training a network on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.networks import Network, Objective, l2_penalty
from deltarule.training.epochs import Epoch, History, Watch, best_epoch_kept
from deltarule.training.minibatches import Minibatches
from deltarule.training.schedules import ConstantRate, Schedule
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import Adam, UpdateRule

__all__ = ["train"]

_WATCHED = 512  # examples that a watch looks at


def train(
    network: Network,
    objective: Objective,
    data: Mapping[str, Any],
    *,
    epochs: int = 10,
    batch: int = 32,
    update_rule: UpdateRule | None = None,
    schedule: Schedule | None = None,
    l2: float = 0.0,
    clip: float | None = None,
    seed: int = 0,
    threads: int | None = None,
    score: Callable[[], float] | None = None,
    patience: int | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    watch: Watch | None = None,
) -> History:
    """Train a network's parameters in place.

    Parameters
    ----------
    network : the network
    objective : what to make small
    data : arrays by input name, with equally many rows: "inputs" and "targets", or for `MaxMargin` "inputs" and
        "corrupted"
    epochs, batch : passes over the data, and examples in a step
    update_rule : `Adam` by default
    schedule : constant by default
    l2 : strength λ of the penalty (λ/2) Σ ‖W‖² on weights
    clip : largest joint norm of the gradients
    seed : of the shuffling and of dropout
    threads : at most so many; all cores for ``None``
    score : value on development data, higher is better; the best epoch's parameters are kept
    patience : stop after so many epochs without a better score
    on_epoch : called after each epoch
    watch : looks at the layers before training and after each epoch, such as a `TrainingWatch`

    Returns
    -------
    History
        Loss, score and seconds of each epoch.

    Examples
    --------
    Exclusive or, which no straight line can separate:

    >>> import deltarule as dr, numpy as np
    >>> points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    >>> net = dr.Network([dr.Dense(2, 8, activation="tanh"), dr.Dense(8, 2)])
    >>> history = dr.train(net, dr.SoftmaxCrossEntropy(), {"inputs": points, "targets": np.array([0, 1, 1, 0])},
    ...                    epochs=100, update_rule=dr.Adam(0.05))
    >>> net.predict(points).argmax(axis=1)
    array([0, 1, 1, 0])
    """
    arrays = {name: np.asarray(array) for name, array in data.items()}
    rows = min((len(array) for array in arrays.values()), default=0)
    if rows == 0:
        raise InputError("there are no examples to train on")
    if batch < 1:
        raise InputError(f"a batch needs at least one example, not {batch}")
    loss = objective.loss(network)
    if l2:
        weights = [p for name, p in network.parameters.items() if name.endswith(".weight")]  # not tables of vectors
        loss = loss + l2_penalty(weights, l2)
    trainer = Trainer(
        loss,
        update_rule or Adam(),
        schedule=schedule or ConstantRate(),
        steps=epochs * -(-rows // batch),
        clip=clip,
        seed=seed,
        threads=threads,
    )
    random = np.random.default_rng(seed)
    sample = [Minibatches(arrays, batch).feeds(_spread(rows))] if watch else []

    def after_epoch(epoch: Epoch) -> None:
        if watch:
            watch(trainer, sample, epoch)
        if on_epoch:
            on_epoch(epoch)

    if watch:
        watch(trainer, sample, None)
    return best_epoch_kept(
        trainer,
        lambda _: Minibatches(arrays, batch, random),
        epochs,
        score=score,
        patience=patience,
        on_epoch=after_epoch,
    )


def _spread(rows: int) -> NDArray[np.intp]:
    """Choose rows that lie evenly over all, to look at."""
    return np.linspace(0, rows - 1, min(rows, _WATCHED)).astype(np.intp)
