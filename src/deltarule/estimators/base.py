"""What both estimators share: settings, reading of tables, training, and prediction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from deltarule.errors import InputError
from deltarule.estimators.architecture import Architecture, hidden_sizes
from deltarule.estimators.columns import Columns
from deltarule.estimators.examples import Examples, SparseMinibatches
from deltarule.estimators.weighting import checked_weights, equal_rows_merged
from deltarule.execution.reference import forward
from deltarule.graph import Array, Node
from deltarule.networks import Network, Objective, l2_penalty
from deltarule.networks.objectives import Comparison
from deltarule.training import History, Schedule, Trainer, UpdateRule
from deltarule.training.epochs import best_epoch_kept
from deltarule.training.minibatches import Minibatches
from deltarule.training.schedules import ConstantRate, schedule
from deltarule.training.update_rules import update_rule

__all__ = ["NetworkEstimator"]


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]
    """A feed-forward network with scikit-learn's interface; `NetworkClassifier` and `NetworkRegressor` tell the rest.

    Settings are checked in `fit`, as is the custom in scikit-learn.
    """

    hidden: int | Sequence[int]
    activation: str
    objective: str | Objective
    dropout: float
    l2: float
    update_rule: str | UpdateRule
    learning_rate: float | None
    schedule: str | Schedule
    batch: int
    epochs: int
    early_stopping: bool
    validation_fraction: float
    patience: int
    categorical: Sequence[Any] | None
    embedding: int | None
    missing: str
    random_state: Any
    threads: int | None

    # What a subclass says about its targets

    @abstractmethod
    def _objective(self) -> Objective:
        """Return the objective."""

    @abstractmethod
    def _learn_targets(self, y: Array, weights: Array) -> None:
        """Take note of classes, or of the scale of numbers."""

    @abstractmethod
    def _encoded(self, y: Array) -> Array:
        """Return targets as the objective takes them."""

    @abstractmethod
    def _weights(self, y: Array, weights: Array) -> Array:
        """Return the weight of each example, from that of `sample_weight`."""

    @abstractmethod
    def _outputs(self) -> int:
        """Return how many neurons the last layer has."""

    @abstractmethod
    def _score(self, scores: Array, y: Array, weights: Array) -> float:
        """Return how good a network's outputs are, higher is better."""

    @abstractmethod
    def _strata(self, y: Array) -> Array | None:
        """Return what a validation part is to be stratified by."""

    # Training

    def _fit(self, table: Any, y: Any, sample_weight: Any) -> None:
        """Train anew."""
        seed = self._begin(table)
        examples, y, weights = self._read(table, y, sample_weight, reset=True)
        validation = None
        if self.early_stopping:
            examples, y, weights, validation = self._split(examples, y, weights, seed)
        if len(examples) <= self.batch:
            examples, y, weights = equal_rows_merged(examples, y, weights)
        self._learn_targets(y, weights)
        weights = self._weights(y, weights)
        weights = weights / weights.mean()
        equal = bool((weights == weights[0]).all())
        self._build(examples, seed)
        trainer = self._trainer_for(weighted=not equal, seed=seed, examples=len(examples))
        targets = {"targets": self._encoded(y)}
        if not equal:
            targets["weights"] = weights.astype(np.float32)
        random = np.random.default_rng(seed)
        batch = min(self.batch, len(examples))

        def batches(_: int) -> Any:
            if examples.sparse:
                return SparseMinibatches(examples, targets, batch, random)
            return Minibatches({**examples.feeds(), **targets}, batch, random)

        self.history_: History = best_epoch_kept(
            trainer, batches, self.epochs, patience=self.patience if validation else None,
            score=None if validation is None else lambda: self._score(self._scores_of(validation[0]), *validation[1:]),
        )  # fmt: skip
        self.n_iter_ = len(self.history_.epochs)
        self.loss_curve_ = [epoch.loss for epoch in self.history_.epochs]

    def _fit_part(self, table: Any, y: Any, sample_weight: Any) -> None:
        """Take the steps of one epoch over some more examples, beginning anew only where nothing is trained yet."""
        if self.early_stopping:
            raise InputError("partial_fit cannot stop early, as it does not see all examples; use fit")
        if not isinstance(self._schedule(), ConstantRate):
            raise InputError("partial_fit does not know how long training will be; set schedule='constant'")
        first = not hasattr(self, "network_")
        seed = self._begin(table) if first else self._seed()
        examples, y, weights = self._read(table, y, sample_weight, reset=first)
        if first:
            self._learn_targets(y, weights)
            self._build(examples, seed)
            self.history_ = History()
        if not hasattr(self, "_trainer"):
            self._trainer = self._trainer_for(weighted=True, seed=seed, examples=len(examples))
            self._random = np.random.default_rng(seed)
        targets = {"targets": self._encoded(y), "weights": self._weights(y, weights).astype(np.float32)}
        examples = examples.kept_as(self._architecture.sparse)
        batch = min(self.batch, len(examples))
        batches: Any = (
            SparseMinibatches(examples, targets, batch, self._random)
            if examples.sparse
            else Minibatches({**examples.feeds(), **targets}, batch, self._random)
        )
        best_epoch_kept(self._trainer, lambda _: batches, 1, history=self.history_)
        self.n_iter_ = len(self.history_.epochs)
        self.loss_curve_ = [epoch.loss for epoch in self.history_.epochs]

    def _begin(self, table: Any) -> int:
        """Check settings, forget what was trained, and return the seed."""
        for name in ("batch", "epochs", "patience"):
            if int(getattr(self, name)) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 < self.validation_fraction < 1:
            raise InputError(f"validation_fraction must be between 0 and 1, not {self.validation_fraction}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout is a rate at least 0 and below 1, not {self.dropout}")
        for name in ("_trainer", "network_"):
            if hasattr(self, name):
                delattr(self, name)
        self._columns = Columns.of(table, self.categorical, self.missing)
        return self._seed()

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _read(self, table: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Examples, Array, Array]:
        """Validate a table and its targets, and leave out examples of weight 0."""
        table, y = self._columns.checked(self, table, y, reset=reset, multi_output=True, **self._target_options())
        y = self._checked_targets(y)
        weights = checked_weights(sample_weight, table)
        if not weights.all():
            kept = np.flatnonzero(weights)
            table = table[kept] if not hasattr(table, "columns") else _rows_of_frame(table, kept)
            y, weights = y[kept], weights[kept]
        return self._columns.read(table, learn=reset), y, weights

    def _target_options(self) -> dict[str, Any]:
        """Return how scikit-learn is to validate targets."""
        return {}

    def _checked_targets(self, y: Any) -> Array:
        """Return targets as an array, and refuse those of another kind."""
        return np.asarray(y)

    def _split(self, examples: Examples, y: Array, weights: Array, seed: int) -> Any:
        """Set a part aside for validation."""
        try:
            own, other = train_test_split(
                np.arange(len(examples)), test_size=self.validation_fraction, random_state=seed % (1 << 31),
                stratify=self._strata(y),
            )  # fmt: skip
        except ValueError as error:
            raise InputError(f"no part can be set aside for early stopping: {error}") from None
        return examples.rows(own), y[own], weights[own], (examples.rows(other), y[other], weights[other])

    def _build(self, examples: Examples, seed: int) -> None:
        """Build the network for examples like these."""
        self._architecture = Architecture(
            int(examples.numbers.shape[1]), tuple(len(known) for known in self._columns.categories), examples.sparse,
            hidden_sizes(self.hidden), self.activation, self.dropout, self._outputs(), self.embedding,
        )  # fmt: skip
        self.network_: Network = self._architecture.network(seed)

    def _trainer_for(self, *, weighted: bool, seed: int, examples: int) -> Trainer:
        """Return what takes the steps."""
        objective = self.objective if isinstance(self.objective, Objective) else self._objective()
        if not isinstance(objective, Comparison):
            raise InputError(f"the objective must compare outputs with targets, which {objective} does not")
        loss: Node = objective.loss(self.network_, weighted)
        if self.l2:
            weights = [p for name, p in self.network_.parameters.items() if name.endswith(".weight")]
            loss = loss + l2_penalty(weights, self.l2)
        rule = self.update_rule
        if isinstance(rule, str):
            rule = update_rule(rule, self.learning_rate)
        elif self.learning_rate is not None:
            raise InputError("learning_rate is that of the update rule; give it there, or give the rule by its name")
        steps = self.epochs * -(-examples // min(self.batch, examples))
        return Trainer(loss, rule, schedule=self._schedule(), steps=steps, seed=seed, threads=self.threads)

    def _schedule(self) -> Schedule:
        return schedule(self.schedule) if isinstance(self.schedule, str) else self.schedule

    # Prediction

    def _scores(self, table: Any) -> Array:
        """Return the outputs of the network for a table, in float64."""
        check_is_fitted(self, "network_")
        table = self._columns.checked(self, table, reset=False)
        return self._scores_of(self._columns.read(table, learn=False))

    def _scores_of(self, examples: Examples) -> Array:
        network = self.network_
        wide = {parameter: parameter.value.astype(np.float64) for parameter in network.parameters.values()}
        parts = [
            forward([network.output], {**chunk.feeds(), **wide}).values[network.output]
            for chunk in examples.chunks(self._architecture.sparse)
        ]
        return np.concatenate(parts)

    # Around training

    def save(self, directory: str | Path) -> None:
        """Write the trained estimator to a directory, to be read by `deltarule.load`; never as a pickle.

        The directory gets ``config.json`` and ``weights.safetensors``, complete or not at all.
        """
        from deltarule.estimators.files import save_estimator

        check_is_fitted(self, "network_")
        save_estimator(directory, self)

    def _fitted_state(self) -> dict[str, Any]:
        """Return what training found out, beside the weights, as JSON can hold it."""
        state = asdict(self._architecture)
        means = self._columns.means
        columns = {**vars(self._columns), "means": None if means is None else means.tolist()}
        return {"architecture": state, "columns": columns}

    def _restore(self, state: dict[str, Any]) -> None:
        """Put back what `_fitted_state` returned."""
        own: dict[str, Any] = dict(state["architecture"])
        own["categories"], own["hidden"] = tuple(own["categories"]), tuple(own["hidden"])
        self._architecture = Architecture(**own)
        columns = dict(state["columns"])
        means = columns.pop("means")
        self._columns = Columns(**columns, means=None if means is None else np.array(means))
        self.n_features_in_ = self._columns.count
        if self._columns.names is not None:
            self.feature_names_in_ = np.array(self._columns.names, object)
        self.network_ = self._architecture.network()
        self.history_ = History()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.categorical
        tags.input_tags.allow_nan = self.missing == "mean"
        return tags


def _rows_of_frame(frame: Any, rows: Array) -> Any:
    """Return some rows of a pandas or polars frame."""
    return frame.iloc[rows] if hasattr(frame, "iloc") else frame[rows]
