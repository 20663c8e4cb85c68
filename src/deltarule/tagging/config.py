"""The settings of a tagger, with their defaults and their limits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deltarule.errors import InputError
from deltarule.networks.activations import activation_function
from deltarule.text import FEATURES, UNITS
from deltarule.text.windows import odd_window
from deltarule.training.schedules import schedule
from deltarule.training.update_rules import update_rule

__all__ = ["TaggerConfig"]


class TaggerConfig(BaseModel):
    """Settings of a `Tagger`; each can be given to `Tagger`, in a TOML file, or on the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    window: int = Field(5, ge=1, le=99, description="Words in a window; odd, so that one is in the middle.")
    members: int = Field(
        3,
        ge=1,
        le=99,
        description="Hidden layers side by side, each with its own objective; their scores are averaged.",
    )
    hidden: int = Field(100, ge=1, description="Neurons of the hidden layer of each member.")
    activation: str = Field(
        "relu,tanh",
        description="Activation function of the hidden layers; several, with commas between, go to members in turn;"
        " by default only tanh under max-margin.",
    )
    objective: Literal["softmax", "max-margin", "crf", "structured-max-margin"] = Field(
        "crf", description="What training makes small; crf and structured-max-margin score whole sentences."
    )
    margin: float = Field(1.0, gt=0, description="Δ of the max-margin objectives.")
    unit: Literal["word", "character"] = Field("word", description="What gets a label.")
    features: tuple[str, ...] = Field(tuple(FEATURES), description="Features of a unit, each an embedding.")
    lexicons: dict[str, str] = Field({}, description="Files of phrases, one a line, by name; each is a feature.")
    vectors: str | None = Field(None, description="Word vectors in GloVe or word2vec text, gzip allowed.")
    trainable_vectors: bool = Field(True, description="Whether training changes the word vectors.")
    word_dimension: int = Field(50, ge=1, description="Size of word vectors where no file gives them.")
    context: bool = Field(
        True,
        description="Whether words see other uses of their form in the document, and capitals around them.",
    )
    affix_dimension: int = Field(8, ge=1, description="Size of the embeddings of prefixes and suffixes.")
    pair_dimension: int = Field(50, ge=1, description="Size of the embeddings of pairs of characters.")
    shape_dimension: int = Field(8, ge=1, description="Size of the embeddings of capitalisation, shape and kind.")
    minimum_count: int = Field(2, ge=1, description="Rarer words and affixes share the vector of unknown ones.")
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share of inputs and of hidden activations dropped in training."
    )
    context_dropout: float = Field(0.3, ge=0, lt=1, description="Share of what context says dropped in training.")
    epochs: int = Field(15, ge=1, description="Passes over the training data.")
    batch: int = Field(128, ge=1, description="Tokens in a training step, rounded to whole sentences.")
    learning_rate: float = Field(0.0015, gt=0, description="Learning rate at its highest.")
    update_rule: str = Field("adam", description="How gradients change parameters.")
    schedule: str = Field("linear", description="How the learning rate changes over training.")
    warm_up: float = Field(0.0, ge=0, lt=1, description="Share of training over which the learning rate first rises.")
    l2: float = Field(0.0, ge=0, description="Strength of the L2 penalty on dense weights.")
    # Gradients of the first steps, of up to 25, would hold Adam's mean of squares up for a thousand steps.
    clip: float | None = Field(1.0, gt=0, description="Largest joint norm of the gradients of a step.")
    patience: int | None = Field(
        None, ge=1, description="Stop after so many epochs without a better development score."
    )
    seed: int = Field(0, ge=0, description="Seed of first values, shuffling and dropout.")

    @property
    def activations(self) -> list[str]:
        """The activation function of each member."""
        return list(islice(cycle(_separated(self.activation)), self.members))

    @property
    def score_unit(self) -> float:
        """How far apart scores are: differences of logarithms of probabilities, or a share of the margin."""
        # Training stops when the margin is reached, so scores hardly differ by more.
        return self.margin / 4 if self.objective.endswith("max-margin") else 1.0

    @property
    def sees_context(self) -> bool:
        """Whether tokens have context features, which are made for words."""
        return self.context and self.unit == "word"

    @property
    def of_sentences(self) -> bool:
        """Whether the objective is one of whole sentences."""
        return self.objective in ("crf", "structured-max-margin")

    @model_validator(mode="before")
    @classmethod
    def _what_suits(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Where they are not given, take the features of the unit, and the neurons that do best with the objective."""
        suitable: dict[str, Any] = {}
        unit = UNITS.get(str(settings.get("unit", "word")))
        if unit is not None:
            suitable["features"] = unit.features
        if str(settings.get("objective")).endswith("max-margin"):
            suitable["activation"] = "tanh"
        return {**suitable, **settings}

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        return odd_window(window)

    @field_validator("activation")
    @classmethod
    def _known_activations(cls, names: str) -> str:
        for name in _separated(names):
            activation_function(name)  # raises an error that lists the known names
        return names

    @field_validator("schedule", "update_rule")
    @classmethod
    def _known(cls, name: str, info: Any) -> str:
        look_up: dict[str, Callable[[str], object]] = {
            "schedule": schedule,
            "update_rule": update_rule,
        }
        look_up[info.field_name](name)  # raises an error that lists the known names
        return name

    @field_validator("features")
    @classmethod
    def _known_features(cls, names: tuple[str, ...], info: Any) -> tuple[str, ...]:
        known = UNITS[info.data.get("unit", "word")].features
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            problem = f"unknown features {', '.join(unknown)}" if unknown else "at least one feature is needed"
            raise ValueError(f"{problem}; choose from: {', '.join(known)}")
        return names

    @field_validator("lexicons")
    @classmethod
    def _file_names(cls, lexicons: dict[str, str]) -> dict[str, str]:
        wrong = [name for name in lexicons if not name.isidentifier()]
        if wrong:
            raise ValueError(f"a lexicon's name is letters and digits, not {wrong[0]!r}; give it as LOC=cities.txt")
        return lexicons

    @classmethod
    def checked(cls, settings: dict[str, Any], source: str = "") -> TaggerConfig:
        """Build a configuration; raise `InputError` in plain words where a setting is unknown or out of range.

        Parameters
        ----------
        settings : values by name
        source : file that they came from, for messages
        """
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            problems = "; ".join(_described(problem, cls) for problem in error.errors())
            raise InputError(f"{source}: {problems}" if source else problems) from None


def _separated(names: str) -> list[str]:
    """Return names that stand with commas between."""
    return [name.strip() for name in names.split(",")]


def _described(problem: Any, config: type[TaggerConfig]) -> str:
    """Say what is wrong with one setting."""
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"there is no setting {name!r}; the settings are: {', '.join(config.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ")
    # The project's own messages, which pydantic calls value errors, name the value where that helps.
    found = "" if problem["type"] == "value_error" else f", not {problem['input']!r}"
    return f"setting {name!r}: {message[0].lower()}{message[1:]}{found}"
