"""Files that are written whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from deltarule.errors import InputError

__all__ = ["check_place", "write_whole"]


def check_place(path: str | Path) -> None:
    """Raise `InputError` where a file of this name cannot be written, before work is done for it."""
    if Path(path).is_dir():
        raise InputError(f"{path}: this is a directory; name a file in it")
    if not Path(path).resolve().parent.is_dir():
        raise InputError(f"{path}: there is no directory {Path(path).parent}")


def write_whole(path: str | Path, text: str) -> None:
    """Write a text in UTF-8; a file that is there already is replaced only when the new one is complete."""
    check_place(path)
    place = Path(path).resolve()
    with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as workspace:
        complete = Path(workspace) / place.name
        complete.write_text(text, encoding="utf-8")
        complete.replace(place)
