"""The gradient check, for networks, for graphs, and for any function and gradient over arrays."""

from deltarule.checking.check import gradient_check
from deltarule.checking.report import GradientReport, ParameterCheck
from deltarule.checking.verdict import EntryCheck

__all__ = ["EntryCheck", "GradientReport", "ParameterCheck", "gradient_check"]
