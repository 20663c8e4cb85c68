"""Word vectors: read from files of GloVe, word2vec, fastText and deltarule, written, and looked at."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from io import BufferedReader
from itertools import chain, compress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.text.decimals import parse_decimals
from deltarule.text.features import fold
from deltarule.text.files import GZIP_MAGIC, FilePath
from deltarule.text.vector_files import read_binary, read_safetensors, write_vectors

__all__ = ["WordVectors", "read_vectors"]

_BLOCK = 1 << 16  # bytes of text parsed at once: enough to amortise NumPy calls, few enough to stay in the cache
_SHOWN = 60


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    Parameters
    ----------
    words : tuple of str
        Distinct words.
    matrix : array of float32, shape (words, dimension)
        One row for each word.

    Examples
    --------
    >>> vectors = WordVectors(("king", "queen", "apple"), np.array([[2, 1], [1, 1], [-1, 2]], np.float32))
    >>> [(word, round(cosine, 2)) for word, cosine in vectors.nearest("king")]
    [('queen', 0.95), ('apple', 0.0)]
    """

    words: tuple[str, ...]
    matrix: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dimension(self) -> int:
        """The number of values of a vector."""
        return int(self.matrix.shape[1])

    def nearest(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """Find the words whose vectors point most nearly the same way: cosine x·y / (‖x‖ ‖y‖).

        Parameters
        ----------
        word : str
            A word that has a vector; if only its folded form (lower case, 0 for every digit) has one, that is taken.
        count : int
            How many neighbours to return.

        Returns
        -------
        list of pairs of str and float
            Neighbours with their cosines, the nearest first.

        Raises
        ------
        InputError
            If the word has no vector; the message suggests words of similar spelling.
        """
        row = self._rows.get(word, self._rows.get(fold(word)))
        if row is None:
            raise InputError(f"there is no vector of {word!r}{self._suggestion(word)}")
        if count < 1:
            raise InputError(f"at least one neighbour must be asked for, not {count}")
        cosines: NDArray[np.float32] = self._directions @ self._directions[row]
        cosines[row] = -np.inf
        count = min(count, len(self) - 1)
        candidates = np.argpartition(-cosines, count - 1)[:count] if count else np.empty(0, np.intp)
        ordered = candidates[np.lexsort((candidates, -cosines[candidates]))]
        return [(self.words[neighbour], float(cosines[neighbour])) for neighbour in ordered]

    def save(self, path: FilePath) -> None:
        """Write the vectors; a file that is there is replaced only when the new one is complete.

        Parameters
        ----------
        path : str or path
            Ends in .txt or .vec for word2vec text (.txt.gz and .vec.gz for gzip), which has six decimals, or in
            .safetensors, which has all digits.

        Raises
        ------
        InputError
            If the name ends in anything else, or the file cannot be written there.
        """
        write_vectors(path, self.words, self.matrix)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def _directions(self) -> NDArray[np.float32]:
        """Vectors of length 1; those of length 0 stay as they are."""
        lengths = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return (self.matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)

    def _suggestion(self, word: str) -> str:
        """Name words of similar spelling; of a large vocabulary, only those of similar length are looked at."""
        similar = [other for other in self.words if abs(len(other) - len(word)) <= 2]
        close = get_close_matches(fold(word), similar, n=3, cutoff=0.75)
        return f"; did you mean {' or '.join(map(repr, close))}?" if close else "; choose a word of the file"


class _Header(NamedTuple):
    """What the beginning of a file tells: the length of vectors, and the number of lines if word2vec wrote it."""

    dimension: int
    announced: int | None


def read_vectors(
    path: FilePath, *, progress: Callable[[float], None] | None = None, limit: int | None = None
) -> WordVectors:
    """Read word vectors.

    A text has a word and its values on each line, divided by spaces; the line "count dimension" that word2vec and
    fastText (``.vec``) write first is understood, and words may contain spaces, as in glove.840B. Files whose names end
    in ``.bin`` or ``.bin.gz`` are word2vec's binary form, those in ``.safetensors`` what `WordVectors.save` writes.
    Where a word occurs twice, its first vector counts.

    Parameters
    ----------
    path : str or path
        The file; gzip is decompressed.
    progress : callable, optional
        Called about a hundred times with the fraction of the file read, at last with 1.
    limit : int, optional
        Read only so many lines; files begin with the most frequent words.

    Returns
    -------
    WordVectors

    Raises
    ------
    InputError
        If the file cannot be read, or a line has too many or too few values, or one that is not a finite number.
    """
    name = str(path).lower()
    if name.endswith(".safetensors"):
        words, matrix = read_safetensors(path, limit)
        if progress is not None:
            progress(1.0)
        return _without_duplicates(words, matrix)
    if name.endswith((".bin", ".bin.gz")):
        words, matrix = _read_binary(path, limit)
        if progress is not None:
            progress(1.0)
        return _without_duplicates(words, matrix)
    return _read_text(path, progress, limit)


def _read_binary(path: FilePath, limit: int | None) -> tuple[list[bytes], NDArray[np.float32]]:
    """Read word2vec's binary form."""
    with _opened(path) as (file, _):
        header, _ = _read_header(file, path)
        if header.announced is None:
            raise InputError(f"{path}:1: expected the number of vectors and their dimension, as word2vec writes them")
        count = header.announced if limit is None else min(limit, header.announced)
        return read_binary(file, path, count, header.dimension)


def _read_text(path: FilePath, progress: Callable[[float], None] | None, limit: int | None) -> WordVectors:
    """Read the text of GloVe, word2vec or fastText."""
    words: list[bytes] = []
    rows: list[NDArray[np.float32]] = []
    with _opened(path) as (file, fraction_read):
        header, first_lines = _read_header(file, path)
        reported, line_number = 0.0, 1 if header.announced is None else 2
        for lines in chain(first_lines, iter(lambda: file.readlines(_BLOCK), [])):
            if limit is not None:
                lines = lines[: limit - len(words)]
            block_words, matrix = _parse_block(lines, header.dimension, f"{path}", line_number)
            words += block_words
            rows.append(matrix)
            line_number += len(lines)
            if progress is not None and fraction_read() >= reported + 0.01:
                reported = fraction_read()
                progress(reported)
            if limit is not None and len(words) >= limit:
                break
    if limit is None and header.announced is not None and len(words) < header.announced:
        raise InputError(f"{path}: {header.announced} vectors announced, {len(words)} found; download the file again")
    if progress is not None and reported < 1:
        progress(1.0)
    return _without_duplicates(words, np.concatenate(rows))


@contextmanager
def _opened(path: FilePath) -> Iterator[tuple[BinaryIO, Callable[[], float]]]:
    """Open a file, gzip or not, with a function that tells the fraction read."""
    try:
        with Path(path).open("rb") as raw:
            size = max(Path(path).stat().st_size, 1)
            packed = raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
            # Reading through a second buffer is several times faster than line by line from gzip.
            file = BufferedReader(gzip.GzipFile(fileobj=raw), _BLOCK) if packed else raw
            yield cast(BinaryIO, file), lambda: raw.tell() / size
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a directory; name a file in it") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read: {error}; check the path, or download the file again") from None


def _read_header(file: BinaryIO, path: FilePath) -> tuple[_Header, list[list[bytes]]]:
    """Read up to the first vector; return what that tells, and the block of the vector's line."""
    first = file.readline()
    fields = first.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        count, dimension = map(int, fields)
        if count == 0 or dimension == 0:
            raise InputError(f"{path}:1: no vectors announced: {first[:_SHOWN]!r}; download the file again")
        return _Header(dimension, count), []
    if len(fields) < 2:
        raise InputError(
            f"{path}:1: expected a word and the values of its vector: {_shown(first)!r}; "
            "give a file of GloVe or word2vec text"
        )
    return _Header(len(fields) - 1, None), [[first]]


def _parse_block(
    lines: Sequence[bytes], dimension: int, path: str, first_number: int
) -> tuple[list[bytes], NDArray[np.float32]]:
    """Parse lines; those of the common form all at once, the others one by one."""
    pairs = [line.rstrip().partition(b" ")[::2] for line in lines]
    common = [bool(word) and values.count(b" ") == dimension - 1 and b"e" not in values for word, values in pairs]
    numbers = parse_decimals(b" ".join([values for (_, values), fits in zip(pairs, common, strict=True) if fits]))
    if numbers is None:
        common, numbers = [False] * len(lines), np.empty(0)
    words = [word for word, _ in pairs]
    matrix = np.empty((len(lines), dimension), np.float32)
    matrix[common] = numbers.reshape(-1, dimension)
    for row, line in enumerate(lines):
        if not common[row] and not line.isspace():
            words[row], matrix[row] = _parse_line(line, dimension, f"{path}:{first_number + row}")
    kept = [bool(word) for word in words]  # empty lines have no word
    return (words, matrix) if all(kept) else (list(compress(words, kept)), matrix[kept])


def _parse_line(line: bytes, dimension: int, where: str) -> tuple[bytes, NDArray[np.float32]]:
    """Parse one line, whose word may contain spaces."""
    word, *values = line.rsplit(None, dimension) or [b""]
    if len(values) != dimension or (len(word.split()) > 1 and _is_number(word.split()[-1])):
        found = len(line.split()) - 1
        raise InputError(
            f"{where}: expected a word and {dimension} values, found {max(found, 0)}: {_shown(line)!r}; "
            "correct or drop the line, or download the file again"
        )
    try:
        with np.errstate(over="ignore"):
            vector = np.array(values, np.float64).astype(np.float32)
        finite = bool(np.isfinite(vector).all())
    except ValueError:
        finite = False
    if not finite:
        culprit = next(value for value in values if not _is_number(value))
        raise InputError(
            f"{where}: {_shown(culprit)!r} is not a finite number: {_shown(line)!r}; correct or drop the line"
        )
    return word, vector


def _is_number(value: bytes) -> bool:
    """Tell whether a value is a number that fits in float32."""
    try:
        return abs(float(value)) <= float(np.finfo(np.float32).max)
    except ValueError:
        return False


def _without_duplicates(words: Sequence[bytes], matrix: NDArray[np.float32]) -> WordVectors:
    # A word that is not UTF-8 can match no token; it does no harm with a replacement character in it.
    first_rows: dict[str, int] = {}
    for row, word in enumerate(words):
        first_rows.setdefault(word.decode("utf-8", "replace"), row)
    if len(first_rows) < len(words):
        matrix = matrix[list(first_rows.values())]
    return WordVectors(tuple(first_rows), matrix)


def _shown(line: bytes) -> str:
    return line[:_SHOWN].strip().decode("utf-8", "replace")
