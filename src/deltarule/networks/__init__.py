"""Networks: layers, objectives, initialisation and regularisation, as small functions that build graph."""

from deltarule.networks.fitting import train
from deltarule.networks.layers import Dense, Dropout, Layer, Lookup, Window
from deltarule.networks.network import Network
from deltarule.networks.objectives import (
    AbsoluteError,
    HuberError,
    MaxMargin,
    MultiClassMaxMargin,
    MultiLabelMaxMargin,
    Objective,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
)
from deltarule.networks.regularisation import l2_penalty
from deltarule.networks.sequences import SentenceLikelihood, StructuredMaxMargin, Transitions

__all__ = [
    "AbsoluteError",
    "Dense",
    "Dropout",
    "HuberError",
    "Layer",
    "Lookup",
    "MaxMargin",
    "MultiClassMaxMargin",
    "MultiLabelMaxMargin",
    "Network",
    "Objective",
    "SentenceLikelihood",
    "SigmoidCrossEntropy",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "StructuredMaxMargin",
    "Transitions",
    "Window",
    "l2_penalty",
    "train",
]
