"""The tagger in JAX: a jitted function with donated buffers and static shapes, of one step or a scan over several."""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.batches import Batch, WindowBatches
from benchmarks.peers.jax_adam import Moments, adam, row_adam, zero_moments

__all__ = ["task"]

AHEAD = 4  # calls that may wait in the queue
DROPOUT = 0.4
FEW = 4  # a quarter of a batch is few violators
Arrays = dict[str, jax.Array]
Masks = tuple[jax.Array | None, jax.Array | None]
State = tuple[Arrays, Moments, jax.Array, jax.Array]
"""Parameters, their moments, steps taken, key of the random numbers."""


def task(settings: dict[str, Any]) -> JaxTagger:
    """Return the task of training a tagger."""
    return JaxTagger(settings)


class JaxTagger:
    """Training steps on arrays; gradients of tables are those of the rows that a batch touches."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.arrays = np.load(settings["arrays"])
        self.batches = WindowBatches(self.arrays, settings["batch"], padded=True)
        self.number, self.calls = 0, settings["steps_a_call"]
        self.state = self.start()
        self.waiting: deque[jax.Array] = deque()
        self.train = jax.jit(partial(self._steps, dropout=DROPOUT), donate_argnums=0)

    def start(self) -> State:
        """Return the first values."""
        names = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")
        parameters = {name: jnp.asarray(self.arrays[name]) for name in names}
        for name in ("words", "features"):  # with one row more, for what fills batches up
            table = self.arrays[name]
            parameters[name] = jnp.asarray(np.concatenate([table, np.zeros_like(table[:1])]))
        return parameters, zero_moments(parameters), jnp.zeros(()), jax.random.key(0)

    def preactivation(self, parameters: Arrays, batch: Batch, masks: Masks, factorised: bool) -> jax.Array:
        """Return z = W x + b of each window; one dropout mask a distinct form, as in deltarule."""
        small = parameters["features"][batch.features_of_form].reshape(len(batch.features_of_form), -1)
        vectors = dropped(jnp.concatenate([parameters["words"][batch.word_of_form], small], 1), masks[0])
        weight, bias, windows = parameters["hidden_weight"], parameters["hidden_bias"], batch.windows
        if not factorised:
            return vectors[windows].reshape(len(windows), -1) @ weight.T + bias
        hidden, size, dimension = len(weight), windows.shape[1], vectors.shape[1]
        side_by_side = weight.reshape(hidden, size, dimension).transpose(2, 1, 0).reshape(dimension, -1)
        products = (vectors @ side_by_side).reshape(-1, hidden)
        return sum((products[windows[:, place] * size + place] for place in range(size)), bias)

    def scores(self, parameters: Arrays, batch: Batch, masks: Masks, factorised: bool) -> jax.Array:
        """Return the score of each label for each window."""
        activation = dropped(jnp.tanh(self.preactivation(parameters, batch, masks, factorised)), masks[1])
        return activation @ parameters["output_weight"].T + parameters["output_bias"]

    def loss(self, parameters: Arrays, batch: Batch, masks: Masks) -> jax.Array:
        """Return J, averaged over windows."""
        scores = self.scores(parameters, batch, masks, self.settings["factorised"])
        if self.settings["objective"] == "softmax":
            return -jnp.take_along_axis(jax.nn.log_softmax(scores), batch.labels[:, None], 1).mean()
        return violations(scores, batch.labels).mean()

    def value_and_gradients(self, parameters: Arrays, batch: Batch, masks: Masks) -> tuple[jax.Array, Arrays]:
        """Return the loss and gradients; where few windows break their margin, by these alone if so set."""
        whole = jax.value_and_grad(self.loss)
        if not self.settings.get("violators_only"):
            return whole(parameters, batch, masks)
        windows = len(batch.labels)
        scores = self.scores(parameters, batch, masks, self.settings["factorised"])
        broken = violations(scores, batch.labels) > 0
        (chosen,) = jnp.nonzero(broken, size=windows // FEW, fill_value=0)
        count = broken.sum()
        part = batch._replace(windows=batch.windows[chosen], labels=batch.labels[chosen])
        part_masks = masks[0], None if masks[1] is None else masks[1][chosen]

        def loss_of_violators(parameters: Arrays) -> jax.Array:
            scores = self.scores(parameters, part, part_masks, factorised=False)
            return jnp.where(jnp.arange(len(chosen)) < count, violations(scores, part.labels), 0).sum() / windows

        return jax.lax.cond(
            count <= len(chosen),
            lambda: jax.value_and_grad(loss_of_violators)(parameters),
            lambda: whole(parameters, batch, masks),
        )

    def one_step(self, state: State, batch: Batch, *, dropout: float) -> tuple[State, jax.Array]:
        """Take one step, with gradients of the rows that the batch touches."""
        parameters, moments, steps, key = state
        key, *keys = jax.random.split(key, 3)
        touched = {"words": batch.words, "features": batch.features}
        taken = {name: value[touched[name]] if name in touched else value for name, value in parameters.items()}
        loss, gradients = self.value_and_gradients(taken, batch, self.masks(keys, batch, dropout))
        updated, updated_moments, steps = {}, {}, steps + 1
        for name, value in parameters.items():
            update = partial(row_adam, rows=touched[name]) if name in touched else adam
            updated[name], updated_moments[name] = update(value, gradients[name], moments[name], steps)
        return (updated, updated_moments, steps, key), loss

    def masks(self, keys: list[jax.Array], batch: Batch, rate: float) -> Masks:
        """Draw the dropout masks of the vectors of forms and of the hidden layer."""
        if not rate:
            return None, None
        dimension = self.arrays["hidden_weight"].shape[1] // batch.windows.shape[1]
        shapes = (len(batch.word_of_form), dimension), (len(batch.labels), len(self.arrays["hidden_weight"]))
        return kept(keys[0], shapes[0], rate), kept(keys[1], shapes[1], rate)

    def _steps(self, state: State, batches: Batch, *, dropout: float) -> tuple[State, jax.Array]:
        """Take one step, or one for each of stacked batches."""
        step = partial(self.one_step, dropout=dropout)
        return step(state, batches) if self.calls == 1 else jax.lax.scan(step, state, batches)

    def next_batches(self) -> Batch:
        """Return the next batch, or batches for a scan."""
        chosen = [self.batches[self.number + place] for place in range(self.calls)]
        self.number += self.calls
        return chosen[0] if self.calls == 1 else Batch(*map(np.stack, zip(*chosen, strict=True)))

    def warm_up(self) -> None:
        """Train the epochs that come before, then a few steps."""
        for _ in range(self.settings["epochs_before"] * self.batches.count // self.calls + 2 * AHEAD):
            self.step()
        self.finish()

    def step(self) -> int:
        """Assemble batches and take their steps, without waiting for the end of the last."""
        self.state, loss = self.train(self.state, self.next_batches())
        self.waiting.append(loss)
        if len(self.waiting) > AHEAD:
            self.waiting.popleft().block_until_ready()
        return self.batches.size * self.calls

    def finish(self) -> None:
        """Wait for the last step."""
        while self.waiting:
            self.waiting.popleft().block_until_ready()

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values."""
        state, losses = self.start(), []
        step = jax.jit(partial(self.one_step, dropout=0.0))
        for begin, end in pairwise(self.arrays["checked"].tolist()):
            state, loss = step(state, self.batches.of_tokens(np.arange(begin, end)))
            losses.append(float(loss))
        return losses

    def details(self) -> dict[str, Any]:
        """Return the share of windows that break their margin."""
        if self.settings["objective"] == "softmax":
            return {}
        shares = []
        for number in range(20):
            batch, parameters = self.batches[self.number + number], self.state[0]
            taken = {**parameters, "words": parameters["words"][batch.words]}
            taken["features"] = parameters["features"][batch.features]
            masks = self.masks(list(jax.random.split(jax.random.key(number))), batch, DROPOUT)
            scores = self.scores(taken, batch, masks, factorised=False)
            shares.append(float((violations(scores, batch.labels) > 0).mean()))
        return {"violators": float(np.mean(shares))}


def kept(key: jax.Array, shape: tuple[int, int], rate: float) -> jax.Array:
    """Draw a mask by 16 random bits for each entry: twice as fast here as `jax.random.bernoulli`, which takes 32."""
    size = shape[0] * shape[1]
    words = jax.random.bits(key, ((size + 1) // 2,))
    bits = jax.lax.bitcast_convert_type(words, jnp.uint16).ravel()[:size].reshape(shape)
    return bits < round((1 - rate) * 2**16)


def dropped(values: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Apply dropout by a mask."""
    return values if mask is None else jnp.where(mask, values / (1 - DROPOUT), 0)


def violations(scores: jax.Array, labels: jax.Array) -> jax.Array:
    """Return max_j (s_j + [j ≠ y]) − s_y of each window."""
    is_true = jnp.arange(scores.shape[1]) == labels[:, None]
    # Not scores + 1 - is_true, whose rounding would take windows that keep their margin for violators.
    return jnp.where(is_true, scores, scores + 1).max(1) - jnp.where(is_true, scores, 0).sum(1)
