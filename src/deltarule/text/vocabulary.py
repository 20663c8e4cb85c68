"""Vocabularies: numbers for strings, stored as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.text.files import FilePath, read_bytes

__all__ = ["BOUNDARY", "UNKNOWN", "Vocabulary"]

UNKNOWN = 0
"""The id of every string that is not in the vocabulary."""
BOUNDARY = 1
"""The id of what lies beyond a sentence's ends."""

_RESERVED = ("<unknown>", "<boundary>")
# Everything that some program takes for the end of a line, lone surrogates (UTF-8 has none), and the escape itself.
_UNSAFE = re.compile("[\\\\\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(u[0-9a-f]{4}|.?)", re.DOTALL)
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {"\\": "\\", "n": "\n", "r": "\r"}


class Vocabulary:
    """Numbers for strings; 0 is any unknown string, 1 the boundary of a sentence, entries count from 2.

    Parameters
    ----------
    entries : sequence of str
        Distinct strings, in the order of their ids. A text's own word "<unknown>" may be among them, as any other.

    Raises
    ------
    InputError
        If a string occurs twice.

    Examples
    --------
    >>> vocabulary = Vocabulary(["the", "of"])
    >>> vocabulary.ids(["of", "paris", "the"])
    array([3, 0, 2], dtype=int32)
    >>> len(vocabulary), "of" in vocabulary, vocabulary[3], vocabulary[0]
    (4, True, 'of', '<unknown>')
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self.entries = tuple(entries)
        self._ids = {entry: number for number, entry in enumerate(self.entries, start=len(_RESERVED))}
        if len(self._ids) != len(self.entries):
            twice = next(entry for number, entry in enumerate(self.entries) if entry in self.entries[:number])
            raise InputError(f"{twice!r} occurs twice in a vocabulary; give each entry once")

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], minimum: int = 1) -> Vocabulary:
        """Build a vocabulary from counted strings, the most frequent first, ties in alphabetical order.

        Parameters
        ----------
        counts : mapping of str to int
            How often each string occurs.
        minimum : int
            Strings that occur less often are left out.

        Returns
        -------
        Vocabulary

        Examples
        --------
        >>> Vocabulary.from_counts({"b": 2, "a": 2, "c": 5, "d": 1}, minimum=2).entries
        ('c', 'a', 'b')
        """
        frequent = [entry for entry, count in counts.items() if count >= minimum]
        return cls(sorted(frequent, key=lambda entry: (-counts[entry], entry)))

    def __len__(self) -> int:
        return len(_RESERVED) + len(self.entries)

    def __contains__(self, entry: object) -> bool:
        return entry in self._ids

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise IndexError(f"there is no id {number} in a vocabulary of {len(self)}")
        return _RESERVED[number] if number < len(_RESERVED) else self.entries[number - len(_RESERVED)]

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.entries)} entries)"

    def ids(self, strings: Iterable[str]) -> NDArray[np.int32]:
        """Look up the ids of strings; 0 for those that are not entries."""
        return np.fromiter(map(self._ids.get, strings, repeat(UNKNOWN)), np.int32)

    def write(self, path: FilePath) -> None:
        """Write the entries as UTF-8 text, one a line, with backslash escapes for what would break lines."""
        lines = "".join(_escape(entry) + "\n" for entry in self.entries)
        Path(path).write_bytes(lines.encode())

    @classmethod
    def read(cls, path: FilePath) -> Vocabulary:
        """Read a vocabulary that `write` wrote.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        Vocabulary

        Raises
        ------
        InputError
            If the file cannot be read, is damaged, or has an entry twice.
        """
        try:
            text = read_bytes(path).decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}: not a vocabulary: {error.reason} at byte {error.start}; write it again"
            ) from None
        entries = text.split("\n")[:-1]
        if "\\" in text:
            entries = [_unescape(line, f"{path}:{number}") for number, line in enumerate(entries, start=1)]
        if text and not text.endswith("\n"):
            raise InputError(f"{path}: the last line is not complete; write the vocabulary again")
        try:
            return cls(entries)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None


def _escape(entry: str) -> str:
    return _UNSAFE.sub(lambda match: _ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}"), entry)


def _unescape(line: str, where: str) -> str:
    def character(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _UNESCAPES:
            raise InputError(f"{where}: unknown escape {match[0]!r}: {line!r}; write a backslash as two")
        return _UNESCAPES[escape]

    return _ESCAPED.sub(character, line)
