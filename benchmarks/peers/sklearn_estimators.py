"""scikit-learn's networks with its own interface."""

from __future__ import annotations

from typing import Any

from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.datasets import Dataset
from benchmarks.fits import Fits

__all__ = ["task"]


def task(settings: dict[str, Any]) -> Fits:
    """Return the task of fitting an estimator."""

    def make(dataset: Dataset, seed: int) -> Any:
        estimator = MLPClassifier if dataset.classes else MLPRegressor
        return estimator(
            hidden_layer_sizes=dataset.hidden,
            alpha=0.0,
            batch_size=dataset.batch,
            learning_rate_init=dataset.learning_rate,
            max_iter=dataset.epochs,
            n_iter_no_change=dataset.epochs,  # all epochs, as deltarule takes
            tol=0.0,
            random_state=seed,
        )

    return Fits(settings, make)
