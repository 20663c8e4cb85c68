"""deltarule's side of the comparisons of training: all that benchmarks know of how it trains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

import deltarule as dr
from benchmarks.corpus import PLAIN, CorpusFiles, checked_sentences
from benchmarks.networks import DenseNetwork
from deltarule.graph import Array
from deltarule.tagging.batches import Sentences
from deltarule.training.minibatches import Minibatches
from deltarule.training.stack import Stack

__all__ = ["task"]


def task(settings: dict[str, Any]) -> TaggerTraining | DenseTraining:
    """Return the task of training a tagger or a dense network."""
    return DenseTraining(settings) if "network" in settings else TaggerTraining(settings)


class TaggerTraining:
    """Training steps of the tagger, on batches of whole sentences."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.files = CorpusFiles(Path(settings["data"]) if settings["data"] else None)
        self.sentences, self.trainer = self._prepared(PLAIN["dropout"])
        self.random = np.random.default_rng(0)
        self.stacks = self._stacks()
        self.batches = self._batches()

    def _prepared(self, dropout: float) -> tuple[Sentences, dr.Trainer]:
        chosen = {name: self.settings[name] for name in ("objective", "context") if name in self.settings}
        model, corpus, labels = self.files.model(**chosen, dropout=dropout)
        sentences = model.sentences(corpus, labels)
        return sentences, dr.Trainer(model.network.loss, dr.Adam(0.002), threads=self.settings["threads"])

    def _stacks(self) -> Iterator[Stack]:
        """Yield batches of epoch after epoch, some at a time."""
        while True:
            yield from self.sentences.stacks(self.settings["batch"], self.random)

    def _batches(self) -> Iterator[dict[str, Array]]:
        """Yield them one by one."""
        for stack in self.stacks:
            yield from (stack.feeds(number) for number in range(len(stack)))

    def warm_up(self) -> None:
        """Train the epochs that come before, then a few steps."""
        for _ in range(self.settings["epochs_before"]):
            self._take(self.sentences.stacks(self.settings["batch"], self.random))
        for _ in range(5):
            self.step()

    def step(self) -> int:
        """Assemble some batches and take their steps, as training does; return their windows."""
        stack = next(self.stacks)
        self._take([stack])
        return len(stack.data["labels"])

    def _take(self, stacks: Iterable[Stack]) -> None:
        """Take the steps of some batches."""
        for _ in self.trainer.losses(stacks):
            pass

    def finish(self) -> None:
        """Do nothing: every step comes to its end."""

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values."""
        sentences, trainer = self._prepared(dropout=0.0)
        return [trainer.step(sentences.feeds(batch)) for batch in checked_sentences(sentences.corpus)]

    def details(self) -> dict[str, Any]:
        """Return the distinct forms and windows of a batch, and the share of windows that break their margin."""
        forms, windows, violators = [], [], []
        for _ in range(20):
            feeds = next(self.batches)
            self.trainer.step(feeds)
            forms.append(len(feeds["word"]))
            windows.append(len(feeds["labels"]))
            violators.append(self.trainer.violators)
        counts = {"forms": float(np.mean(forms)), "windows": float(np.mean(windows))}
        return counts if None in violators else {**counts, "violators": float(np.mean(violators))}


class DenseTraining:
    """Training steps of a dense network: one a call, or all of an epoch a call, of batches as they lie or shuffled."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.network = DenseNetwork.named(settings["network"])
        self.inputs, self.targets = self.network.data()
        self.rows = {"inputs": np.concatenate(self.inputs), "targets": np.concatenate(self.targets)}
        self.random = np.random.default_rng(0)
        self.trainer = self._prepared()
        self.batches = self._batches()

    def _prepared(self) -> dr.Trainer:
        sizes, activations = self.network.sizes, self.network.activations
        layers = [dr.Dense(*pair, activation=name) for *pair, name in zip(sizes, sizes[1:], activations, strict=False)]
        net = dr.Network(layers)
        for (weight, bias), layer in zip(self.network.first_values(), net.layers, strict=True):
            layer.parameters["weight"].value, layer.parameters["bias"].value = weight, bias
        objective = dr.SoftmaxCrossEntropy() if self.network.classes else dr.SquaredError()
        return dr.Trainer(objective.loss(net), dr.Adam(self.network.learning_rate), threads=self.settings["threads"])

    def _batches(self) -> Iterator[dict[str, Array]]:
        """Return batches of epoch after epoch, one by one."""
        pairs = zip(self.inputs, self.targets, strict=True)
        return cycle([{"inputs": inputs, "targets": targets} for inputs, targets in pairs])

    def warm_up(self) -> None:
        """Take the steps of an epoch."""
        for _ in range(len(self.inputs)):
            self.step()

    def step(self) -> int:
        """Take a step, or those of an epoch; return how many."""
        if self.settings["steps_a_call"] == 1:
            self.trainer.step(next(self.batches))
            return 1
        random = self.random if self.settings.get("shuffled") else None
        return len(list(self.trainer.losses(Minibatches(self.rows, self.network.batch, random))))

    def finish(self) -> None:
        """Do nothing: every step comes to its end."""

    def losses(self) -> list[float]:
        """Return the losses of a few steps from the first values."""
        trainer = self._prepared()
        return [trainer.step(feeds) for feeds in islice(self._batches(), 4)]

    def details(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}
