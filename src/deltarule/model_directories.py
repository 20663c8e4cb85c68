"""Directories in which models are kept: described by config.json, and written complete or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deltarule.errors import InputError, ModelError

__all__ = ["check_writable", "model_description", "read_description", "write_description", "write_directory"]


def check_writable(directory: str | Path) -> None:
    """Raise `InputError` now, before any training, where a model could not be written later."""
    path = Path(directory).resolve()
    if path.exists() and model_description(path) is None and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{directory} exists and is no deltarule model; choose another directory")
    parent = next(parent for parent in path.parents if parent.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"{directory} cannot be made in {parent}, which is no writable directory; choose another")


def write_directory(directory: str | Path, write: Callable[[Path], None]) -> None:
    """Let a function fill a new directory; one that is there is replaced only when the new one is complete."""
    check_writable(directory)
    path = Path(directory).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as workspace:
        new, old = Path(workspace) / "new", Path(workspace) / "old"
        new.mkdir()
        write(new)
        if path.exists():
            path.rename(old)
        try:
            new.rename(path)
        except BaseException:
            if old.exists():
                old.rename(path)
            raise


def write_description(directory: Path, description: dict[str, Any]) -> None:
    """Write config.json."""
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    (directory / "config.json").write_text(text, encoding="utf-8")


def model_description(directory: str | Path) -> dict[str, Any] | None:
    """Return what config.json says of a deltarule model, of whatever version; ``None`` where there is none."""
    try:
        description = json.loads((Path(directory) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(description, dict) and "format" in description and "settings" in description
    return description if known else None


def read_description(directory: str | Path, known_format: int) -> dict[str, Any]:
    """Return what config.json says; raise `ModelError` where there is no model, or one of another version."""
    description = model_description(directory)
    if description is None:
        raise ModelError(
            f"{directory} is no deltarule model: it has no readable config.json; train one with: deltarule train"
        )
    if description["format"] != known_format:
        raise ModelError(
            f"{directory} has model format {description['format']!r}, and this version of deltarule reads"
            f" {known_format}; train the model again"
        )
    return description
