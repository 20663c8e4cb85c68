"""Model directories: config.json, weights.safetensors and vocabularies as plain text; never pickle."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from deltarule.errors import InputError, ModelError
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.encoding import FormEncoder
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.tagging.window_network import WindowNetwork
from deltarule.text import Vocabulary

__all__ = ["FORMAT", "check_writable", "load_model", "save_model"]

FORMAT = 1
"""Version of the directory's layout; a reader refuses those it does not know."""


def check_writable(directory: str | Path) -> None:
    """Raise `InputError` now, before any training, where a model could not be written later."""
    path = Path(directory).resolve()
    if path.exists() and not _is_model(path) and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{directory} exists and is no deltarule model; choose another directory")
    parent = next(parent for parent in path.parents if parent.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"{directory} cannot be made in {parent}, which is no writable directory; choose another")


def save_model(directory: str | Path, model: TaggingModel) -> None:
    """Write a model to a directory; one that is there is replaced only when the new one is complete."""
    check_writable(directory)
    path = Path(directory).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as workspace:
        new, old = Path(workspace) / "new", Path(workspace) / "old"
        new.mkdir()
        _write(new, model)
        if path.exists():
            path.rename(old)
        try:
            new.rename(path)
        except BaseException:
            if old.exists():
                old.rename(path)
            raise


def load_model(directory: str | Path) -> TaggingModel:
    """Read a model; raise `ModelError` where it is missing, damaged, or of an unknown version."""
    path = Path(directory)
    if not _is_model(path):
        raise ModelError(
            f"{path} is no deltarule model: it has no readable config.json; train one with: deltarule train"
        )
    description = json.loads((path / "config.json").read_text(encoding="utf-8"))
    if description.get("format") != FORMAT:
        raise ModelError(
            f"{path} has model format {description.get('format')!r}, and this version of deltarule reads {FORMAT};"
            " train the model again"
        )
    try:
        config = TaggerConfig.checked(description["settings"], f"{path}/config.json")
        labelling = Labelling(tuple(description["labels"]), description["scheme"])
        vocabularies = {name: Vocabulary.read(path / "vocabulary" / f"{name}.txt") for name in config.features}
        network = WindowNetwork(
            config, FormEncoder(vocabularies), len(labelling.names), description["word_dimension"], labelling.decoder,
            description["context_dimension"],
        )  # fmt: skip
        _read_weights(path / "weights.safetensors", network)
        temperature = float(description.get("temperature", 1.0))
        if not 0 < temperature < float("inf"):
            raise ValueError(f"its temperature must be above 0, not {temperature}")
    except (AttributeError, KeyError, TypeError) as error:
        raise ModelError(f"{path}/config.json lacks or garbles {error}; train the model again") from None
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}; copy or train the model again") from None
    return TaggingModel(config, labelling, FormEncoder(vocabularies), network, temperature)


def _write(directory: Path, model: TaggingModel) -> None:
    """Write the files of a model."""
    description: dict[str, Any] = {
        "format": FORMAT,
        "kind": "tagger",
        "labels": model.labelling.names,
        "scheme": model.labelling.scheme,
        "word_dimension": model.network.word_dimension,
        "context_dimension": model.network.context_dimension,
        "temperature": model.temperature,
        "settings": model.config.model_dump(mode="json"),
    }
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    (directory / "config.json").write_text(text, encoding="utf-8")
    weights = save({name: parameter.value for name, parameter in model.network.parameters.items()})
    (directory / "weights.safetensors").write_bytes(weights)  # save_file would let nobody else read the file
    (directory / "vocabulary").mkdir()
    for name, vocabulary in model.encoder.vocabularies.items():
        vocabulary.write(directory / "vocabulary" / f"{name}.txt")


def _read_weights(file: Path, network: WindowNetwork) -> None:
    """Fill the parameters from a file, whose names and shapes must be those of the network."""
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read ({error}); copy or train the model again") from None
    for name, parameter in network.parameters.items():
        found = weights[name].shape if name in weights else None
        if found != parameter.shape:
            raise ModelError(
                f"{file}: {name} should have shape {parameter.shape}, found {found}; train the model again"
            )
        parameter.value = weights[name]


def _is_model(path: Path) -> bool:
    """Say whether a directory holds a deltarule model, of whatever version."""
    try:
        description = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(description, dict) and "format" in description and "settings" in description
