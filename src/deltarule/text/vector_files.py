"""Files of word vectors other than text to be read, and all those that are written; the suffix tells which is meant."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from deltarule.errors import InputError
from deltarule.text.files import FilePath

__all__ = ["check_vector_file", "read_binary", "read_safetensors", "replaced_file", "write_vectors"]

Matrix = NDArray[np.float32]

_SUFFIXES = (".txt", ".vec", ".txt.gz", ".vec.gz", ".safetensors")
_LONGEST_WORD = 1 << 16


def check_vector_file(path: FilePath) -> None:
    """Raise `InputError` now, before any training, where vectors could not be written later.

    Examples
    --------
    >>> check_vector_file("vectors.bin")
    Traceback (most recent call last):
    deltarule.errors.InputError: vectors.bin: the end of the name says how vectors are written; choose .txt, .vec,
    .txt.gz, .vec.gz, .safetensors
    """
    if not str(path).lower().endswith(_SUFFIXES):
        raise InputError(f"{path}: the end of the name says how vectors are written; choose {', '.join(_SUFFIXES)}")
    if Path(path).is_dir():
        raise InputError(f"{path}: this is a directory; name a file in it")
    parent = Path(path).resolve().parent
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"{path}: {parent} is no writable directory; choose another")


def write_vectors(path: FilePath, words: Sequence[str], matrix: Matrix) -> None:
    """Write vectors in the form that the suffix asks for; the file appears only when it is complete.

    Parameters
    ----------
    path : a name that ends in .txt or .vec (word2vec text, with .gz behind it gzip) or .safetensors
    words, matrix : the words and a row for each

    Raises
    ------
    InputError
        If the suffix is another, the file cannot be written, or a word has a line feed in it.
    """
    check_vector_file(path)
    unsafe = next((word for word in words if "\n" in word or not word), None)
    if unsafe is not None:
        raise InputError(f"{path}: the word {unsafe!r} cannot be written on a line; drop it")
    name = str(path).lower()
    with replaced_file(path) as file:
        if name.endswith(".safetensors"):
            letters = np.frombuffer("\n".join(words).encode(), np.uint8)
            tensors: dict[str, NDArray[Any]] = {"vectors": np.ascontiguousarray(matrix, np.float32), "words": letters}
            file.write(save(tensors, {"words": "UTF-8, one a line, in the order of the rows of vectors"}))
        elif name.endswith(".gz"):
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
                packed.writelines(_lines(words, matrix))
        else:
            file.writelines(_lines(words, matrix))


class replaced_file:  # noqa: N801 - used as a function, like contextlib's closing
    """Open a temporary file beside a path, which takes its name when all went well."""

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path).resolve()

    def __enter__(self) -> BinaryIO:
        self.workspace = tempfile.TemporaryDirectory(prefix=f".{self.path.name}.", dir=self.path.parent)
        self.file = (Path(self.workspace.name) / self.path.name).open("wb")
        return self.file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.file.close()
        if kind is None:
            Path(self.file.name).replace(self.path)
        self.workspace.cleanup()


def _lines(words: Sequence[str], matrix: Matrix) -> Iterator[bytes]:
    """Yield the lines of word2vec text: count and dimension, then a word and its values each."""
    count, dimension = matrix.shape
    yield f"{count} {dimension}\n".encode()
    values = " %.6f" * dimension + "\n"
    for word, row in zip(words, matrix, strict=True):
        yield f"{word}{values % tuple(row.tolist())}".encode()


def read_safetensors(path: FilePath, limit: int | None = None) -> tuple[list[bytes], Matrix]:
    """Read vectors that `write_vectors` wrote as safetensors.

    Returns
    -------
    words, and the rows of their vectors
    """
    try:
        with safe_open(path, "numpy") as file:
            missing = {"vectors", "words"} - set(file.keys())
            if missing:
                raise InputError(
                    f"{path}: there is no tensor {' nor '.join(map(repr, sorted(missing)))} in it; give a file that"
                    " deltarule vectors wrote"
                )
            matrix, letters = file.get_slice("vectors")[:limit], file.get_tensor("words")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the path") from None
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read: {error}; check the path, or write the file again") from None
    words = letters.tobytes().split(b"\n")[:limit] if letters.size else []
    if letters.dtype != np.uint8 or matrix.ndim != 2 or matrix.dtype != np.float32 or len(words) != len(matrix):
        raise InputError(
            f"{path}: {len(words)} words and vectors of {matrix.dtype} of shape {matrix.shape} do not fit; write the"
            " file again"
        )
    if not np.isfinite(matrix).all():
        raise InputError(f"{path}: there are values that are not finite numbers in it; write the file again")
    return words, matrix


def read_binary(file: BinaryIO, path: FilePath, count: int, dimension: int) -> tuple[list[bytes], Matrix]:
    """Read word2vec's binary form behind its first line: a word, a space, and values as float32, little-endian.

    Parameters
    ----------
    file, path : the file behind its first line, and its name for messages
    count, dimension : what the first line says

    Returns
    -------
    words, and the rows of their vectors
    """
    words: list[bytes] = []
    matrix = np.empty((count, dimension), np.float32)
    for row in range(count):
        word = bytearray()
        while (letter := file.read(1)) not in (b" ", b"") and len(word) < _LONGEST_WORD:
            word += letter
        values = file.read(4 * dimension)
        if letter != b" " or len(values) < 4 * dimension:
            raise InputError(f"{path}: {count} vectors announced, {row} found; download the file again")
        words.append(bytes(word).lstrip(b"\n"))
        matrix[row] = np.frombuffer(values, "<f4")
        if not np.isfinite(matrix[row]).all():
            raise InputError(
                f"{path}: the vector of {words[-1].decode('utf-8', 'replace')!r}, number {row + 1}, has values that are"
                " not finite numbers; download the file again"
            )
    return words, matrix
