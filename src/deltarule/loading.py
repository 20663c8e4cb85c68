"""Models of every kind, read by one function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deltarule.errors import ModelError
from deltarule.model_directories import model_description
from deltarule.tagging import Tagger

if TYPE_CHECKING:
    from deltarule.estimators import NetworkClassifier, NetworkRegressor

__all__ = ["ESTIMATORS", "estimator_named", "load"]

ESTIMATORS = ("NetworkClassifier", "NetworkRegressor")
"""What needs scikit-learn, which is imported only where one of them is used."""


def estimator_named(name: str) -> Any:
    """Return an estimator by its name; `ImportError` that names the extra where scikit-learn is missing."""
    try:
        import sklearn  # noqa: F401 - only to see that it is there
    except ImportError:
        raise ImportError(f"{name} needs scikit-learn: pip install 'deltarule[estimators]'") from None
    from deltarule import estimators

    return getattr(estimators, name)


def load(directory: str | Path) -> Tagger | NetworkClassifier | NetworkRegressor:
    """Read a model that `save` wrote: a tagger, or an estimator.

    Raises
    ------
    ModelError
        Where it is missing, damaged, or of another version.
    ImportError
        For an estimator, where scikit-learn is missing.
    """
    kind = (model_description(directory) or {}).get("kind", "tagger")
    if kind == "tagger":
        return Tagger.load(directory)
    if kind not in ESTIMATORS:
        raise ModelError(f"{directory} holds a {kind!r}, which this version of deltarule does not know")
    estimator = estimator_named(kind)
    from deltarule.estimators.files import load_estimator

    loaded: NetworkClassifier | NetworkRegressor = load_estimator(directory, estimator)
    return loaded
