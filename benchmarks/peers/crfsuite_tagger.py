"""A linear-chain conditional random field by python-crfsuite: train TRAIN DEV MODEL, tag MODEL FILE OUT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pycrfsuite

from benchmarks.peers.sentences import Tag, main, read_labelled
from deltarule.text.features import FEATURES

ITERATIONS = 100
NEAR = ("word", "shape", "suffix3")


def train(train: Path, dev: Path, model: Path, quick: bool) -> None:
    """Train by L-BFGS with an elastic net, for a usual number of iterations."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for words, labels in read_labelled(train):
        trainer.append(attributes(words), labels)
    trainer.set_params({"c1": 0.1, "c2": 0.01, "max_iterations": 5 if quick else ITERATIONS})
    trainer.train(str(model))


def attributes(words: list[str]) -> list[list[str]]:
    """Return the attributes of each word: all features of its own, some of its neighbours', the words next to these."""
    padded = ["<begin>", "<begin>", *words, "<end>", "<end>"]
    return [
        own(word) + near(before, -1) + near(after, 1) + far(first, -2) + far(last, 2)
        for first, before, word, after, last in zip(
            padded, padded[1:], padded[2:], padded[3:], padded[4:], strict=False
        )
    ]


@cache
def own(word: str) -> list[str]:
    """Return the attributes of a word itself; words recur, so they are made once."""
    return ["bias", *(f"{name}={feature(word)}" for name, feature in FEATURES.items())]


@cache
def near(word: str, place: int) -> list[str]:
    """Return those of the word before or behind."""
    return [f"{place}:{name}={FEATURES[name](word)}" for name in NEAR]


@cache
def far(word: str, place: int) -> list[str]:
    """Return those of the word before or behind that."""
    return [f"{place}:word={FEATURES['word'](word)}"]


def load(model: Path) -> Tag:
    """Return a function that labels sentences."""
    tagger = pycrfsuite.Tagger()
    tagger.open(str(model))

    def tag(sentences: list[list[str]]) -> Iterator[Iterable[str]]:
        return (tagger.tag(attributes(words)) for words in sentences)

    return tag


if __name__ == "__main__":
    main(train, load)
