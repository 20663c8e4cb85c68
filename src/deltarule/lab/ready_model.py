"""A tagger for those who have none yet: trained on the sample corpus once, then kept."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deltarule.data import sample_corpus
from deltarule.errors import InputError
from deltarule.tagging import Progress, Tagger

__all__ = ["SETTINGS", "cache_directory", "kept_model", "train_model"]

SETTINGS: dict[str, Any] = {"hidden": 100, "epochs": 12, "seed": 0}
"""Of the tagger: small, so that it trains in seconds."""


def cache_directory() -> Path:
    """Return where the tagger is kept: below the directory that the system has for such files."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "deltarule" / f"lab-{version('deltarule')}"


def kept_model() -> Tagger | None:
    """Return the tagger that was kept, or ``None`` where there is none that can be used."""
    try:
        return Tagger.load(cache_directory())
    except InputError:
        return None


def train_model(progress: Progress | None = None) -> Tagger:
    """Train the tagger and keep it; where it cannot be written, it is trained anew the next time."""
    sample = sample_corpus()
    tagger = Tagger(**SETTINGS)
    tagger.fit(sample.train, dev=sample.dev, progress=progress or Progress())
    try:
        cache_directory().parent.mkdir(parents=True, exist_ok=True)
        tagger.save(cache_directory())
    except (OSError, InputError):
        pass
    return tagger
