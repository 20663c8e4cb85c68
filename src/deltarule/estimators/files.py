"""Estimators in directories: config.json and weights.safetensors, never pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from deltarule.errors import InputError, ModelError
from deltarule.estimators.base import NetworkEstimator
from deltarule.model_directories import read_description, write_description, write_directory
from deltarule.networks import objectives
from deltarule.training import schedules, update_rules

__all__ = ["FORMAT", "load_estimator", "save_estimator"]

FORMAT = 1
"""Version of the directory's layout; a reader refuses those it does not know."""

_KNOWN = {
    name: getattr(module, name)
    for module in (objectives, schedules, update_rules)
    for name in module.__all__
    if is_dataclass(getattr(module, name))
}


def save_estimator(directory: str | Path, estimator: NetworkEstimator) -> None:
    """Write a trained estimator to a directory; one that is there is replaced only when the new one is complete."""
    settings = {name: _described(name, value) for name, value in estimator.get_params(deep=False).items()}
    description = {
        "format": FORMAT,
        "kind": type(estimator).__name__,
        "settings": settings,
        "state": estimator._fitted_state(),
    }
    weights = {name: parameter.value for name, parameter in estimator.network_.parameters.items()}

    def write(path: Path) -> None:
        write_description(path, description)
        (path / "weights.safetensors").write_bytes(save(weights))

    write_directory(directory, write)


def load_estimator(directory: str | Path, kind: Any) -> Any:
    """Read an estimator of a class; raise `ModelError` where it is missing, damaged, or of an unknown version."""
    path = Path(directory)
    description = read_description(path, FORMAT)
    try:
        settings = {name: _restored(value) for name, value in description["settings"].items()}
        estimator = kind(**settings)
        estimator._restore(description["state"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}/config.json lacks or garbles {error}; train the model again") from None
    _read_weights(path / "weights.safetensors", estimator)
    return estimator


def _read_weights(file: Path, estimator: NetworkEstimator) -> None:
    """Fill the parameters from a file, whose names and shapes must be those of the network."""
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read ({error}); copy or train the model again") from None
    for name, parameter in estimator.network_.parameters.items():
        found = weights[name].shape if name in weights else None
        if found != parameter.shape:
            raise ModelError(
                f"{file}: {name} should have shape {parameter.shape}, found {found}; train the model again"
            )
        parameter.value = weights[name]


def _described(name: str, value: Any) -> Any:
    """Return a setting as JSON can hold it."""
    if is_dataclass(value) and type(value).__name__ in _KNOWN:
        return {"type": type(value).__name__, **asdict(value)}  # type: ignore[arg-type]
    if isinstance(value, Mapping):
        items = [[_described(name, key), _described(name, each)] for key, each in value.items()]
        return {"type": "dict", "items": items}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_described(name, each) for each in value]
    if isinstance(value, np.random.RandomState):
        return None  # which has served its purpose
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise InputError(f"{name}={value!r} cannot be written to a file; give one of deltarule's own")


def _restored(value: Any) -> Any:
    """Return a setting from what `_described` made of it."""
    if isinstance(value, list):
        return tuple(_restored(each) for each in value)
    if not isinstance(value, dict):
        return value
    fields = dict(value)
    kind = fields.pop("type")
    if kind == "dict":
        return {_restored(key): _restored(each) for key, each in fields["items"]}
    return _KNOWN[kind](**fields)
