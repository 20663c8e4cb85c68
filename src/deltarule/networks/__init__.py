"""Networks: layers, objectives, initialisation and regularisation, as small functions that build graph."""

from deltarule.networks.layers import Dense, Dropout, Layer, Lookup, Window
from deltarule.networks.network import Network
from deltarule.networks.objectives import (
    MaxMargin,
    MultiClassMaxMargin,
    Objective,
    SoftmaxCrossEntropy,
    SquaredError,
)
from deltarule.networks.regularisation import l2_penalty
from deltarule.networks.sequences import SentenceLikelihood, StructuredMaxMargin, Transitions

__all__ = [
    "Dense",
    "Dropout",
    "Layer",
    "Lookup",
    "MaxMargin",
    "MultiClassMaxMargin",
    "Network",
    "Objective",
    "SentenceLikelihood",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "StructuredMaxMargin",
    "Transitions",
    "Window",
    "l2_penalty",
]
