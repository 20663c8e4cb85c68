"""The gradient check: of graphs, networks, functions of NumPy arrays, PyTorch modules and JAX functions."""

from deltarule.checking.assertion import assert_gradients
from deltarule.checking.check import gradient_check
from deltarule.checking.diagnosis import Cause
from deltarule.checking.report import GradientReport, ParameterCheck
from deltarule.checking.verdict import EntryCheck

__all__ = ["Cause", "EntryCheck", "GradientReport", "ParameterCheck", "assert_gradients", "gradient_check"]
