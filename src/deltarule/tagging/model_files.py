"""Model directories: config.json, weights.safetensors and vocabularies as plain text; never pickle."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from deltarule.errors import ModelError
from deltarule.model_directories import read_description, write_description, write_directory
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.encoding import FormEncoder
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.tagging.window_network import WindowNetwork
from deltarule.text import UNITS, Lexicon, Vocabulary

__all__ = ["FORMAT", "load_model", "save_model"]

FORMAT = 1
"""Version of the directory's layout; a reader refuses those it does not know."""


def save_model(directory: str | Path, model: TaggingModel) -> None:
    """Write a model to a directory; one that is there is replaced only when the new one is complete."""
    write_directory(directory, lambda path: _write(path, model))


def load_model(directory: str | Path) -> TaggingModel:
    """Read a model; raise `ModelError` where it is missing, damaged, or of an unknown version."""
    path = Path(directory)
    description = read_description(path, FORMAT)
    if description.get("kind", "tagger") != "tagger":
        raise ModelError(f"{path} holds a {description['kind']}, not a tagger; read it with deltarule.load")
    try:
        config = TaggerConfig.checked(description["settings"], f"{path}/config.json")
        labelling = Labelling(tuple(description["labels"]), description["scheme"])
        vocabularies = {name: Vocabulary.read(path / "vocabulary" / f"{name}.txt") for name in config.features}
        unit = UNITS[config.unit]
        words = str.split if unit.between else unit.divide  # as they were divided when the model was made
        lexicons = {name: Lexicon.read(path / "lexicon" / f"{name}.txt", words=words) for name in config.lexicons}
        encoder = FormEncoder(vocabularies, unit, lexicons)
        network = WindowNetwork(
            config, encoder, len(labelling.names), description["word_dimension"], labelling.decoder,
            description["context_dimension"],
        )  # fmt: skip
        _read_weights(path / "weights.safetensors", network)
        temperature = float(description.get("temperature", 1.0))
        if not 0 < temperature < float("inf"):
            raise ValueError(f"its temperature must be above 0, not {temperature}")
        bonus = float(description.get("chunk_bonus", 0.0))
        if not isfinite(bonus):
            raise ValueError(f"its chunk_bonus must be a finite number, not {bonus}")
    except (AttributeError, KeyError, TypeError) as error:
        raise ModelError(f"{path}/config.json lacks or garbles {error}; train the model again") from None
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}; copy or train the model again") from None
    return TaggingModel(config, labelling, encoder, network, temperature, bonus)


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
        "chunk_bonus": model.bonus,
        "settings": model.config.model_dump(mode="json"),
    }
    write_description(directory, description)
    weights = save({name: parameter.value for name, parameter in model.network.parameters.items()})
    (directory / "weights.safetensors").write_bytes(weights)  # save_file would let nobody else read the file
    (directory / "vocabulary").mkdir()
    for name, vocabulary in model.encoder.vocabularies.items():
        vocabulary.write(directory / "vocabulary" / f"{name}.txt")
    if model.encoder.lexicons:
        (directory / "lexicon").mkdir()
    for name, lexicon in model.encoder.lexicons.items():
        lexicon.write(directory / "lexicon" / f"{name}.txt", model.unit.between)


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
