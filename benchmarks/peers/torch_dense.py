"""Dense networks in PyTorch: eager, with forward and backward compiled, or with the whole step compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.networks import DenseNetwork
from benchmarks.peers.torch_adam import DenseAdam

__all__ = ["task"]


def task(settings: dict[str, Any]) -> TorchDense:
    """Return the task of training a dense network."""
    torch.set_num_threads(settings["threads"])
    return TorchDense(settings)


class TorchDense:
    """Training steps; settings["compiled"] is "nothing", "loss" (with the way back) or "step"."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.network = settings, DenseNetwork.named(settings["network"])
        inputs, targets = self.network.data()
        targets = targets.astype(np.int64) if self.network.classes else targets
        self.batches = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in zip(inputs, targets, strict=True)]
        self.number = 0
        self.start()

    def start(self) -> None:
        """Begin with the first values."""
        values = [torch.from_numpy(array) for pair in self.network.first_values() for array in pair]
        if self.settings["compiled"] == "step":
            self.parameters, self.optimiser = values, DenseAdam(values, self.network.learning_rate)
            self.whole = torch.compile(self.whole_step, fullgraph=True)
            return
        self.parameters = [value.requires_grad_() for value in values]
        self.fused = torch.optim.Adam(self.parameters, lr=self.network.learning_rate, fused=True)
        self.loss_of = torch.compile(self.loss) if self.settings["compiled"] == "loss" else self.loss

    def loss(self, parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of a batch."""
        values = inputs
        for number in range(0, len(parameters), 2):
            values = functional.linear(values, parameters[number], parameters[number + 1])
            if number < len(parameters) - 2:
                values = getattr(torch, self.network.activation)(values)
        if self.network.classes:
            return functional.cross_entropy(values, targets)
        return 0.5 * (values - targets).square().sum(1).mean()

    def whole_step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Take one step, optimiser and all, as one graph."""
        gradients, loss = torch.func.grad_and_value(self.loss)(self.parameters, inputs, targets)
        self.optimiser.update(gradients)
        return loss

    def train(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Take one step."""
        if self.settings["compiled"] == "step":
            with torch.no_grad():
                loss: Tensor = self.whole(inputs, targets)
                return loss
        loss = self.loss_of(self.parameters, inputs, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        self.fused.step()
        self.fused.zero_grad()
        return loss

    def warm_up(self) -> None:
        """Compile, and take some steps."""
        for _ in range(20):
            self.step()

    def step(self) -> int:
        """Take one step."""
        self.train(*self.batches[self.number % len(self.batches)])
        self.number += 1
        return 1

    def finish(self) -> None:
        """Do nothing: every step comes to its end."""

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values, from which it begins anew."""
        self.start()
        losses = [self.train(*batch).item() for batch in self.batches[:4]]
        self.warm_up()
        return losses

    def details(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}
