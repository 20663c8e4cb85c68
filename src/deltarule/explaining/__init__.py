"""Explanations: what moved a score, how the error signal is shared out, and how training goes, layer by layer."""

from deltarule.explaining.attribution import IntegratedGradients, Vectors, WindowScores, integrated_gradients
from deltarule.explaining.explanation import Explanation, FeatureShare, HiddenLayer, WindowWord
from deltarule.explaining.trace import trace, trace_run
from deltarule.explaining.trace_steps import Share, Step, Trace

__all__ = [
    "Explanation",
    "FeatureShare",
    "HiddenLayer",
    "IntegratedGradients",
    "Share",
    "Step",
    "Trace",
    "Vectors",
    "WindowScores",
    "WindowWord",
    "integrated_gradients",
    "trace",
    "trace_run",
]
