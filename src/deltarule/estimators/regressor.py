"""A feed-forward network that predicts numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from deltarule.errors import InputError
from deltarule.estimators.base import NetworkEstimator
from deltarule.graph import Array
from deltarule.networks import AbsoluteError, HuberError, Objective, SquaredError
from deltarule.training import Schedule, UpdateRule

__all__ = ["NetworkRegressor"]


class NetworkRegressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """A feed-forward network that predicts one number an example, or several, with scikit-learn's interface.

    Targets are scaled to mean 0 and variance 1 in training, and predictions back, so that learning rates, l2 and delta
    mean the same whatever the unit of y.

    Parameters
    ----------
    hidden, activation, dropout, l2, update_rule, learning_rate, schedule, batch, epochs : as for `NetworkClassifier`
    objective : "squared", "absolute" or "huber" error, or an objective
    delta : from which error on, in standard deviations of y, "huber" is a straight line
    early_stopping : as for `NetworkClassifier`, by R² on the part set aside
    validation_fraction, patience, categorical, embedding, missing, random_state, threads : as for `NetworkClassifier`

    Attributes
    ----------
    network_ : the trained `Network`, whose outputs are scaled
    target_mean_, target_scale_ : mean and standard deviation of each column of y
    history_, n_iter_, loss_curve_, n_features_in_, feature_names_in_ : as for `NetworkClassifier`

    Examples
    --------
    >>> import deltarule as dr, numpy as np
    >>> x = np.linspace(-2, 2, 200)[:, None]
    >>> model = dr.NetworkRegressor(hidden=(32,), activation="tanh", learning_rate=0.05, random_state=0)
    >>> model.fit(x, 1000 * np.sin(2 * x[:, 0])).score(x, 1000 * np.sin(2 * x[:, 0])) > 0.99
    True
    """

    def __init__(
        self,
        hidden: int | Sequence[int] = (100,),
        *,
        activation: str = "relu",
        objective: str | Objective = "squared",
        delta: float = 1.0,
        dropout: float = 0.0,
        l2: float = 0.0,
        update_rule: str | UpdateRule = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        batch: int = 64,
        epochs: int = 100,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        categorical: Sequence[Any] | None = None,
        embedding: int | None = None,
        missing: str = "error",
        random_state: Any = None,
        threads: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.objective = objective
        self.delta = delta
        self.dropout = dropout
        self.l2 = l2
        self.update_rule = update_rule
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch = batch
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.categorical = categorical
        self.embedding = embedding
        self.missing = missing
        self.random_state = random_state
        self.threads = threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkRegressor:
        """Train a new network.

        Parameters
        ----------
        X : array, CSR matrix, or pandas or polars frame of shape (examples, columns)
        y : numbers, (examples,) or (examples, outputs)
        sample_weight : weights of the examples, at least 0; only their proportions matter
        """
        self._fit(X, y, sample_weight)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkRegressor:
        """Train on some more examples: one pass over them. Scale, means and categories are those of the first call."""
        self._fit_part(X, y, sample_weight)
        return self

    def predict(self, X: Any) -> Array:
        """Return the numbers of each example, in the shape that y had."""
        predicted: Array = self._scores(X) * self.target_scale_ + self.target_mean_
        return predicted[:, 0] if self._one_number else predicted

    def _objective(self) -> Objective:
        objectives: dict[str, Objective] = {
            "squared": SquaredError(), "absolute": AbsoluteError(), "huber": HuberError(self.delta),
        }  # fmt: skip
        if self.objective not in objectives:
            raise InputError(f"unknown objective {self.objective!r}; choose one of: {', '.join(objectives)}")
        return objectives[self.objective]

    def _target_options(self) -> dict[str, Any]:
        return {"y_numeric": True}

    def _checked_targets(self, y: Any) -> Array:
        try:
            numbers = np.asarray(y, np.float64)
        except (TypeError, ValueError):
            raise InputError("y must hold numbers; to tell classes apart, use NetworkClassifier") from None
        if not np.isfinite(numbers).all():
            raise InputError("y contains NaN or infinity; leave these examples out")
        return numbers

    def _learn_targets(self, y: Array, weights: Array) -> None:
        self._one_number = y.ndim == 1
        columns = y.reshape(len(y), -1)
        total = weights.sum()
        self.target_mean_ = (weights[:, None] * columns).sum(axis=0) / total
        variance = (weights[:, None] * (columns - self.target_mean_) ** 2).sum(axis=0) / total
        self.target_scale_ = np.where(variance > 0, np.sqrt(variance), 1.0)

    def _encoded(self, y: Array) -> Array:
        scaled: Array = (y.reshape(len(y), -1) - self.target_mean_) / self.target_scale_
        return scaled.astype(np.float32)

    def _weights(self, y: Array, weights: Array) -> Array:
        return weights

    def _outputs(self) -> int:
        return len(self.target_mean_)

    def _score(self, scores: Array, y: Array, weights: Array) -> float:
        wanted = (y.reshape(len(y), -1) - self.target_mean_) / self.target_scale_
        mean = np.average(wanted, axis=0, weights=weights)
        left = (weights[:, None] * (wanted - scores) ** 2).sum(axis=0)
        whole = (weights[:, None] * (wanted - mean) ** 2).sum(axis=0)
        return float(np.mean(1 - left / np.where(whole > 0, whole, 1.0)))

    def _strata(self, y: Array) -> Array | None:
        return None

    def _fitted_state(self) -> dict[str, Any]:
        target = {"mean": self.target_mean_.tolist(), "scale": self.target_scale_.tolist(), "one": self._one_number}
        return {**super()._fitted_state(), "target": target}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        target = state["target"]
        self.target_mean_, self.target_scale_ = np.array(target["mean"]), np.array(target["scale"])
        self._one_number = bool(target["one"])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
