"""deltarule's side of the comparison of estimators."""

from __future__ import annotations

from typing import Any

import deltarule as dr
from benchmarks.datasets import Dataset
from benchmarks.fits import Fits

__all__ = ["task"]


def task(settings: dict[str, Any]) -> Fits:
    """Return the task of fitting an estimator."""

    def make(dataset: Dataset, seed: int) -> Any:
        estimator = dr.NetworkClassifier if dataset.classes else dr.NetworkRegressor
        return estimator(
            dataset.hidden,
            learning_rate=dataset.learning_rate,
            batch=dataset.batch,
            epochs=dataset.epochs,
            random_state=seed,
            threads=settings["threads"],
        )

    return Fits(settings, make)
