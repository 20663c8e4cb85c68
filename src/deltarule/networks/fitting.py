"""Training a network on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.graph import Array, Input, Node, Parameter
from deltarule.networks.objectives import Objective
from deltarule.networks.regularisation import l2_penalty
from deltarule.training.epochs import Epoch, History, Watch, best_epoch_kept
from deltarule.training.minibatches import Minibatches
from deltarule.training.schedules import ConstantRate, Schedule
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import Adam, UpdateRule

__all__ = ["DataNames", "is_label", "loss_of", "train"]


class DataNames:
    """What objectives call their own inputs."""

    TARGETS = "targets"
    WEIGHTS = "weights"


class Trainable(Protocol):
    """What training asks of a network."""

    output: Node
    parameters: dict[str, Parameter]


_WATCHED = 512  # examples that a watch looks at


def train(
    network: Trainable,
    objective: Objective | Node | Callable[[Node, Node], Node],
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
    objective : what to make small: an objective, a function of the output and of the targets that returns a scalar
        node, or a scalar node
    data : arrays by input name, with equally many rows: "inputs" and "targets", or for `MaxMargin` "inputs" and
        "corrupted"; and "weights", if examples have some (J is the mean of weight × error)
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
    loss = loss_of(network, objective, arrays)
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


def loss_of(
    network: Trainable, objective: Objective | Node | Callable[[Node, Node], Node], data: Mapping[str, Array]
) -> Node:
    """Return the graph of what training makes small."""
    if isinstance(objective, Node):
        return objective
    if isinstance(objective, Objective) or hasattr(objective, "loss"):
        return objective.loss(network, weighted=True) if DataNames.WEIGHTS in data else objective.loss(network)
    if DataNames.TARGETS not in data:
        raise InputError("a function as the objective compares the output with targets: give them")
    targets = data[DataNames.TARGETS]
    labels, batch = is_label(targets, network.output), network.output.shape[:1]
    return objective(network.output, Input(DataNames.TARGETS, (*batch, *targets.shape[1:]), integer=labels))


def is_label(targets: Array, output: Node) -> bool:
    """Say whether targets are labels, one for each row of scores, rather than numbers to compare outputs with."""
    return targets.dtype.kind in "iu" and targets.ndim < len(output.shape) and output.shape[-1] != 1


def _spread(rows: int) -> NDArray[np.intp]:
    """Choose rows that lie evenly over all, to look at."""
    return np.linspace(0, rows - 1, min(rows, _WATCHED)).astype(np.intp)
