"""Checkpoints: all that training needs to go on from where it was, in one file that is replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from deltarule.errors import InputError
from deltarule.graph import Array
from deltarule.text import FilePath
from deltarule.text.vector_files import replaced_file
from deltarule.vectors.config import VectorConfig

__all__ = ["Checkpoint"]

_FORMAT = "deltarule vectors checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands.

    Attributes
    ----------
    epoch : the epoch that it is in, from 1
    batches : how many batches of this epoch are done
    state : of the `Trainer`
    """

    epoch: int
    batches: int
    state: Mapping[str, Array]

    def write(self, path: FilePath, config: VectorConfig, digest: str) -> None:
        """Write it, with the settings and the digest of the text that it belongs to."""
        metadata = {"format": _FORMAT, "settings": config.model_dump_json(), "text": digest}
        place = np.array([self.epoch, self.batches], np.int64)
        with replaced_file(path) as file:
            file.write(save({**self.state, "place": place}, metadata))

    @classmethod
    def read(cls, path: FilePath, config: VectorConfig, digest: str) -> Checkpoint:
        """Read one that `write` wrote.

        Raises
        ------
        InputError
            If there is none, it is damaged, or it belongs to other settings or another text.
        """
        if not Path(path).exists():
            raise InputError(f"{path}: there is no checkpoint to resume from; train without --resume (resume=False)")
        try:
            with safe_open(path, "numpy") as file:
                metadata = file.metadata() or {}
                arrays: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise InputError(f"{path}: cannot be read: {error}; delete it and train anew") from None
        if metadata.get("format") != _FORMAT or "place" not in arrays:
            raise InputError(f"{path}: this is no checkpoint of the training of vectors; delete it and train anew")
        _compare(path, json.loads(metadata["settings"]), config.model_dump(mode="json"))
        if metadata["text"] != digest:
            raise InputError(f"{path}: the texts are not those that training began with; name the same, in their order")
        epoch, batches = arrays.pop("place").tolist()
        return cls(epoch, batches, arrays)


def _compare(path: FilePath, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Complain of the settings that are not those that training began with."""
    other = [f"{name} was {before.get(name)}, not {value}" for name, value in now.items() if before.get(name) != value]
    if other:
        raise InputError(f"{path}: training began with other settings: {'; '.join(other)}; resume with the same")
