"""A feed-forward network that tells classes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse
import scipy.special
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from deltarule.errors import InputError
from deltarule.estimators.base import NetworkEstimator
from deltarule.estimators.weighting import class_weights
from deltarule.graph import Array
from deltarule.networks import (
    MultiClassMaxMargin,
    MultiLabelMaxMargin,
    Objective,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
)
from deltarule.training import Schedule, UpdateRule

__all__ = ["NetworkClassifier"]


_LIKELIHOODS = (SoftmaxCrossEntropy, SigmoidCrossEntropy)


def _has_probabilities(estimator: Any) -> bool:
    """Say whether the scores are those of probabilities."""
    if estimator.objective == "softmax" or isinstance(estimator.objective, _LIKELIHOODS):
        return True
    raise AttributeError(f"the scores of objective {estimator.objective!r} are no probabilities; use 'softmax'")


class NetworkClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """A feed-forward network that tells classes apart, with scikit-learn's interface.

    Parameters
    ----------
    hidden : neurons of each hidden layer, such as ``(100, 50)``; ``()`` for none
    activation : of hidden layers: "relu", "tanh", "sigmoid", "hard_tanh", "soft_sign", "leaky_relu" or "identity"
    objective : "softmax" (cross-entropy, with probabilities) or "max-margin", or an objective. Where y has several
        labels an example, "softmax" is a sigmoid for each label, and "max-margin" a margin for each
    margin : Δ of "max-margin"
    dropout : rate at which outputs of hidden layers are dropped in training
    l2 : strength λ of the penalty (λ/2) Σ ‖W‖² on weights; with sparse input, the time of a step is then in proportion
        to the number of columns
    update_rule : "adam", "adamw", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", or a rule such as ``Adam(0.01)``
    learning_rate : of the update rule, its own default for ``None`` (0.001 for Adam)
    schedule : of the learning rate: "constant", "linear", "cosine", "step", or a schedule such as
        ``LinearDecay(warm_up=0.1)``
    batch : examples in a step
    epochs : passes over the examples, at most
    early_stopping : whether to set a part aside, keep the epoch with the best accuracy on it, and stop when there has
        been no better for `patience` epochs
    validation_fraction, patience : size of that part, and of that number
    class_weight : ``None``, "balanced", or a dict from class to weight
    categorical : columns of categories, by name or place, which get a trained vector for each value; a value that
        training did not know gets the vector 0
    embedding : dimension of these vectors; half the number of values, at most 50, for ``None``
    missing : "error" to refuse NaN in columns of numbers, "mean" to put the column's mean in its place
    random_state : seed of first weights, order of examples, dropout and validation part
    threads : at most so many, all cores for ``None``; results do not depend on it

    Attributes
    ----------
    classes_ : the classes, in the order of scores
    network_ : the trained `Network`
    history_ : loss, score and seconds of each epoch
    n_iter_, loss_curve_ : epochs taken, and the loss of each
    n_features_in_, feature_names_in_ : as everywhere in scikit-learn

    Notes
    -----
    The network computes in single precision; predictions are computed in double. Scale inputs to about unit variance
    (`sklearn.preprocessing.StandardScaler`). Sparse input (CSR) is never laid out with its zeros: the first layer
    reads, and updates, only the rows of its weight that belong to entries. An update rule then leaves rows alone that a
    batch does not touch, where with a dense array Adam or momentum would still move them.

    Weights that are whole numbers are worth as many repeated rows; where all rows fit into one batch, to the last bit.

    Examples
    --------
    >>> import deltarule as dr
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = dr.NetworkClassifier(hidden=(16,), epochs=200, learning_rate=0.01, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    """

    def __init__(
        self,
        hidden: int | Sequence[int] = (100,),
        *,
        activation: str = "relu",
        objective: str | Objective = "softmax",
        margin: float = 1.0,
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
        class_weight: str | Mapping[Any, float] | None = None,
        categorical: Sequence[Any] | None = None,
        embedding: int | None = None,
        missing: str = "error",
        random_state: Any = None,
        threads: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.objective = objective
        self.margin = margin
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
        self.class_weight = class_weight
        self.categorical = categorical
        self.embedding = embedding
        self.missing = missing
        self.random_state = random_state
        self.threads = threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkClassifier:
        """Train a new network.

        Parameters
        ----------
        X : array, CSR matrix, or pandas or polars frame of shape (examples, columns)
        y : classes (examples,), or for several labels an example 0 and 1 of shape (examples, labels)
        sample_weight : weights of the examples, at least 0; only their proportions matter
        """
        self._known_classes: Array | None = None
        self._fit(X, y, sample_weight)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> NetworkClassifier:
        """Train on some more examples: one pass over them.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : all classes that there will be, at the first call, unless `fit` or `deltarule.load` told them; means
            and categories are those of the first call
        """
        if not hasattr(self, "network_"):
            if classes is None:
                raise InputError("the first call of partial_fit must be told all classes: classes=[...]")
            if self.class_weight == "balanced":
                raise InputError("partial_fit cannot balance classes that it has not seen; give a dict, or weights")
            self._known_classes = np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise InputError(f"classes={classes!r} are not those of the first call of partial_fit, {self.classes_!r}")
        self._fit_part(X, y, sample_weight)
        return self

    def decision_function(self, X: Any) -> Array:
        """Return scores: (examples, classes), for two classes the second's minus the first's, (examples,)."""
        scores = self._scores(X)
        if self.multilabel_ or scores.shape[1] > 2:
            return scores
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores[:, 0]

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, (examples, classes); of labels, each by itself."""
        scores = self._scores(X)
        if self.multilabel_:
            return np.asarray(scipy.special.expit(scores))
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))

    def predict(self, X: Any) -> Array:
        """Return the class of each example, or 0 and 1 for each label."""
        scores = self._scores(X)
        if self.multilabel_:
            return np.asarray((scores > 0).astype(int))
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def _objective(self) -> Objective:
        objectives: dict[str, Objective] = {
            "softmax": SigmoidCrossEntropy() if self.multilabel_ else SoftmaxCrossEntropy(),
            "max-margin": MultiLabelMaxMargin(self.margin) if self.multilabel_ else MultiClassMaxMargin(self.margin),
        }
        if self.objective not in objectives:
            raise InputError(f"unknown objective {self.objective!r}; choose one of: {', '.join(objectives)}")
        return objectives[self.objective]

    def _checked_targets(self, y: Any) -> Array:
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise InputError("y has several columns of classes; fit one classifier for each column")
        if kind == "multilabel-indicator":
            return np.asarray(y.toarray() if scipy.sparse.issparse(y) else y)
        return np.asarray(column_or_1d(y, warn=True))

    def _learn_targets(self, y: Array, weights: Array) -> None:
        self.multilabel_ = y.ndim == 2
        if self.multilabel_:
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_ = np.unique(y) if self._known_classes is None else self._known_classes

    def _encoded(self, y: Array) -> Array:
        if y.ndim == 2:
            return y.astype(np.float32)
        places = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
        if (strange := self.classes_[places] != y).any():
            raise InputError(f"y has the class {y[strange].tolist()[0]!r}, which is none of {self.classes_.tolist()}")
        return places.astype(np.int32)

    def _weights(self, y: Array, weights: Array) -> Array:
        if self.class_weight is None:
            return weights
        if y.ndim == 2:
            raise InputError("class_weight is for one class an example; weigh examples of several by sample_weight")
        combined = weights * class_weights(self.class_weight, self._encoded(y), self.classes_, weights)
        if not combined.any():
            raise InputError(f"class_weight={self.class_weight!r} gives every example the weight 0")
        return combined

    def _outputs(self) -> int:
        return len(self.classes_)

    def _score(self, scores: Array, y: Array, weights: Array) -> float:
        right = ((scores > 0) == y).all(axis=1) if y.ndim == 2 else self.classes_[scores.argmax(axis=1)] == y
        return float(np.average(right, weights=weights))

    def _strata(self, y: Array) -> Array | None:
        return None if y.ndim == 2 else y

    def _fitted_state(self) -> dict[str, Any]:
        classes = self.classes_
        described = {"dtype": "object" if classes.dtype == object else classes.dtype.str, "values": classes.tolist()}
        return {**super()._fitted_state(), "classes": described, "multilabel": self.multilabel_}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self.classes_ = np.array(state["classes"]["values"], np.dtype(state["classes"]["dtype"]))
        self.multilabel_ = bool(state["multilabel"])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
