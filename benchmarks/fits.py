"""Whole calls of fit, of any estimator with scikit-learn's interface, and the scores that they lead to."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from benchmarks.datasets import Dataset

__all__ = ["Fits"]

SHUFFLES = 3


class Fits:
    """Fits on the first fold are timed; scores are those of all folds, each with a seed of its own.

    Parameters
    ----------
    settings : name of the data
    make : returns an estimator for data and a seed
    """

    def __init__(self, settings: dict[str, Any], make: Callable[[Dataset, int], Any]) -> None:
        self.dataset = Dataset.named(settings["dataset"])
        self.make = make
        self.first = next(self.dataset.folds())
        self.quick = settings["quick"]

    def step(self) -> int:
        """Fit a new estimator."""
        self._fitted(self.first.inputs, self.first.targets, 0)
        return 1

    def warm_up(self) -> None:
        """Fit once."""
        self.step()

    def finish(self) -> None:
        """Do nothing: a fit comes to its end."""

    def losses(self) -> list[float]:
        """Return nothing: estimators draw their own first values."""
        return []

    def details(self) -> dict[str, Any]:
        """Return the score of every fold of some cross-validations, each with a seed of its own."""
        folds = [fold for shuffle in range(1 if self.quick else SHUFFLES) for fold in self.dataset.folds(shuffle)]
        scores = [
            self._fitted(fold.inputs, fold.targets, seed).score(fold.test_inputs, fold.test_targets)
            for seed, fold in enumerate(folds)
        ]
        return {"scores": [float(score) for score in scores]}

    def _fitted(self, inputs: Any, targets: Any, seed: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return self.make(self.dataset, seed).fit(inputs, targets)
