"""Schedules: the factor by which the learning rate is scaled at each step of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import cos, pi

from deltarule.errors import InputError

__all__ = ["ConstantRate", "CosineDecay", "LinearDecay", "Schedule", "StepDecay", "schedule"]


@dataclass(frozen=True)
class Schedule(ABC):
    """The learning rate over training, as a factor of its base.

    Parameters
    ----------
    warm_up : share of all steps over which the rate first rises linearly from 0
    """

    warm_up: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up < 1:
            raise InputError(f"warm_up is a share of all steps, at least 0 and below 1, not {self.warm_up}")

    def factor(self, step: int, steps: int) -> float:
        """Return the factor at a step.

        Parameters
        ----------
        step : number of the step, from 0
        steps : number of steps of the whole training
        """
        warming = self.warm_up * steps
        if step < warming:
            return (step + 1) / (warming + 1)
        return self.decay((step - warming) / max(1.0, steps - warming))

    @abstractmethod
    def decay(self, progress: float) -> float:
        """Return the factor when a share of the steps after the warm-up, 0 to 1, is done."""


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """The rate stays as it is."""

    def decay(self, progress: float) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The rate falls by `factor_each` at the end of each of `parts` equal parts of training."""

    parts: int = 3
    factor_each: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parts < 1:
            raise InputError(f"step decay needs at least one part, not {self.parts}")

    def decay(self, progress: float) -> float:
        """Return factor_each^(parts done)."""
        return self.factor_each ** min(int(progress * self.parts), self.parts - 1)


@dataclass(frozen=True)
class LinearDecay(Schedule):
    """The rate falls linearly to 0 at the end.

    >>> [round(LinearDecay(warm_up=0.2).factor(step, 10), 3) for step in range(10)]
    [0.333, 0.667, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]
    """

    def decay(self, progress: float) -> float:
        """Return 1 − progress."""
        return max(0.0, 1 - progress)


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """The rate falls to 0 along half a cosine (Loshchilov and Hutter 2017)."""

    def decay(self, progress: float) -> float:
        """Return (1 + cos π progress) / 2."""
        return 0.5 * (1 + cos(pi * min(1.0, progress)))


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": ConstantRate,
    "step": StepDecay,
    "linear": LinearDecay,
    "cosine": CosineDecay,
}


def schedule(name: str, warm_up: float = 0.0) -> Schedule:
    """Return the schedule of a name: "constant", "step", "linear" or "cosine"."""
    if name not in SCHEDULES:
        raise InputError(f"unknown schedule {name!r}; choose one of: {', '.join(SCHEDULES)}")
    return SCHEDULES[name](warm_up)
