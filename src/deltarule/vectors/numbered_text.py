"""Texts of any length as numbers of words: divided and counted once, then read from a temporary file in every epoch."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.text import FilePath, Vocabulary, fold, plain_corpora, read_blocks

__all__ = ["NumberedText", "Sentences"]

_BLOCK = 1 << 20  # bytes of text divided at once
_SENTENCE_END = -1
_TOKENS = 1 << 20  # that are in memory at once


@dataclass(frozen=True, eq=False)
class Sentences:
    """Some sentences of a text.

    Attributes
    ----------
    words : ids in the vocabulary, of shape (tokens,), int32
    offsets : sentence i is words ``offsets[i]`` up to ``offsets[i + 1]``
    """

    words: NDArray[np.int32]
    offsets: NDArray[np.int32]


class NumberedText:
    """The folded words of some texts, as numbers; memory grows with the number of distinct words, not with the text.

    Parameters
    ----------
    texts : files of plain text; gzip is decompressed
    minimum_count : rarer words are unknown ones
    encoding : of the files
    progress : called with the fraction that was read, about, as a file that is packed is longer than it seems

    Attributes
    ----------
    vocabulary : the words, the most frequent first
    counts : how often each occurs in the texts, in the order of the vocabulary's entries
    tokens : how many there are
    digest : tells other texts, and other orders of them, apart

    Raises
    ------
    InputError
        If a file cannot be read, or fewer than two words occur often enough.
    """

    def __init__(
        self,
        texts: Sequence[FilePath],
        minimum_count: int = 1,
        *,
        encoding: str = "utf-8",
        progress: Callable[[float], None] | None = None,
    ) -> None:
        self._encoding = encoding
        self._numbers: dict[str, int] = {}
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="deltarule.")  # noqa: SIM115 - lives as long as the text
        self.tokens = 0
        try:
            self.digest = self._read(texts, minimum_count, progress)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> NumberedText:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary file."""
        self._file.close()

    def _read(self, texts: Sequence[FilePath], minimum_count: int, progress: Callable[[float], None] | None) -> str:
        """Read all files, then choose the vocabulary; return the digest."""
        digest = hashlib.sha256()
        for number, path in enumerate(texts):
            self._characters = 0
            for block in self._blocks(path):
                self._file.write(block)
                digest.update(block)
                if progress:
                    read = self._characters / max(1, Path(path).stat().st_size)
                    progress((number + min(read, 1.0)) / len(texts))
            if progress:
                progress((number + 1) / len(texts))
        self.vocabulary = Vocabulary.from_counts(
            dict(zip(self._numbers, self._counts.tolist(), strict=True)), minimum_count
        )
        if len(self.vocabulary.entries) < 2:
            raise InputError(
                f"{', '.join(map(str, texts))}: fewer than two words occur {minimum_count} times or more in"
                f" {self.tokens} words; give more text, or a lower minimum count"
            )
        digest.update("\n".join(self.vocabulary.entries).encode())
        self._ids = self.vocabulary.ids(self._numbers)
        self.counts = np.bincount(self._ids, self._counts, len(self.vocabulary))[2:].astype(np.int64)
        del self._numbers, self._counts
        return digest.hexdigest()

    def _blocks(self, path: FilePath) -> Iterator[bytes]:
        """Divide a file into words; yield the numbers of the words of each block of sentences, and count them."""
        for corpus in plain_corpora(read_blocks(path, size=_BLOCK, encoding=self._encoding), str(path)):
            if not len(corpus):
                continue
            own = np.fromiter((self._number(form) for form in corpus.forms), np.int32, len(corpus.forms))
            words = own[corpus.tokens]
            self._counts = np.pad(self._counts, (0, len(self._numbers) - len(self._counts)))
            self._counts += np.bincount(words, minlength=len(self._counts))
            self.tokens += len(words)
            self._characters += len(corpus.text or "")
            yield np.insert(words, corpus.sentence_offsets[1:], _SENTENCE_END).astype(np.int32).tobytes()

    def _number(self, form: str) -> int:
        return self._numbers.setdefault(fold(form), len(self._numbers))

    def sentences(self) -> Iterator[Sentences]:
        """Yield the whole text, about a million words at a time, in whole sentences."""
        self._file.seek(0)
        held: NDArray[np.int32] = np.zeros(0, np.int32)
        while block := self._file.read(4 * _TOKENS):
            held = np.concatenate([held, np.frombuffer(block, np.int32)])
            ends = np.flatnonzero(held == _SENTENCE_END)
            if len(ends):
                yield self._sentences(held[: ends[-1] + 1], ends)
                held = held[ends[-1] + 1 :]

    def _sentences(self, numbers: NDArray[np.int32], ends: NDArray[np.intp]) -> Sentences:
        """Replace the marks at ends of sentences by offsets, and numbers by ids."""
        words = self._ids[np.delete(numbers, ends)]
        return Sentences(words, np.concatenate([[0], ends - np.arange(len(ends))]).astype(np.int32))
