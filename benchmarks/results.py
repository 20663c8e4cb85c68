"""Raw results, a JSON file a section, so that sections can be measured one by one and the page written anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "load", "save"]

FOLDER = Path(__file__).parent / "results"


def save(section: str, result: dict[str, Any], folder: Path = FOLDER) -> None:
    """Write the result of a section, complete or not at all."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{section}.json"
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(result, indent=1), encoding="utf-8")
    unfinished.replace(path)


def load(section: str, folder: Path = FOLDER) -> dict[str, Any] | None:
    """Read the result of a section, if it has been measured."""
    path = folder / f"{section}.json"
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result
