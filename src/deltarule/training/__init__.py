"""Training: update rules, schedules, the step, and the loop over epochs."""

from deltarule.training.epochs import Epoch, History
from deltarule.training.schedules import ConstantRate, CosineDecay, LinearDecay, Schedule, StepDecay
from deltarule.training.trainer import Trainer
from deltarule.training.update_rules import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp, UpdateRule

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "ConstantRate",
    "CosineDecay",
    "Epoch",
    "History",
    "LinearDecay",
    "Momentum",
    "Nesterov",
    "RMSProp",
    "Schedule",
    "StepDecay",
    "Trainer",
    "UpdateRule",
]
