"""Explanations: what moved a score, how the error signal is shared out, and how training goes, layer by layer."""

from deltarule.explaining.attribution import IntegratedGradients, Vectors, WindowScores, integrated_gradients
from deltarule.explaining.explanation import Explanation, FeatureShare, HiddenLayer, WindowWord
from deltarule.explaining.report import Confusion, check_report, training_report
from deltarule.explaining.statistics import LayerStatistics, Observation, TrainingWatch
from deltarule.explaining.trace import trace, trace_run
from deltarule.explaining.trace_steps import Share, Step, Trace

__all__ = [
    "Confusion",
    "Explanation",
    "FeatureShare",
    "HiddenLayer",
    "IntegratedGradients",
    "LayerStatistics",
    "Observation",
    "Share",
    "Step",
    "Trace",
    "TrainingWatch",
    "Vectors",
    "WindowScores",
    "WindowWord",
    "check_report",
    "integrated_gradients",
    "trace",
    "trace_run",
    "training_report",
]
