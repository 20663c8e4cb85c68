"""`deltarule tag` from a file of tokens to a file of labels, in words a second from start to end."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

import deltarule as dr
from benchmarks.commands import Run, run
from benchmarks.corpus import CorpusFiles
from benchmarks.machine import cores
from benchmarks.participants import Pace, ParticipantError, say
from deltarule.tagging.evaluation import evaluate_labels
from deltarule.tagging.labelling import sentences_of_labels

__all__ = ["measure"]

WORDS, QUICK_WORDS = 20_000_000, 200_000
PEER_SECONDS = 25.0  # of a run of a peer, which gets as much of the file as that takes
SAMPLES = 5_000, 100_000  # words from which a peer's speed is estimated


@dataclass
class Tagging:
    """A participant: its commands to train and to tag, and the part of the file that it tags."""

    name: str
    train: list[str | Path]
    tag: list[str | Path]
    ways: list[list[str]]
    words: int


def measure(files: CorpusFiles, pace: Pace) -> list[dict[str, Any]]:
    """Train all participants on the same data, and let them tag the same file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = Texts(files, folder)
        total = QUICK_WORDS if pace.quick else WORDS
        results: list[dict[str, Any]] = []
        until = time.monotonic() + pace.patience
        ready = []
        for participant in participants(files, folder, total, pace.quick):
            result: dict[str, Any] = {"name": participant.name, "rates": [], "others": []}
            results.append(result)
            try:
                result["details"] = prepare(participant, texts, pace)
                result["settings"] = {"options": participant.ways[0]}
                ready.append((participant, result))
            except ParticipantError as error:
                result["failed"] = str(error)
        for _ in range(pace.repeats):
            for participant, result in ready:
                done = tagged(participant, texts.of(participant.words), texts, until)
                result["rates"].append(participant.words / done.seconds)
                result["others"].append(done.others)
                result["details"]["memory"] = max(result["details"].get("memory", 0), done.memory)
                say(f"  {participant.name}: {participant.words / done.seconds:,.0f} words a second")
        return [{"forms": texts.forms, "participants": results}]


def participants(files: CorpusFiles, folder: Path, words: int, quick: bool) -> list[Tagging]:
    """List who takes part."""
    train, dev = files.part("train"), files.part("dev")
    deltarule: list[str | Path] = [Path(sys.executable).parent / "deltarule"]
    vectors: list[str | Path] = ["--vectors", files.vectors] if files.vectors else []
    fast = ["--epochs", "1"] if quick else []
    ours = folder / "deltarule"
    found = [
        Tagging(
            "deltarule",
            [*deltarule, "train", train, "--dev", dev, *vectors, "-o", ours, "--json", *fast],
            [*deltarule, "tag", ours],
            [[]],
            words,
        )
    ]
    processes = [["--processes", str(count)] for count in sorted({1, cores()})]
    for name in ("spacy", "crfsuite"):
        peer: list[str | Path] = [sys.executable, "-m", f"benchmarks.peers.{name}_tagger"]
        model, quickly = folder / name, ["--quick"] if quick else []
        title = {"spacy": "spaCy, CNN tagger", "crfsuite": "python-crfsuite"}[name]
        training = [*peer, "train", train, dev, model, *quickly]
        found.append(Tagging(title, training, [*peer, "tag", model], processes, words))
    return found


def prepare(participant: Tagging, texts: Texts, pace: Pace) -> dict[str, Any]:
    """Train a participant, find its F1 on the test part, its fastest way and how many words it shall tag."""
    say(f"  {participant.name}: training")
    if participant.name == "deltarule":
        run([*participant.train, "--epochs", "1"])  # compiles kernels, if this is their first use
    trained = run(participant.train)
    tagged(participant, texts.test, texts)
    f1 = texts.f1()
    if participant.name != "deltarule":
        few, many = SAMPLES
        few_seconds = tagged(participant, texts.of(few), texts).seconds
        seconds = []
        for way in participant.ways:
            participant.ways = [way]
            seconds.append((tagged(participant, texts.of(many), texts).seconds, way))
        best, way = min(seconds)
        participant.ways = [way]
        rate = (many - few) / max(best - few_seconds, 0.05)
        participant.words = min(participant.words, max(many, round(rate * (1 if pace.quick else PEER_SECONDS))))
    note = f"trained in {trained.seconds:.0f} s" + (
        f", run with {' '.join(way)}" if (way := participant.ways[0]) else ""
    )
    return {"words": participant.words, "f1": f1, "training_seconds": trained.seconds, "note": note}


def tagged(participant: Tagging, file: Path, texts: Texts, until: float = 0.0) -> Run:
    """Tag a file in the first of the participant's ways."""
    is_ours = participant.name == "deltarule"
    out = [*(["-o"] if is_ours else []), texts.out]
    return run([*participant.tag, file, *out, *participant.ways[0]], until=until)


class Texts:
    """Files of tokens: sentences of a corpus in random order, over and over, and those of its test part."""

    def __init__(self, files: CorpusFiles, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "labels.conll"
        corpora = [dr.read_corpus(files.part(name)) for name in ("train", "dev", "test")]
        self.sentences = [corpus.words(number) for corpus in corpora for number in range(corpus.sentences)]
        self.forms = len({form for corpus in corpora for form in corpus.forms})
        self.test_corpus = corpora[-1]
        self.test = folder / "test.tokens"
        write_sentences(self.test, (self.test_corpus.words(n) for n in range(self.test_corpus.sentences)))

    def of(self, words: int) -> Path:
        """Return the file of the first so many words."""
        path = self.folder / f"{words}.tokens"
        if not path.exists():
            write_sentences(path, self._cut(words))
        return path

    def f1(self) -> float:
        """Return F1 of the labels last written, for the test part."""
        predicted = dr.read_corpus(self.out)
        labels = [predicted.sentence_labels(number) for number in range(predicted.sentences)]
        return evaluate_labels(sentences_of_labels(self.test_corpus), labels, plain=False).overall.f1

    def _cut(self, words: int) -> Iterator[list[str]]:
        """Yield sentences in random order until there are so many words; the last is cut short."""
        random = np.random.default_rng(0)
        orders = (random.permutation(len(self.sentences)) for _ in iter(int, 1))
        for number in chain.from_iterable(orders):
            sentence = list(self.sentences[number])[:words]
            yield sentence
            words -= len(sentence)
            if not words:
                return


def write_sentences(path: Path, sentences: Iterator[list[str]]) -> None:
    """Write a token a line, and an empty line after each sentence."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines("\n".join(sentence) + "\n\n" for sentence in sentences)
