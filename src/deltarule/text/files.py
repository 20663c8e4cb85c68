"""Text files on disk: opened, decompressed and decoded, with errors that name the file, the line and the cure."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from os import PathLike
from typing import Any, TypeAlias

from deltarule.errors import InputError

__all__ = [
    "GZIP_MAGIC",
    "FilePath",
    "blocks_of",
    "decoded",
    "read_blocks",
    "read_bytes",
    "read_lines",
    "read_text",
]

FilePath: TypeAlias = "str | PathLike[str]"

GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = "\ufeff"


def read_bytes(path: FilePath) -> bytes:
    """Read the content of a file, decompressed if it is gzip (told by its first bytes, not by its name).

    Raises
    ------
    InputError
        If the file is missing, a directory, unreadable, or damaged gzip.
    """
    return b"".join(_read(path, -1))


def read_text(path: FilePath, encoding: str = "utf-8") -> str:
    r"""Read the text of a file, without byte order mark and with ``\n`` at the ends of lines.

    Parameters
    ----------
    path : str or path
        A text file; gzip is decompressed.
    encoding : str
        The name of its encoding.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the file cannot be read, or is not in this encoding; the message names line and byte.
    """
    return "".join(read_blocks(path, encoding, -1))


def read_blocks(path: FilePath, encoding: str = "utf-8", size: int = 1 << 20) -> Iterator[str]:
    """Read the text of a file in blocks, so that it need not fit into memory.

    Parameters
    ----------
    path, encoding : as for `read_text`
    size : int
        Bytes in a block, which goes on to the end of its last line if that is near; -1 for all in one.

    Yields
    ------
    str
        Texts that joined are what `read_text` returns.

    Raises
    ------
    InputError
        As for `read_text`, when the place that cannot be read is reached.
    """

    def complaint(line: int, error: UnicodeDecodeError) -> str:
        content, position = error.object, error.start
        return (
            f"{path}:{line}: byte 0x{content[position]:02x} is not {encoding}: {_line_at(content, position)!r}; "
            "name the file's encoding with --encoding (encoding=...), latin-1 for example"
        )

    try:
        yield from decoded(_read(path, size), encoding, complaint)
    except LookupError:
        raise InputError(f"{path}: there is no encoding {encoding!r}; try utf-8 or latin-1") from None


def read_lines(path: FilePath, encoding: str = "utf-8") -> list[str]:
    r"""Read the lines of a file; only ``\n`` and ``\r\n`` end a line, since words may contain rarer line separators.

    Raises
    ------
    InputError
        As for `read_text`, and if there is nothing but white space in the file.
    """
    text = read_text(path, encoding)
    if not text or text.isspace():
        raise InputError(f"{path}: the file is empty; one token a line was expected")
    return text.removesuffix("\n").split("\n")


def blocks_of(file: Any, size: int) -> Iterator[bytes]:
    """Read a binary file in blocks that end where a line ends, unless the line is as long as a block."""
    while block := file.read(size):
        yield block + file.readline(size)


def decoded(
    blocks: Iterable[bytes], encoding: str, complaint: Callable[[int, UnicodeDecodeError], str]
) -> Iterator[str]:
    r"""Decode a text in blocks, without byte order mark and with ``\n`` at the ends of lines.

    Parameters
    ----------
    blocks : bytes that may be cut anywhere
    encoding : their encoding; a `LookupError` if there is none of that name
    complaint : makes the message of the `InputError` for bytes that are not in this encoding, from the number of their
        line and the error
    """
    " ".encode(encoding)  # complains of encodings that are none of text
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, begun, held = 0, False, ""
    for block, following in pairwise(chain(blocks, [b""])):
        try:
            text = held + decoder.decode(block, final=not following)
        except UnicodeDecodeError as error:
            cut = len(error.object) - len(block)  # the first bytes of a character that goes on in this block
            line = lines - error.object.count(b"\n", 0, cut) + error.object.count(b"\n", 0, error.start) + 1
            raise InputError(complaint(line, error)) from None
        lines += block.count(b"\n")
        if text and not begun:
            text, begun = text.removeprefix(_BYTE_ORDER_MARK), True
        held = "\r" if following and text.endswith("\r") else ""  # a line feed may follow
        text = text.removesuffix(held).replace("\r\n", "\n")
        if text:
            yield text


def _read(path: FilePath, size: int) -> Iterator[bytes]:
    """Read a file in blocks, decompressed if it is gzip."""
    try:
        with open(path, "rb") as file:
            compressed = file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
            yield from blocks_of(gzip.GzipFile(fileobj=file) if compressed else file, size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged gzip file ({error}); download or compress it again") from None
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a directory; name a file in it") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the path and its permissions") from None


def _line_at(content: bytes, position: int, limit: int = 80) -> str:
    start = content.rfind(b"\n", 0, position) + 1
    return content[start : start + limit].split(b"\n")[0].rstrip(b"\r").decode("ascii", "backslashreplace")
