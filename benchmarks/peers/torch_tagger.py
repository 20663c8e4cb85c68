"""The tagger in PyTorch: eager or compiled, with the plain or with the factorised layer over windows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.peers.batches import Batch, WindowBatches
from benchmarks.peers.torch_adam import LEARNING_RATE, DenseAdam, RowAdam

__all__ = ["task"]


def task(settings: dict[str, Any]) -> TorchTagger:
    """Return the task of training a tagger."""
    torch.set_num_threads(settings["threads"])
    return TorchTagger(settings)


class TorchTagger:
    """Training steps on arrays; gradients of tables are those of the rows that a batch touches."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.arrays = np.load(settings["arrays"])
        self.batches = WindowBatches(self.arrays, settings["batch"], padded=settings["compiled"])
        self.number = 0
        self.start(dropout=0.4)

    def start(self, dropout: float) -> None:
        """Begin with the first values."""
        self.dropout = dropout
        names = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
        self.dense = [torch.from_numpy(self.arrays[name].copy()).requires_grad_() for name in names]
        self.words, self.features = (RowAdam(_with_padding(self.arrays[name])) for name in ("words", "features"))
        self.optimiser: torch.optim.Optimizer | DenseAdam
        if self.settings["compiled"]:
            self.optimiser = DenseAdam(self.dense)
            self._whole = torch.compile(self._whole_step, fullgraph=True)
        else:
            self.optimiser = torch.optim.Adam(self.dense, lr=LEARNING_RATE, fused=True)

    # The network

    def vectors(self, words: Tensor, features: Tensor, batch: Batch) -> Tensor:
        """Return the vector of each distinct form, with dropout: one mask a form, as in deltarule."""
        small = functional.embedding(batch.features_of_form, features).flatten(1)
        vectors = torch.cat([functional.embedding(batch.word_of_form, words), small], 1)
        return functional.dropout(vectors, self.dropout, self.dropout > 0)

    def preactivation(self, vectors: Tensor, windows: Tensor, dense: list[Tensor], factorised: bool) -> Tensor:
        """Return z = W x + b of each window."""
        weight, bias = dense[:2]
        if not factorised:
            return functional.linear(functional.embedding(windows, vectors).flatten(1), weight, bias)
        size, hidden, dimension = windows.shape[1], len(weight), vectors.shape[1]
        side_by_side = weight.view(hidden, size, dimension).transpose(0, 1).reshape(size * hidden, dimension)
        products = functional.linear(vectors, side_by_side).view(-1, hidden)
        rows = windows * size + torch.arange(size)
        if self.settings["compiled"]:  # sums of rows fuse
            return functional.embedding(rows, products).sum(1) + bias
        return functional.embedding_bag(rows, products, mode="sum") + bias

    def scores(self, preactivation: Tensor, dense: list[Tensor]) -> Tensor:
        """Return s = U a + c."""
        activation = functional.dropout(torch.tanh(preactivation), self.dropout, self.dropout > 0)
        return functional.linear(activation, dense[2], dense[3])

    def objective(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return J, averaged over windows."""
        if self.settings["objective"] == "softmax":
            return functional.cross_entropy(scores, labels)
        return violations(scores, labels).mean()

    def loss(self, words: Tensor, features: Tensor, dense: list[Tensor], batch: Batch) -> Tensor:
        """Return the loss of a batch."""
        vectors = self.vectors(words, features, batch)
        preactivation = self.preactivation(vectors, batch.windows, dense, self.settings["factorised"])
        return self.objective(self.scores(preactivation, dense), batch.labels)

    def loss_of_violators(self, words: Tensor, features: Tensor, dense: list[Tensor], batch: Batch) -> Tensor:
        """Return the same loss, computed again for the windows that break their margin, which alone have a gradient."""
        output_weight, output_bias = dense[2:]
        vectors = self.vectors(words, features, batch)
        with torch.no_grad():
            activation = self.preactivation(vectors, batch.windows, dense, self.settings["factorised"]).tanh_()
            mask = functional.dropout(torch.ones_like(activation), self.dropout, self.dropout > 0)
            scores = functional.linear(activation.mul_(mask), output_weight, output_bias)
            chosen = (violations(scores, batch.labels) > 0).nonzero().squeeze(1)
        preactivation = self.preactivation(vectors, batch.windows[chosen], dense, factorised=False)
        scores = functional.linear(torch.tanh(preactivation) * mask[chosen], output_weight, output_bias)
        return violations(scores, batch.labels[chosen]).sum() / len(batch.labels)

    # Steps

    def train(self, batch: Batch) -> Tensor:
        """Take one step."""
        if self.settings["compiled"]:
            with torch.no_grad():
                loss: Tensor = self._whole(batch)
                return loss
        words, features = self.words.rows(batch.words), self.features.rows(batch.features)
        loss_function = self.loss_of_violators if self.settings.get("violators_only") else self.loss
        loss = loss_function(words.requires_grad_(), features.requires_grad_(), self.dense, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.optimiser.zero_grad()
        with torch.no_grad():
            self.words.update(batch.words, words.grad)
            self.features.update(batch.features, features.grad)
        return loss

    def _whole_step(self, batch: Batch) -> Tensor:
        """Take one step, optimiser and all, as one graph."""
        assert isinstance(self.optimiser, DenseAdam)

        def loss(words: Tensor, features: Tensor, dense: list[Tensor]) -> Tensor:
            return self.loss(words, features, dense, batch)

        words, features = self.words.rows(batch.words), self.features.rows(batch.features)
        gradients, value = torch.func.grad_and_value(loss, (0, 1, 2))(words, features, self.dense)
        self.optimiser.update(gradients[2])
        self.words.update_plainly(batch.words, gradients[0])
        self.features.update_plainly(batch.features, gradients[1])
        return value

    def next_batch(self) -> Batch:
        """Return the next batch, as tensors."""
        batch = _tensors(self.batches[self.number])
        self.number += 1
        return batch

    def warm_up(self) -> None:
        """Train the epochs that come before, then a few steps."""
        for _ in range(self.settings["epochs_before"] * self.batches.count + 5):
            self.step()

    def step(self) -> int:
        """Assemble a batch and take a step."""
        self.train(self.next_batch())
        return self.batches.size

    def finish(self) -> None:
        """Do nothing: every step comes to its end."""

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values; begins anew."""
        state = self.dense, self.words, self.features, self.optimiser, self.dropout
        self.start(dropout=0.0)
        losses = [
            self.train(_tensors(self.batches.of_tokens(np.arange(begin, end)))).item()
            for begin, end in pairwise(self.arrays["checked"].tolist())
        ]
        self.dense, self.words, self.features, self.optimiser, self.dropout = state
        return losses

    def details(self) -> dict[str, Any]:
        """Return the share of windows that break their margin."""
        if self.settings["objective"] == "softmax":
            return {}
        shares = []
        with torch.no_grad():
            for _ in range(20):
                batch = self.next_batch()
                vectors = self.vectors(self.words.rows(batch.words), self.features.rows(batch.features), batch)
                scores = self.scores(self.preactivation(vectors, batch.windows, self.dense, False), self.dense)
                shares.append(float((violations(scores, batch.labels) > 0).float().mean()))
        return {"violators": float(np.mean(shares))}


def violations(scores: Tensor, labels: Tensor) -> Tensor:
    """Return max_j (s_j + [j ≠ y]) − s_y of each window."""
    true = scores.gather(1, labels[:, None])
    return (scores + 1).scatter(1, labels[:, None], true).amax(1) - true.squeeze(1)


def _tensors(batch: Batch) -> Any:
    """Return the arrays of a batch as tensors of the integers that PyTorch indexes by."""
    return Batch(*(torch.from_numpy(array.astype(np.int64)) for array in batch))  # type: ignore[arg-type]


def _with_padding(table: Any) -> Tensor:
    """Return a table with one row more, for what fills batches up."""
    return torch.from_numpy(np.concatenate([table, np.zeros_like(table[:1])]))
