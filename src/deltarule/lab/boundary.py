"""A small network that learns to part two-dimensional data, and what it and each of its neurons see."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.execution.reference import Run, backprop, forward
from deltarule.graph import Array
from deltarule.graph.signals import dense
from deltarule.lab.datasets import draw_points
from deltarule.lab.limits import LIMITS
from deltarule.lab.requests import TrainRequest
from deltarule.networks import Dense, MultiClassMaxMargin, Network, Objective, SoftmaxCrossEntropy, SquaredError
from deltarule.training import Trainer
from deltarule.training.minibatches import Minibatches
from deltarule.training.update_rules import update_rule

__all__ = ["BoundaryTraining"]

SIDE = np.linspace(-1.3, 1.3, 53)
"""Where pictures are computed, along both axes."""
_COARSE = slice(None, None, 2)
"""Neurons' own pictures are small."""

_OBJECTIVES: dict[str, Objective] = {
    "softmax": SoftmaxCrossEntropy(),
    "max-margin": MultiClassMaxMargin(1.0),
    "squared-error": SquaredError(),
}


class BoundaryTraining:
    """A training that can be watched, step by step.

    The network has two inputs, the hidden layers that were asked for, and a score for each of the two classes. It runs
    on the reference interpreter, which keeps every value and every signal and has nothing to compile first.

    Parameters
    ----------
    request : data, network and how to train it

    Attributes
    ----------
    network : the network
    points, classes : the data, of shapes (n, 2) and (n,)
    loss, data : the node that training makes small, and its feeds on all points
    losses : of each step so far
    """

    def __init__(self, request: TrainRequest) -> None:
        self.request = request
        if request.data == "points":
            self.points = np.array([(x, y) for x, y, _ in request.points], np.float64).reshape(-1, 2)
            self.classes = np.array([kind for _, _, kind in request.points], np.int64)
            if len(set(self.classes.tolist())) < 2:
                raise InputError("points: add points of both classes first")
        else:
            self.points, self.classes = draw_points(request.data, request.count, request.noise, request.seed)
        sizes = [2, *request.hidden]
        layers = [Dense(a, b, activation=request.activation) for a, b in pairwise(sizes)]
        self.network = Network([*layers, Dense(sizes[-1], 2)], seed=request.seed)
        self.loss = _OBJECTIVES[request.objective].loss(self.network)
        targets = np.eye(2)[self.classes] if request.objective == "squared-error" else self.classes
        self.data: dict[str, Array] = {"inputs": self.points, "targets": targets}
        rule = update_rule(request.update_rule, request.learning_rate)
        self._trainer = Trainer(self.loss, rule, compiled=False)
        self._batches = self._endless_batches()
        self.losses: list[float] = []

    def step(self, steps: int) -> list[float]:
        """Take steps, or as many as the time allows; return the loss of each.

        Raises
        ------
        InputError
            When the training has had all the steps that it may have.
        NonFiniteError
            When the loss or a gradient is infinite; the parameters stay as they were before that step.
        """
        if len(self.losses) + steps > LIMITS.all_steps:
            raise InputError(f"a training may have {LIMITS.all_steps:,} steps; reset it to begin anew")
        began, before = perf_counter(), len(self.losses)
        for _ in range(steps):
            self.losses.append(self._trainer.step(next(self._batches)))
            if perf_counter() - began > LIMITS.seconds:
                break
        return self.losses[before:]

    def state(self) -> dict[str, Any]:
        """Return the number of steps, how well all points are parted, and the pictures.

        Returns
        -------
        dict
            ``step``; ``loss`` and ``accuracy`` on all points; ``side``, the places of the pictures along both axes;
            ``grid``, σ(s₁ − s₀) at each, a row for each y, which under softmax is the probability of class 1;
            ``layers``, for each hidden layer a list of neurons, each with ``picture`` (its activation at every second
            place) and ``signal``, the mean of |δ| at it over all points.
        """
        run = backprop(self.loss, self.data, dtype=np.float32)
        right = self.network.predict(self.points).argmax(axis=1) == self.classes
        seen = self._seen()
        scores = seen.value(seen.order[-1]).astype(np.float64)
        grid = 1 / (1 + np.exp(np.clip(scores[:, 0] - scores[:, 1], -500, 500)))
        return {
            "step": len(self.losses),
            "loss": run.value(self.loss),
            "accuracy": float(right.mean()),
            "side": _rounded(SIDE),
            "grid": _rounded(grid.reshape(len(SIDE), -1)),
            "layers": [self._neurons(layer.name, seen, run) for layer in self.network.layers[:-1]],
        }

    def _neurons(self, layer: str, seen: Run, run: Run) -> list[dict[str, Any]]:
        """Return what each neuron of a layer sees, and the signal that reaches it."""
        name = f"{layer}.preactivation" if self.request.activation == "identity" else f"{layer}.activation"
        pictures = seen.value(name).reshape(len(SIDE), len(SIDE), -1)[_COARSE, _COARSE]
        # The objective is a mean: the signal of one example is the gradient × the number of examples.
        signals = np.abs(dense(run.gradient(f"{layer}.preactivation"))).sum(axis=0)
        return [{"picture": _rounded(pictures[:, :, i]), "signal": signal} for i, signal in enumerate(signals.tolist())]

    def _seen(self) -> Run:
        """Run the network forward on every place of the pictures."""
        grid = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
        node = self.network.input_node()
        return forward([self.network(node)], {node: grid}, dtype=np.float32)

    def _endless_batches(self) -> Iterator[dict[str, Array]]:
        """Yield batches, epoch after epoch, each shuffled anew."""
        random = np.random.default_rng(self.request.seed)
        while True:
            yield from Minibatches(self.data, self.request.batch, random)


def _rounded(array: NDArray[Any]) -> list[Any]:
    """Return nested lists of numbers with four decimals, as much as a picture shows."""
    rounded: list[Any] = np.round(array.astype(np.float64), 4).tolist()
    return rounded
