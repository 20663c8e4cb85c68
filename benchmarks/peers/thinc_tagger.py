"""The tagger by the operations of thinc, which multiplies matrices by BLIS on one thread."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from thinc.api import Adam, NumpyOps

from benchmarks.peers.batches import Batch, WindowBatches

__all__ = ["task"]

Array = Any
BETA1, BETA2, EPSILON, LEARNING_RATE = 0.9, 0.999, 1e-8, 0.002


def task(settings: dict[str, Any]) -> ThincTagger:
    """Return the task of training a tagger."""
    return ThincTagger(settings)


class ThincTagger:
    """Training steps on arrays; thinc's own `Embed` has the gradient of the whole table, so tables are done by rows."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.arrays = np.load(settings["arrays"])
        self.batches = WindowBatches(self.arrays, settings["batch"], padded=False)
        self.ops, self.number = NumpyOps(), 0
        self.start(dropout=0.4)

    def start(self, dropout: float) -> None:
        """Begin with the first values."""
        self.dropout = dropout
        names = ("hidden_weight", "hidden_bias", "output_weight", "output_bias", "words", "features")
        self.parameters = {name: self.arrays[name].copy() for name in names}
        self.moments = {name: [np.zeros_like(self.parameters[name]) for _ in "mv"] for name in ("words", "features")}
        self.steps = 0
        self.optimiser = Adam(
            LEARNING_RATE, beta1=BETA1, beta2=BETA2, eps=EPSILON, L2=0.0, grad_clip=0.0, use_averages=False
        )

    def forward(self, batch: Batch) -> tuple[Array, ...]:
        """Return scores, and what the way back needs: inputs of the hidden layer, its activation, masks."""
        ops, parameters = self.ops, self.parameters
        small = parameters["features"][batch.features[batch.features_of_form]]
        vectors = np.hstack([parameters["words"][batch.words[batch.word_of_form]], small.reshape(len(small), -1)])
        mask = ops.get_dropout_mask(vectors.shape, self.dropout)
        vectors = vectors * mask if self.dropout else vectors
        inputs = vectors[batch.windows].reshape(len(batch.windows), -1)
        preactivation = ops.gemm(inputs, parameters["hidden_weight"], trans2=True)
        preactivation += parameters["hidden_bias"]
        activation = np.tanh(preactivation, out=preactivation)
        hidden_mask = ops.get_dropout_mask(activation.shape, self.dropout)
        hidden = activation * hidden_mask if self.dropout else activation
        scores = ops.gemm(hidden, parameters["output_weight"], trans2=True) + parameters["output_bias"]
        return scores, inputs, activation, hidden, mask, hidden_mask

    def objective(self, scores: Array, labels: Array) -> tuple[float, Array]:
        """Return J, averaged over windows, and its gradient."""
        rows = np.arange(len(labels))
        if self.settings["objective"] == "softmax":
            gradient = self.ops.softmax(scores)
            loss = -float(np.log(gradient[rows, labels]).mean())
            gradient[rows, labels] -= 1
        else:
            best, violations = _violations(scores, labels)
            loss = float(violations.mean())
            gradient = np.zeros_like(scores)
            gradient[rows, best] = 1
            gradient[rows, labels] -= 1
        gradient /= len(labels)
        return loss, gradient

    def train(self, batch: Batch) -> float:
        """Take one step."""
        ops, parameters = self.ops, self.parameters
        scores, inputs, activation, hidden, mask, hidden_mask = self.forward(batch)
        loss, signal = self.objective(scores, batch.labels)
        if self.settings.get("violators_only"):
            chosen = np.flatnonzero(signal.any(axis=1))
            parts = (signal, inputs, activation, hidden, batch.windows)
            signal, inputs, activation, hidden, windows = (part[chosen] for part in parts)
            hidden_mask = hidden_mask[chosen] if self.dropout else hidden_mask
        else:
            windows = batch.windows
        gradients = {
            "output_weight": ops.gemm(signal, hidden, trans1=True),
            "output_bias": signal.sum(axis=0),
        }
        below = ops.gemm(signal, parameters["output_weight"])
        if self.dropout:
            below *= hidden_mask
        below *= 1 - activation * activation
        gradients["hidden_weight"] = ops.gemm(below, inputs, trans1=True)
        gradients["hidden_bias"] = below.sum(axis=0)
        d_inputs = ops.gemm(below, parameters["hidden_weight"])
        d_vectors = ops.alloc2f(len(batch.word_of_form), d_inputs.shape[1] // windows.shape[1])
        ops.scatter_add(d_vectors, windows.ravel(), d_inputs.reshape(windows.size, -1))
        if self.dropout:
            d_vectors *= mask
        self._update(gradients, d_vectors, batch)
        return loss

    def _update(self, gradients: dict[str, Array], d_vectors: Array, batch: Batch) -> None:
        """Update whole parameters by thinc's optimiser, and rows of tables by the kernel that it uses."""
        for number, (name, gradient) in enumerate(gradients.items()):
            self.parameters[name], _ = self.optimiser((number, name), self.parameters[name], gradient)
        self.steps += 1
        words = self.parameters["words"].shape[1]
        d_small = np.ascontiguousarray(d_vectors[:, words:]).reshape(batch.features_of_form.size, -1)
        tables = (
            ("words", batch.words, batch.word_of_form, np.ascontiguousarray(d_vectors[:, :words])),
            ("features", batch.features, batch.features_of_form.ravel(), d_small),
        )
        for name, rows, row_of, d_rows in tables:
            gradient = self.ops.alloc2f(len(rows), d_rows.shape[1])
            self.ops.scatter_add(gradient, row_of, d_rows)
            arrays = (self.parameters[name], *self.moments[name])
            value, mean, squares = (array[rows].ravel() for array in arrays)
            rate = LEARNING_RATE * (1 - BETA2**self.steps) ** 0.5 / (1 - BETA1**self.steps)
            updated = self.ops.adam(value, gradient.ravel(), mean, squares, BETA1, BETA2, EPSILON, rate)
            for array, new in zip(arrays, (updated[0], *updated[2:]), strict=True):
                array[rows] = new.reshape(len(rows), -1)

    def warm_up(self) -> None:
        """Train the epochs that come before, then a few steps."""
        for _ in range(self.settings["epochs_before"] * self.batches.count + 5):
            self.step()

    def step(self) -> int:
        """Assemble a batch and take a step."""
        self.train(self.batches[self.number])
        self.number += 1
        return self.batches.size

    def finish(self) -> None:
        """Do nothing: every step comes to its end."""

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values."""
        state = dict(self.__dict__)
        self.start(dropout=0.0)
        losses = [
            self.train(self.batches.of_tokens(np.arange(begin, end)))
            for begin, end in pairwise(self.arrays["checked"].tolist())
        ]
        self.__dict__.update(state)
        return losses

    def details(self) -> dict[str, Any]:
        """Return the share of windows that break their margin."""
        if self.settings["objective"] == "softmax":
            return {}
        batches = [self.batches[self.number + number] for number in range(20)]
        shares = [np.mean(_violations(self.forward(batch)[0], batch.labels)[1] > 0) for batch in batches]
        return {"violators": float(np.mean(shares))}


def _violations(scores: Array, labels: Array) -> tuple[Array, Array]:
    """Return the label that violates the margin most, and max_j (s_j + [j ≠ y]) − s_y."""
    rows = np.arange(len(labels))
    true = scores[rows, labels]
    augmented = scores + 1
    augmented[rows, labels] = true
    best = augmented.argmax(axis=1)
    best[augmented[rows, best] <= true] = labels[augmented[rows, best] <= true]
    return best, augmented[rows, best] - true
