"""The training of a tagger: steps over batches of sentences, and the score on development data after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from deltarule.execution.reference import Feeds
from deltarule.tagging.batches import Sentences
from deltarule.tagging.evaluation import Evaluation
from deltarule.tagging.model import TaggingModel
from deltarule.text import Corpus
from deltarule.training.epochs import Epoch, History, Watch, best_epoch_kept
from deltarule.training.schedules import schedule
from deltarule.training.stack import Stack
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import update_rule

__all__ = ["Progress", "TrainingRun"]

_WATCHED = 4  # batches that a watch looks at


@dataclass(frozen=True)
class Progress:
    """Functions that are called while a tagger trains; each may be left out.

    Attributes
    ----------
    vectors : with the fraction of the vector file read
    step : with the number of the epoch, and the fraction of it that is done
    epoch : with each finished epoch and its evaluation on development data, if there is any
    """

    vectors: Callable[[float], None] | None = None
    step: Callable[[int, float], None] | None = None
    epoch: Callable[[Epoch, Evaluation | None], None] | None = None


class TrainingRun:
    """Trains the network of a model.

    Parameters
    ----------
    model : the model, which is changed in place; its settings say how to train
    sentences : of the training corpus, with labels
    dev : development data, if there is any
    progress : functions to call on the way
    threads : how many share the work, all cores for ``None``; the model does not depend on it
    watch : looks at the layers before training and after each epoch
    """

    def __init__(
        self,
        model: TaggingModel,
        sentences: Sentences,
        dev: Corpus | None = None,
        progress: Progress | None = None,
        threads: int | None = None,
        watch: Watch | None = None,
    ) -> None:
        config = model.config
        self.model, self.sentences, self.dev, self.threads = model, sentences, dev, threads
        self.progress, self.watch = progress or Progress(), watch
        self.random = np.random.default_rng(config.seed)
        # A sentence is never cut, so there are at most as many batches as sentences.
        self.steps_an_epoch = min(-(-len(sentences.corpus) // config.batch), sentences.corpus.sentences)
        self.epoch = 0
        self.evaluation: Evaluation | None = None
        words = model.network.parameters.get("word.vectors")
        self.trainer = Trainer(
            model.network.loss,
            update_rule(config.update_rule, config.learning_rate),
            schedule=schedule(config.schedule, config.warm_up),
            steps=config.epochs * self.steps_an_epoch,
            frozen=[] if config.trainable_vectors or words is None else [words],
            clip=config.clip,
            seed=config.seed,
            threads=threads,
        )

    def finish(self, history: History) -> None:
        """Train for all epochs, and leave the parameters of the best one in place."""
        config = self.model.config
        if self.watch:
            self.watched = self._batches_to_watch()
            self.watch(self.trainer, self.watched, None)
        best_epoch_kept(
            self.trainer,
            self.batches,
            config.epochs,
            score=None if self.dev is None else self._score,
            patience=config.patience,
            on_step=self._after_step,
            on_epoch=self._after_epoch,
            history=history,
        )

    def batches(self, epoch: int) -> Iterator[Stack]:
        """Yield the batches of an epoch."""
        self.epoch = epoch
        return self.sentences.stacks(self.model.config.batch, self.random)

    def _batches_to_watch(self) -> list[Feeds]:
        """Choose a few batches, by a generator of their own: training goes the same way with a watch and without."""
        batches = self.sentences.batches(self.model.config.batch, np.random.default_rng(0))
        return [self.sentences.feeds(batch) for batch in islice(batches, _WATCHED)]

    def _score(self) -> float:
        """Return F1 on development data, or accuracy where labels mark no chunks."""
        assert self.dev is not None
        self.evaluation = self.model.evaluate(self.dev, self.threads)
        return self.evaluation.accuracy if self.model.labelling.plain else self.evaluation.overall.f1

    def _after_step(self, step: int, loss: float) -> None:
        """Report how much of the epoch is done."""
        if self.progress.step:
            self.progress.step(self.epoch, min(1.0, step / self.steps_an_epoch))

    def _after_epoch(self, epoch: Epoch) -> None:
        """Report the epoch."""
        if self.watch:
            self.watch(self.trainer, self.watched, epoch)
        if self.progress.epoch:
            self.progress.epoch(epoch, self.evaluation)
