"""deltarule: window taggers and small networks trained by backpropagation; every gradient fast, checked and visible."""

from importlib.metadata import version as _version
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from deltarule.checking import GradientReport, assert_gradients, gradient_check
from deltarule.data import sample_corpus
from deltarule.drawing import Drawing
from deltarule.errors import InputError, ModelError, NonFiniteError, ShapeError
from deltarule.execution.reference import Run, backprop
from deltarule.explaining import Explanation, Trace, TrainingWatch, trace, training_report
from deltarule.graph import Elementwise, Operation, apply
from deltarule.graph.expressions import parse_expression
from deltarule.graph.functions import (
    absolute,
    affine,
    concatenate,
    constant,
    dropout,
    exp,
    hard_tanh,
    input,
    leaky_relu,
    linear,
    log,
    log_sum_exp,
    matmul,
    max,
    maximum,
    mean,
    one_hot,
    parameter,
    pick,
    relu,
    reshape,
    row_lookup,
    sentence_likelihood,
    sigmoid,
    soft_sign,
    softmax,
    sparse_affine,
    structured_margin,
    sum,
    tanh,
    transpose,
    window_affine,
)
from deltarule.loading import ESTIMATORS as _ESTIMATORS
from deltarule.loading import estimator_named as _estimator_named
from deltarule.loading import load
from deltarule.networks import (
    AbsoluteError,
    Dense,
    Dropout,
    HuberError,
    Lookup,
    MaxMargin,
    MultiClassMaxMargin,
    MultiLabelMaxMargin,
    Network,
    Objective,
    SentenceLikelihood,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
    StructuredMaxMargin,
    Transitions,
    Window,
    l2_penalty,
    train,
)
from deltarule.tagging import Evaluation, Progress, TaggedText, Tagger, TaggerConfig, WindowScorer, explain
from deltarule.text import Corpus, WordVectors, read_corpus, read_vectors
from deltarule.training import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    ConstantRate,
    CosineDecay,
    Epoch,
    History,
    LinearDecay,
    Momentum,
    Nesterov,
    RMSProp,
    StepDecay,
    Trainer,
)
from deltarule.vectors import VectorConfig, VectorProgress, VectorReport, train_vectors

__version__ = _version("deltarule")

if _TYPE_CHECKING:
    from deltarule.estimators import NetworkClassifier, NetworkRegressor


def __getattr__(name: str) -> _Any:
    """Return `NetworkClassifier` or `NetworkRegressor`; scikit-learn is imported at their first use."""
    if name in _ESTIMATORS:
        return _estimator_named(name)
    raise AttributeError(f"module 'deltarule' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ESTIMATORS])


__all__ = [
    "SGD",
    "AbsoluteError",
    "AdaGrad",
    "Adam",
    "AdamW",
    "ConstantRate",
    "Corpus",
    "CosineDecay",
    "Dense",
    "Drawing",
    "Dropout",
    "Elementwise",
    "Epoch",
    "Evaluation",
    "Explanation",
    "GradientReport",
    "History",
    "HuberError",
    "InputError",
    "LinearDecay",
    "Lookup",
    "MaxMargin",
    "ModelError",
    "Momentum",
    "MultiClassMaxMargin",
    "MultiLabelMaxMargin",
    "Nesterov",
    "Network",
    "NetworkClassifier",
    "NetworkRegressor",
    "NonFiniteError",
    "Objective",
    "Operation",
    "Progress",
    "RMSProp",
    "Run",
    "SentenceLikelihood",
    "ShapeError",
    "SigmoidCrossEntropy",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "StepDecay",
    "StructuredMaxMargin",
    "TaggedText",
    "Tagger",
    "TaggerConfig",
    "Trace",
    "Trainer",
    "TrainingWatch",
    "Transitions",
    "VectorConfig",
    "VectorProgress",
    "VectorReport",
    "Window",
    "WindowScorer",
    "WordVectors",
    "absolute",
    "affine",
    "apply",
    "assert_gradients",
    "backprop",
    "concatenate",
    "constant",
    "dropout",
    "exp",
    "explain",
    "gradient_check",
    "hard_tanh",
    "input",
    "l2_penalty",
    "leaky_relu",
    "linear",
    "load",
    "log",
    "log_sum_exp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "one_hot",
    "parameter",
    "parse_expression",
    "pick",
    "read_corpus",
    "read_vectors",
    "relu",
    "reshape",
    "row_lookup",
    "sample_corpus",
    "sentence_likelihood",
    "sigmoid",
    "soft_sign",
    "softmax",
    "sparse_affine",
    "structured_margin",
    "sum",
    "tanh",
    "trace",
    "train",
    "train_vectors",
    "training_report",
    "transpose",
    "window_affine",
]
