"""How the layers of a network fare in training: activations, error signals and updates, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deltarule.execution.cores import one_thread_of_algebra
from deltarule.execution.reference import Feeds, Run, backward, forward
from deltarule.explaining.neuron_path import Level, layers_of
from deltarule.explaining.warnings import warnings_of
from deltarule.graph import Array, Parameter
from deltarule.training.epochs import Epoch
from deltarule.training.trainer import Trainer

__all__ = ["LayerStatistics", "Observation", "TrainingWatch"]

_BOUNDED = {"sigmoid": 0.25, "tanh": 1.0, "hard_tanh": 1.0, "soft_sign": 1.0}  # and the greatest slope of each
_FLAT = 0.05  # of the greatest slope: below it a neuron is saturated
_RECTIFIED = ("relu",)
_BINS = 40


@dataclass(frozen=True)
class LayerStatistics:
    """One layer, measured on a sample of the training data.

    Attributes
    ----------
    name, function : of the layer, and of its activation ("" for the identity)
    neurons : how many
    activation_mean, activation_deviation : of a = f(z)
    activations : histogram of a, as counts and the edges of bins
    saturated : share of activations where f is almost flat, f′(z) below a twentieth of its greatest value; ``None``
        where f is not bounded
    dead : share of neurons that are 0 for every example of the sample; ``None`` where f is no rectifier
    signal : root mean square of the error signals δ = ∂J/∂z, each times the number of examples in its batch
    signals : histogram of log₁₀ |δ| of the signals that are not 0, as counts and the edges of bins
    weight : root mean square of the weights
    update_ratio : root mean square of what the next step changes the weights by, over that of the weights
    """

    name: str
    function: str
    neurons: int
    activation_mean: float
    activation_deviation: float
    activations: tuple[list[int], list[float]]
    saturated: float | None
    dead: float | None
    signal: float
    signals: tuple[list[int], list[float]]
    weight: float
    update_ratio: float


@dataclass(frozen=True)
class Observation:
    """The layers at one moment, in the order of computation.

    Attributes
    ----------
    epoch : that has just ended; ``None`` before training
    rate : share of the highest learning rate that the next step takes
    layers : the layers
    """

    epoch: Epoch | None
    rate: float
    layers: tuple[LayerStatistics, ...]


@dataclass
class TrainingWatch:
    """Looks at the layers before training and after each epoch; give it to `train` or `Tagger.fit` as ``watch``.

    It runs a few batches, always the same, forward and backward on the reference interpreter, and changes nothing: the
    trained parameters are the same with it and without.

    Attributes
    ----------
    observations : what it saw

    Examples
    --------
    >>> import deltarule as dr, numpy as np
    >>> points = np.random.default_rng(0).normal(size=(200, 2))
    >>> data = {"inputs": points, "targets": (points.prod(axis=1) > 0).astype(int)}
    >>> net = dr.Network([dr.Dense(2, 8, activation="tanh"), dr.Dense(8, 2)])
    >>> watch = dr.TrainingWatch()
    >>> history = dr.train(net, dr.SoftmaxCrossEntropy(), data, epochs=3, watch=watch)
    >>> [layer.name for layer in watch.observations[-1].layers], watch.warnings()
    (['dense1', 'dense2'], [])
    """

    observations: list[Observation] = field(default_factory=list)

    def __call__(self, trainer: Trainer, batches: Sequence[Feeds], epoch: Epoch | None) -> None:
        """Look at the layers as they are now."""
        with one_thread_of_algebra(), np.errstate(over="ignore", invalid="ignore"):
            runs = [_run(trainer, feeds) for feeds in batches]
            found: dict[Parameter, list[Level]] = {}
            for run in runs:
                # Maps that are added up have the same neurons, and go by the name of the first.
                for level in {level.end: level for level in reversed(layers_of(run))}.values():
                    if isinstance(level.weight, Parameter):
                        found.setdefault(level.weight, []).append(level)
            updates = trainer.changes_of_a_step({weight: runs[0].gradient(weight) for weight in found})
            measured = [_measured(weight, levels, updates.get(weight)) for weight, levels in found.items()]
            layers = tuple(reversed(measured))
        self.observations.append(Observation(epoch, trainer.schedule_factor, layers))

    def warnings(self) -> list[str]:
        """Say in plain words what looks wrong in the last observation, and what may help."""
        return warnings_of(self.observations[-1]) if self.observations else []


def _run(trainer: Trainer, feeds: Feeds) -> Run:
    """Run the loss forward and backward on a batch, without dropout."""
    run = forward([trainer.loss], feeds, dtype=trainer.dtype)
    backward(run, trainer.loss)
    return run


def _measured(weight: Parameter, levels: Sequence[Level], update: Array | None) -> LayerStatistics:
    """Measure a layer, wherever it stands in the runs."""
    activation, slopes, signals = [], [], []
    for level in levels:
        output = level.activations[-1] if level.activations else level.layer
        values = level.run.values[output]
        neurons = values.shape[-1]
        activation.append(values.reshape(-1, neurons))
        slopes.append(level.slopes().reshape(-1, neurons))
        # The loss is a mean over examples: times their number, batches of any size compare.
        signals.append(np.asarray(level.run.gradient(level.layer)).reshape(-1, neurons) * len(activation[-1]))
    a, slope, delta = (np.concatenate(arrays) for arrays in (activation, slopes, signals))
    level = levels[0]
    reached = np.abs(delta[delta != 0])
    size = _root_mean_square(weight.value)
    return LayerStatistics(
        name=weight.name.removesuffix(".weight"),
        function=level.function,
        neurons=a.shape[1],
        activation_mean=float(a.mean()),
        activation_deviation=float(a.std()),
        activations=_histogram(a),
        saturated=float((slope < _FLAT * _BOUNDED[level.function]).mean()) if level.function in _BOUNDED else None,
        dead=float((a == 0).all(axis=0).mean()) if level.function in _RECTIFIED else None,
        signal=_root_mean_square(delta),
        signals=_histogram(np.log10(reached)),
        weight=size,
        update_ratio=0.0 if update is None or size == 0 else _root_mean_square(update) / size,
    )


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else 0.0


def _histogram(values: Array) -> tuple[list[int], list[float]]:
    """Count finite values in bins of equal width."""
    finite = values[np.isfinite(values)].astype(np.float64)
    counts, edges = np.histogram(finite, bins=_BINS)
    return counts.tolist(), edges.tolist()
