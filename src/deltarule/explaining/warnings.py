"""What looks wrong in a training, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deltarule.explaining.statistics import Observation

__all__ = ["warnings_of"]

_SATURATED, _DEAD = 0.5, 0.3  # shares that are too many
_WEAK = 1e-3  # signals of a layer, relative to the strongest
_LARGE, _SMALL = 0.1, 1e-7  # updates, relative to weights
_GOING = 0.1  # share of the learning rate below which updates are meant to be small


def warnings_of(observation: Observation) -> list[str]:
    """Name the layers that saturate, died, get no signal or change too fast or not at all, and say what may help."""
    said = []
    signals = [layer.signal for layer in observation.layers]
    strongest = max(signals, default=0.0)
    below = observation.layers[: signals.index(strongest)] if signals else ()
    weak = [layer for layer in below if 0 < layer.signal < _WEAK * strongest]
    if weak:
        names = ", ".join(layer.name for layer in weak)
        said.append(
            f"error signals vanish on the way down: at {weak[0].name} they are {strongest / weak[0].signal:,.0f} times"
            f" weaker than above (weak in: {names}); use fewer layers, or relu or tanh instead of sigmoid"
        )
    for layer in observation.layers:
        if layer.saturated is not None and layer.saturated > _SATURATED:
            said.append(
                f"{layer.saturated:.0%} of the activations of {layer.name} are saturated: {layer.function} is"
                " flat there and lets no signal through; lower the learning rate, scale the inputs down, or add an L2"
                " penalty"
            )
        if layer.dead is not None and layer.dead > _DEAD:
            said.append(
                f"{layer.dead:.0%} of the neurons of {layer.name} are dead: they are 0 for every example, and never"
                " learn; lower the learning rate, or use leaky_relu"
            )
        if layer.signal == 0 and strongest > 0:
            said.append(f"no error signal reaches {layer.name}: nothing below it learns; look at the layers above it")
        if layer.update_ratio > _LARGE:
            said.append(
                f"a step changes the weights of {layer.name} by {layer.update_ratio:.0%} of their size, where 0.1 % is"
                " common; lower the learning rate, or clip gradients"
            )
        if observation.rate > _GOING and layer.signal > 0 and layer.update_ratio < _SMALL and layer not in weak:
            said.append(
                f"a step changes the weights of {layer.name} by only {layer.update_ratio:.0e} of their size;"
                " raise the learning rate"
            )
    return said
