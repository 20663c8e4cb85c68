"""Dense networks in scikit-learn, by whole calls of fit."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.networks import DenseNetwork

__all__ = ["task"]

ACTIVATIONS = {"sigmoid": "logistic", "relu": "relu"}


def task(settings: dict[str, Any]) -> SklearnDense:
    """Return the task of training a dense network."""
    return SklearnDense(settings)


class SklearnDense:
    """Fits of some epochs; the time of a step is that of the fit by its steps."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.network = DenseNetwork.named(settings["network"])
        inputs, targets = self.network.data()
        self.steps = len(inputs)
        # Batches follow each other in the rows, in single precision, which scikit-learn keeps.
        self.inputs = inputs.reshape(-1, inputs.shape[-1])
        self.targets = targets.ravel()
        self.epochs = 10 if inputs[0].size < 50_000 else 2

    def step(self) -> int:
        """Fit a new model for some epochs; return the steps that it took."""
        estimator = MLPClassifier if self.network.classes else MLPRegressor
        model = estimator(
            hidden_layer_sizes=self.network.sizes[1:-1],
            activation=ACTIVATIONS[self.network.activation],
            solver="adam",
            alpha=0.0,
            batch_size=self.network.batch,
            learning_rate_init=self.network.learning_rate,
            max_iter=self.epochs,
            n_iter_no_change=self.epochs,
            tol=0.0,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(self.inputs, self.targets)
        return int(model.n_iter_ * self.steps)

    def warm_up(self) -> None:
        """Fit once."""
        self.step()

    def finish(self) -> None:
        """Do nothing: a fit comes to its end."""

    def losses(self) -> list[float]:
        """Return nothing: scikit-learn draws its own first values."""
        return []

    def details(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}
