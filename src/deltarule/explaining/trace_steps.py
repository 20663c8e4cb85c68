"""The steps of an error-sharing trace, and how they are written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Share", "Step", "Trace"]

_SHOWN = 8  # shares of a step


@dataclass(frozen=True)
class Share:
    """What one neuron has, or hands on: signal × factor = product; no factor where the product arrives as it is."""

    name: str
    signal: float | None
    factor: float | None
    product: float


@dataclass(frozen=True)
class Step:
    """A step of a trace.

    Attributes
    ----------
    name : "signal" at the start, "part" where scores are a mean of several layers', "share" along a weight, "shares" to
        all neurons of a layer, "slope" for f′(z), "input"
    text : what happens, in words
    factor : what the signal is multiplied with; ``None`` for a start, and where neurons have factors of their own
    signal : the signal after the step; ``None`` where several neurons have one
    at : where it now is
    shares : what each of several neurons has
    """

    name: str
    text: str
    factor: float | None
    signal: float | None
    at: str
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Trace:
    """How the error signal comes from the score to one weight.

    Attributes
    ----------
    weight : which weight
    steps : in order
    gradient : ∂s/∂weight, where the steps lead
    backward : the same by the backward pass
    """

    weight: str
    steps: tuple[Step, ...]
    gradient: float
    backward: float

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Write a line for each step: what happens, its factor, and the signal after it."""
        rows: list[tuple[str, str, str]] = []
        for step in self.steps:
            rows.append((step.text, _number(step.factor), _number(step.signal)))
            largest = sorted(step.shares, key=lambda share: -abs(share.product))[:_SHOWN]
            for share in largest:
                shown = "" if share.factor is None else f"  {share.signal:.5g} × {share.factor:.5g}"
                rows.append((f"    {share.name}{shown}", "", f"{share.product + 0.0:.5g}"))
            if len(step.shares) > _SHOWN:
                rows.append((f"    and {len(step.shares) - _SHOWN} smaller", "", ""))
        texts = max(len(text) for text, _, _ in rows)
        lines = [f"{text:<{texts}}  {factor:>10}  {signal:>11}".rstrip() for text, factor, signal in rows]
        head = f"{f'the error signal on its way to {self.weight}':<{texts}}  {'factor':>10}  {'signal':>11}"
        return "\n".join(
            [
                head,
                *lines,
                f"gradient by these steps {self.gradient + 0.0:.6g}, by the backward pass {self.backward:.6g}",
            ]
        )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value + 0.0:.5g}"  # no −0
