"""Dense networks in JAX: a jitted function with donated buffers, of one step or of a scan over those of an epoch."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.networks import DenseNetwork
from benchmarks.peers.jax_adam import Moments, adam, zero_moments

__all__ = ["task"]

AHEAD = 16  # calls that may wait in the queue
Arrays = dict[str, jax.Array]
State = tuple[Arrays, Moments, jax.Array]


def task(settings: dict[str, Any]) -> JaxDense:
    """Return the task of training a dense network."""
    return JaxDense(settings)


class JaxDense:
    """Training steps on batches that are on the device already."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.network = settings, DenseNetwork.named(settings["network"])
        inputs, targets = self.network.data()
        self.batches = [(jnp.asarray(x), jnp.asarray(y)) for x, y in zip(inputs, targets, strict=True)]
        self.epoch = jnp.asarray(inputs), jnp.asarray(targets)
        self.one = jax.jit(self.one_step, donate_argnums=0)
        self.many = jax.jit(partial(jax.lax.scan, self.one_step), donate_argnums=0)
        self.state, self.number = self.start(), 0
        self.waiting: deque[jax.Array] = deque()

    def start(self) -> State:
        """Return the first values."""
        parameters = {}
        for number, (weight, bias) in enumerate(self.network.first_values()):
            parameters[f"weight{number}"], parameters[f"bias{number}"] = jnp.asarray(weight.T), jnp.asarray(bias)
        return parameters, zero_moments(parameters), jnp.zeros(())

    def loss(self, parameters: Arrays, inputs: jax.Array, targets: jax.Array) -> jax.Array:
        """Return the loss of a batch."""
        values, last = inputs, len(self.network.sizes) - 2
        for number in range(last + 1):
            values = values @ parameters[f"weight{number}"] + parameters[f"bias{number}"]
            if number < last:
                values = getattr(jax.nn, self.network.activation)(values)
        if self.network.classes:
            return -jnp.take_along_axis(jax.nn.log_softmax(values), targets[:, None], 1).mean()
        return 0.5 * jnp.square(values - targets).sum(1).mean()

    def one_step(self, state: State, batch: tuple[jax.Array, jax.Array]) -> tuple[State, jax.Array]:
        """Take one step."""
        parameters, moments, steps = state
        loss, gradients = jax.value_and_grad(self.loss)(parameters, *batch)
        updated, updated_moments, steps = {}, {}, steps + 1
        for name, value in parameters.items():
            updated[name], updated_moments[name] = adam(
                value, gradients[name], moments[name], steps, self.network.learning_rate
            )
        return (updated, updated_moments, steps), loss

    def warm_up(self) -> None:
        """Compile, and take the steps of some epochs."""
        for _ in range(len(self.batches)):
            self.step()
        self.finish()

    def step(self) -> int:
        """Take a step, or those of an epoch, without waiting for the end of the last."""
        if self.settings["steps_a_call"] == 1:
            self.state, loss = self.one(self.state, self.batches[self.number % len(self.batches)])
            self.number += 1
        else:
            self.state, loss = self.many(self.state, self.epoch)
        self.waiting.append(loss)
        if len(self.waiting) > AHEAD:
            self.waiting.popleft().block_until_ready()
        return 1 if self.settings["steps_a_call"] == 1 else len(self.batches)

    def finish(self) -> None:
        """Wait for the last step."""
        while self.waiting:
            self.waiting.popleft().block_until_ready()

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values."""
        state, losses = self.start(), []
        for batch in self.batches[:4]:
            state, loss = self.one(state, batch)
            losses.append(float(loss))
        return losses

    def details(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}
