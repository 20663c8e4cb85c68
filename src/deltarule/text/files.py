"""Text files on disk: opened, decompressed and decoded, with errors that name the file, the line and the cure."""

from __future__ import annotations

import gzip
import zlib
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from deltarule.errors import InputError

__all__ = ["GZIP_MAGIC", "FilePath", "read_bytes", "read_lines", "read_text"]

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
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a directory; name a file in it") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the path and its permissions") from None
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged gzip file ({error}); download or compress it again") from None


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
    content = read_bytes(path)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: byte 0x{content[error.start]:02x} is not {encoding}: {_line_at(content, error.start)!r}; "
            "name the file's encoding with --encoding (encoding=...), latin-1 for example"
        ) from None
    except LookupError:
        raise InputError(f"{path}: there is no encoding {encoding!r}; try utf-8 or latin-1") from None
    return text.removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n")


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


def _line_at(content: bytes, position: int, limit: int = 80) -> str:
    start = content.rfind(b"\n", 0, position) + 1
    return content[start : start + limit].split(b"\n")[0].rstrip(b"\r").decode("ascii", "backslashreplace")
