"""What can be asked of the server: the bodies of requests, with their limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from deltarule.lab.limits import LIMITS
from deltarule.networks.activations import activation_function
from deltarule.training.update_rules import update_rule

__all__ = [
    "CheckRequest",
    "ExplainRequest",
    "GraphRequest",
    "StepRequest",
    "TagRequest",
    "TraceRequest",
    "TrainRequest",
]

Coordinate = Annotated[float, Field(ge=-2, le=2)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class TagRequest(_Request):
    """A text to tag."""

    text: str = Field(max_length=LIMITS.text, examples=["Museums in Paris are amazing"])


class ExplainRequest(TagRequest):
    """A word of a text, whose label is to be explained."""

    word: int | str = Field(description="The word, or its number in the text, from 0.", examples=["Paris"])


class TraceRequest(ExplainRequest):
    """A word of a text, and a weight to which its score's signal is to be followed."""

    weight: str = Field(
        max_length=100, description="From input 14 to neuron 3 it is hidden[3,14].", examples=["hidden[3,14]"]
    )


class GraphRequest(_Request):
    """An expression and a number for each of its names."""

    expression: str = Field(max_length=LIMITS.expression, examples=["x*y"])
    values: dict[str, float] = Field(
        {}, max_length=LIMITS.nodes, description="Names without a value get 1.", examples=[{"x": 4, "y": -3}]
    )


class TrainRequest(_Request):
    """Two-dimensional data, a network, and how to train it."""

    data: Literal["moons", "circles", "spirals", "xor", "points"] = Field("moons", description="A set, or your points.")
    points: list[tuple[Coordinate, Coordinate, Literal[0, 1]]] = Field(
        [], max_length=LIMITS.points, description='For "points": x, y and class of each.'
    )
    count: int = Field(200, ge=4, le=LIMITS.points, description="Number of points to draw.")
    noise: float = Field(0.08, ge=0, le=0.5, description="Standard deviation of their noise.")
    hidden: list[Annotated[int, Field(ge=1, le=LIMITS.neurons)]] = Field(
        [8], max_length=LIMITS.layers, description="Neurons of each hidden layer; an empty list is a straight line."
    )
    activation: str = Field("tanh", description="Activation function of the hidden layers.")
    objective: Literal["softmax", "max-margin", "squared-error"] = Field("softmax", description="What to make small.")
    update_rule: str = Field("adam", description="How gradients change parameters.")
    learning_rate: float = Field(0.02, gt=0, le=100, description="α, the learning rate.")
    batch: int = Field(32, ge=1, le=LIMITS.points, description="Examples in a step.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of points, first values and shuffling.")

    @field_validator("activation")
    @classmethod
    def _known_activation(cls, name: str) -> str:
        activation_function(name)  # raises an error that lists the known names
        if name == "softmax":
            raise ValueError("softmax is for output layers; choose another activation for hidden ones")
        return name

    @field_validator("update_rule")
    @classmethod
    def _known_rule(cls, name: str) -> str:
        update_rule(name)
        return name

    @field_validator("points")
    @classmethod
    def _two_classes(cls, points: list[Any], info: Any) -> list[Any]:
        if info.data.get("data") == "points" and {kind for _, _, kind in points} != {0, 1}:
            raise ValueError("add points of both classes first")
        return points


class StepRequest(_Request):
    """How far to train a network."""

    steps: int = Field(1, ge=1, le=LIMITS.steps, description="Batches to take a step on.")


class CheckRequest(_Request):
    """How much of the gradients to check."""

    sample: int = Field(20, ge=1, le=LIMITS.sample, description="Entries of each parameter.")
    sentences: int = Field(5, ge=1, le=LIMITS.sentences, description="Sentences to compute the tagger's loss on.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of the sample, of labels and of dropout.")
