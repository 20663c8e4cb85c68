"""Layers: small functions that add their part to a graph, with the parameters that they hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar

import numpy as np

from deltarule.errors import InputError, ShapeError
from deltarule.graph import Array, Input, Node, Parameter
from deltarule.graph.functions import affine, dropout, linear, reshape, row_lookup, window_affine
from deltarule.graph.shapes import format_shape
from deltarule.networks.activations import activation_function
from deltarule.networks.initialisation import initialisation_for

__all__ = ["Dense", "Dropout", "Layer", "Lookup", "Window"]

# Of layers outside of networks: layers with the same first values would get the same signals and never differ.
_seeds = count()


@dataclass(eq=False)
class Layer(ABC):
    """A part of a network. Calling it on a node adds it to that node's graph; every call shares its parameters."""

    kind: ClassVar[str]
    name: str = field(default="", kw_only=True)
    parameters: dict[str, Parameter] = field(default_factory=dict, init=False, repr=False)

    def initialise(self, random: np.random.Generator) -> None:
        """Draw the parameters' first values; a network does this for its layers."""

    @abstractmethod
    def __call__(self, inputs: Node) -> Node:
        """Add the layer to the graph, on top of `inputs`."""

    def input_node(self, name: str) -> Input:
        """Return an input of the shape that the layer takes."""
        raise InputError(f"a network cannot begin with a {type(self).__name__} layer: its input's size is not known")

    def add_parameter(self, name: str, value: Array) -> None:
        """Hold a parameter under ``layer.name``."""
        self.parameters[name] = Parameter(value.astype(np.float32), f"{self.name or self.kind}.{name}")

    def parameter(self, name: str) -> Parameter:
        """Return a parameter; a layer outside of a network draws its first values at its first use."""
        if not self.parameters:
            self.initialise(np.random.default_rng(next(_seeds)))
        return self.parameters[name]


@dataclass(eq=False)
class Dense(Layer):
    """A layer of neurons, each connected to every input: z = W x + b, a = f(z).

    Parameters
    ----------
    inputs, outputs : number of entries of x, number of neurons
    activation : name of f: "identity", "sigmoid", "tanh", "hard_tanh", "soft_sign", "relu", "leaky_relu" or "softmax"
    bias : whether there is a b
    initialisation : "glorot" or "he"; by default "he" for rectified units, else "glorot"

    Examples
    --------
    >>> import deltarule as dr
    >>> layer = dr.Dense(20, 8, activation="sigmoid")
    >>> layer(dr.input("x", ("batch", 20)))
    <dense.activation (batch, 8)>
    """

    kind = "dense"
    inputs: int
    outputs: int
    activation: str = "identity"
    bias: bool = True
    initialisation: str | None = None

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.outputs < 1:
            raise InputError(
                f"a dense layer needs at least one input and one output, not {self.inputs}, {self.outputs}"
            )
        activation_function(self.activation)
        initialisation_for(self.activation, self.initialisation)

    def initialise(self, random: np.random.Generator) -> None:
        """Draw W; b begins at 0."""
        draw = initialisation_for(self.activation, self.initialisation)
        self.add_parameter("weight", draw(self.inputs, self.outputs, random))
        if self.bias:
            self.add_parameter("bias", np.zeros(self.outputs))

    def __call__(self, inputs: Node) -> Node:
        """Add a = f(W x + b) for inputs of shape (..., inputs)."""
        weight = self.parameter("weight")
        return self._activate(affine(inputs, weight, self.parameter("bias")) if self.bias else linear(inputs, weight))

    def over_windows(self, vectors: Node, positions: Node, addend: Node | None = None) -> Node:
        """Add a = f(W x + b) where x is the vectors of a window end to end, without laying out the windows.

        Parameters
        ----------
        vectors : (n, d)
        positions : which vectors stand in each window, (batch, size) with inputs = size × d
        addend : what is added to W x + b before f, such as a product with more inputs, (batch, outputs)

        Returns
        -------
        Node
            The same as the layer on top of a row lookup and a `Window`, for fewer multiplications where words recur.
        """
        bias = self.parameter("bias") if self.bias else np.zeros(self.outputs)
        z = window_affine(vectors, positions, self.parameter("weight"), bias)
        return self._activate(z if addend is None else z.named(f"{self.name or self.kind}.windows") + addend)

    def _activate(self, preactivation: Node) -> Node:
        """Name the preactivation and add f."""
        name = self.name or self.kind
        activation = activation_function(self.activation)(preactivation.named(f"{name}.preactivation"))
        return activation if activation is preactivation else activation.named(f"{name}.activation")

    def input_node(self, name: str) -> Input:
        """Return an input of shape (batch, inputs)."""
        return Input(name, ("batch", self.inputs))


@dataclass(eq=False)
class Lookup(Layer):
    """A table of trained vectors, one a row; ids in, vectors out.

    Parameters
    ----------
    rows, dimension : number of vectors, and of entries of each
    window : ids per example; inputs are of shape (batch, window), or (batch,) for ``None``
    scale : first values are uniform within ±scale

    Examples
    --------
    >>> import deltarule as dr
    >>> dr.Lookup(1000, 50)(dr.input("words", ("batch", 5), integer=True))
    <lookup.vectors (batch, 5, 50)>
    """

    kind = "lookup"
    rows: int
    dimension: int
    window: int | None = None
    scale: float = 0.1

    def initialise(self, random: np.random.Generator) -> None:
        """Draw the table."""
        self.add_parameter("vectors", random.uniform(-self.scale, self.scale, (self.rows, self.dimension)))

    def __call__(self, inputs: Node) -> Node:
        """Look up a row for each id."""
        return row_lookup(self.parameter("vectors"), inputs).named(f"{self.name or self.kind}.vectors")

    def input_node(self, name: str) -> Input:
        """Return an input of ids."""
        return Input(name, ("batch",) if self.window is None else ("batch", self.window), integer=True)


@dataclass(eq=False)
class Window(Layer):
    """The concatenated vectors of a window: (batch, size, dimension) becomes (batch, size × dimension).

    Parameters
    ----------
    size : words in the window
    """

    kind = "window"
    size: int = 5

    def __call__(self, inputs: Node) -> Node:
        """Lay the vectors of each window end to end."""
        if len(inputs.shape) != 3 or inputs.shape[1] != self.size or not isinstance(inputs.shape[2], int):
            raise ShapeError(
                f"a window of {self.size} takes vectors of shape (batch, {self.size}, dimension),"
                f" not {inputs.label}: {format_shape(inputs.shape)}"
            )
        return reshape(inputs, (inputs.shape[0], self.size * inputs.shape[2])).named(
            f"{self.name or self.kind}.vectors"
        )


@dataclass(eq=False)
class Dropout(Layer):
    """Sets each input to 0 with probability `rate` and scales the others by 1 / (1 − rate), in training only.

    Source: Srivastava et al. 2014, in the "inverted" form that leaves prediction unchanged.
    """

    kind = "dropout"
    rate: float = 0.5

    def __call__(self, inputs: Node) -> Node:
        """Multiply with a mask drawn anew at each training step."""
        return dropout(inputs, self.rate)
