"""What peers that label sentences share: reading files of tokens, and tagging a file in several processes."""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Labelled", "Tag", "main", "read_labelled", "sentences_of"]

Tag = Callable[[list[list[str]]], Iterable[Iterable[str]]]
"""Labels sentences, each a list of words."""
SENTENCES = 2048  # of a task of a process

_tag: Tag


class Labelled(NamedTuple):
    """The words of a sentence and their labels."""

    words: list[str]
    labels: list[str]


def sentences_of(path: Path) -> Iterator[list[str]]:
    """Yield the lines of each sentence of a file, which empty lines end."""
    sentence: list[str] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line != "\n":
                sentence.append(line.rstrip("\n"))
            elif sentence:
                yield sentence
                sentence = []
    if sentence:
        yield sentence


def read_labelled(path: Path) -> list[Labelled]:
    """Read sentences of words and labels in two columns."""
    pairs = ([line.split("\t") for line in lines] for lines in sentences_of(path))
    return [Labelled([pair[0] for pair in sentence], [pair[-1] for pair in sentence]) for sentence in pairs]


def tag_file(tag: Tag, file: Path, out: Path, processes: int) -> None:
    """Write each token with its label, by several processes that share the model, which was loaded before."""
    global _tag
    _tag = tag
    sentences = sentences_of(file)
    blocks = iter(lambda: list(islice(sentences, SENTENCES)), [])
    with out.open("w", encoding="utf-8") as stream:
        if processes == 1:
            stream.writelines(map(_tagged, blocks))
        else:
            with multiprocessing.get_context("fork").Pool(processes) as pool:
                stream.writelines(pool.imap(_tagged, blocks))


def _tagged(sentences: list[list[str]]) -> str:
    """Write out a block of sentences with their labels."""
    lines = []
    for words, labels in zip(sentences, _tag(sentences), strict=True):
        lines += [f"{word}\t{label}\n" for word, label in zip(words, labels, strict=True)]
        lines.append("\n")
    return "".join(lines)


def main(train: Callable[[Path, Path, Path, bool], Any], load: Callable[[Path], Tag]) -> None:
    """Run a peer's commands: train TRAIN DEV MODEL, and tag MODEL FILE OUT."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("files", nargs=3, type=Path, metavar="TRAIN DEV MODEL")
    training.add_argument("--quick", action="store_true")
    tagging = commands.add_parser("tag")
    tagging.add_argument("files", nargs=3, type=Path, metavar="MODEL FILE OUT")
    tagging.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.command == "train":
        train(*arguments.files, arguments.quick)
    else:
        model, file, out = arguments.files
        tag_file(load(model), file, out, arguments.processes)
