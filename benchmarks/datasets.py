"""The data of the comparison of estimators: scikit-learn's bundled sets and generated ones, with a network for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import StandardScaler

__all__ = ["DATASETS", "Dataset", "Fold"]

Array = NDArray[Any]
FOLDS = 5


class Fold(NamedTuple):
    """Inputs and targets to train on and to test on."""

    inputs: Array
    targets: Array
    test_inputs: Array
    test_targets: Array


@dataclass(frozen=True)
class Dataset:
    """Examples, and the network that all sides train on them.

    Attributes
    ----------
    classes : whether the targets are classes, scored by accuracy; numbers, scored by R², if not
    hidden : neurons of each hidden layer, rectified
    epochs, batch, learning_rate : of the training by Adam
    """

    name: str
    classes: bool
    hidden: tuple[int, ...]
    epochs: int = 50
    batch: int = 64
    learning_rate: float = 0.001

    @classmethod
    def named(cls, name: str) -> Dataset:
        """Return one of `DATASETS`."""
        return next(dataset for dataset in DATASETS if dataset.name == name)

    def examples(self) -> tuple[Array, Array]:
        """Return all inputs and targets."""
        if self.name == "generated classes":
            found: tuple[Array, Array] = datasets.make_classification(
                5000, 40, n_informative=15, n_classes=5, class_sep=1.5, random_state=0
            )
        elif self.name == "generated numbers":
            found = datasets.make_friedman1(5000, 10, noise=1.0, random_state=0)
        else:
            found = getattr(datasets, f"load_{self.name.replace(' ', '_')}")(return_X_y=True)
        return found

    def folds(self, seed: int = 0) -> Iterator[Fold]:
        """Yield the parts of a cross-validation, scaled by what is trained on, in single precision."""
        inputs, targets = self.examples()
        splitter: Any = (StratifiedKFold if self.classes else KFold)(FOLDS, shuffle=True, random_state=seed)
        for train, test in splitter.split(inputs, targets):
            scaler = StandardScaler().fit(inputs[train])
            parts = [scaler.transform(inputs[rows]).astype(np.float32) for rows in (train, test)]
            wanted = [targets[rows] for rows in (train, test)]
            if not self.classes:  # which scikit-learn leaves to its user
                mean, scale = wanted[0].mean(), wanted[0].std()
                wanted = [(values - mean) / scale for values in wanted]
            yield Fold(parts[0], wanted[0], parts[1], wanted[1])


DATASETS = (
    Dataset("digits", True, (100,)),
    Dataset("breast cancer", True, (50,)),
    Dataset("wine", True, (50,), epochs=100),
    Dataset("generated classes", True, (128, 64), epochs=20),
    Dataset("diabetes", False, (50,), epochs=100),
    Dataset("generated numbers", False, (64, 32), epochs=20),
)
