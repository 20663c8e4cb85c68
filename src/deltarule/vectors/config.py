"""The settings of the training of word vectors, with their defaults and their limits."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from deltarule.errors import InputError
from deltarule.text.windows import odd_window

__all__ = ["VectorConfig"]


class VectorConfig(BaseModel):
    """Settings of `train_vectors`; each can be given to it by name, or on the command line.

    Examples
    --------
    >>> VectorConfig.checked({"window": 4})
    Traceback (most recent call last):
    deltarule.errors.InputError: setting 'window': a window has a word in its middle, so its size is odd, not 4;
    choose 3 or 5
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    dimension: int = Field(50, ge=1, description="Entries of a vector.")
    window: int = Field(5, ge=3, le=99, description="Words in a window; odd, so that one is in the middle.")
    hidden: int = Field(100, ge=1, description="Neurons of the hidden layer.")
    margin: float = Field(1.0, gt=0, description="Δ, by which a true window should beat its corruption.")
    epochs: int = Field(10, ge=1, description="Passes over the text.")
    minimum_count: int = Field(2, ge=1, description="Rarer words get no vector of their own.")
    subsample: float = Field(
        0.0, ge=0, description="Share of the text above which words stand in the middle less often; 0 for never."
    )
    power: float = Field(0.75, ge=0, le=1, description="Corrupting words are drawn as often as count^power says.")
    batch: int = Field(1024, ge=1, description="Windows in a step.")
    learning_rate: float = Field(0.05, gt=0, description="Learning rate of AdaGrad; it falls linearly to 0.")
    scale: float = Field(
        0.2, gt=0, description="Root mean square of the entries of the vectors that come out; taggers like 0.2."
    )
    seed: int = Field(0, ge=0, description="Seed of first values, shuffling and corruptions.")

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        return odd_window(window)

    @classmethod
    def checked(cls, settings: dict[str, Any]) -> VectorConfig:
        """Build a configuration; raise `InputError` in plain words where a setting is unknown or out of range."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise InputError("; ".join(_described(problem, cls) for problem in error.errors())) from None


def _described(problem: Any, config: type[VectorConfig]) -> str:
    """Say what is wrong with one setting."""
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"there is no setting {name!r}; the settings are: {', '.join(config.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ")
    found = "" if problem["type"] == "value_error" else f", not {problem['input']!r}"
    return f"setting {name!r}: {message[0].lower()}{message[1:]}{found}"
