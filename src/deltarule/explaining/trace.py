"""The error-sharing trace: from the signal 1 at the score back to one weight, each step with its factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.reference import Run, backward, forward
from deltarule.explaining.neuron_path import Level, path_to_output, weight_use
from deltarule.explaining.trace_steps import Share, Step, Trace
from deltarule.graph import Array, Node
from deltarule.networks import Network

__all__ = ["trace", "trace_run"]


def trace(
    network: Network | Run, weight: str, inputs: Any = None, *, output: int | None = None, row: int | None = None
) -> Trace:
    """Follow the error signal from the score to one weight, as it is shared out on the way.

    The signal 1 at the score; × the weight U_i along which it is shared back to a neuron; × the slope f′(z_i) there,
    which gives δ_i; × the weight's input. In deeper networks a neuron that fed several gets the sum of their shares.

    Parameters
    ----------
    network : a network, or the run of any graph, whose signals after its backward pass are followed
    weight : such as ``"dense1[3, 14]"``, from input 14 to neuron 3 of the layer, or ``"dense1.bias[3]"``
    inputs : of one example, for a network
    output : the score where the signal begins, for a network with several
    row : which of a run's examples to follow, where it has several

    Returns
    -------
    Trace
        Its steps; `Trace.gradient`, which the steps lead to; and `Trace.backward`, the gradient by the backward pass.

    Examples
    --------
    >>> import deltarule as dr
    >>> net = dr.Network([dr.Dense(3, 2, activation="sigmoid"), dr.Dense(2, 1, bias=False)])
    >>> trace = dr.trace(net, "dense1[1,2]", [0.5, -1.0, 2.0])
    >>> [step.name for step in trace.steps]
    ['signal', 'share', 'slope', 'input']
    >>> abs(trace.gradient - trace.backward) < 1e-12
    True
    """
    if isinstance(network, Run):
        if inputs is not None or output is not None:
            raise InputError("a run has its inputs and its output already; give them only with a network")
        result = next((node for node in reversed(network.order) if node in network.signals), None)
        if result is None:
            raise InputError("this run has no signals; run dr.backprop, or the backward pass, first")
        return trace_run(network, result, weight, row=row)
    if inputs is None:
        raise InputError("give the inputs of the example to trace")
    source = network.input_node()
    node = network(source)
    example = np.asarray(inputs)
    example = example[None] if example.ndim == len(source.shape) - 1 else example
    if example.ndim != len(source.shape) or len(example) != 1:
        raise InputError(f"a trace follows one example: give its inputs as one row, not an array {example.shape}")
    run = forward([node], {source: example})
    scores = run.values[node].shape[-1]
    if output is None and scores > 1:
        raise InputError(f"the network has {scores} outputs: say with output= at which of them the signal begins")
    if output is not None and not 0 <= output < scores:
        raise InputError(f"there is no output {output}: the network has {scores}, counted from 0")
    signal = np.zeros_like(run.values[node])
    signal[..., output or 0] = 1
    backward(run, node, signal=signal)
    return trace_run(run, node, weight)


def trace_run(
    run: Run,
    result: Node,
    weight: str,
    *,
    row: int | None = None,
    outputs: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
) -> Trace:
    """Follow the signals of a run from its result to one weight; see `trace`.

    Parameters
    ----------
    run : after its backward pass
    result : the node where that began
    weight : which weight
    row : which example, where there are several
    outputs, inputs : what the entries of the result, and of the input of the layer over windows, are called
    """
    use = weight_use(run, weight)
    rows = len(run.values[use.layer]) if run.values[use.layer].ndim > 1 else 1
    if row is None and rows > 1:
        raise InputError(f"this run has {rows} examples: say with row= which of them to follow")
    if row is not None and not 0 <= row < rows:
        raise InputError(f"there is no row {row}: this run has {rows} examples, counted from 0")
    row, i = row or 0, use.neuron
    levels = path_to_output(run, use.layer, result)
    top = levels[-1]
    named = outputs if top.end is result else None

    steps = [_start(run, top, result, row, named, i if len(levels) == 1 else None)]
    if top.scale != 1:
        steps.append(_scaled(steps[0], top, result))
    upper = levels[:0:-1]  # from the top down to the layer that the weight's neuron feeds
    for level, above in zip(upper, [None, *upper[:-1]][: len(upper)], strict=True):
        steps += _layer_steps(level, run, row, above, named if above is None else None)
    if len(levels) > 1:
        steps.append(_share(levels[1], run, row, i, levels[0], named if len(levels) == 2 else None))
    signal = steps[-1].signal
    assert signal is not None
    slope = levels[0].slope(row)[i] if levels[0].activations else None
    if slope is not None:
        signal *= float(slope)
        z = float(_values(run, levels[0].activations[0].inputs[0], row)[i])
        steps.append(
            Step("slope", f"× {levels[0].function}′(z[{i}]), z[{i}] = {z:.4g}", float(slope), signal, f"δ[{i}]")
        )
    value = use.input_value(run, row)
    name = "1, as of every bias" if use.input is None else f"x[{use.input}]"
    if use.input is not None and inputs is not None and use.over_windows and use.input < len(inputs):
        name += f" ({inputs[use.input]})"
    if use.input is not None and not use.over_windows:
        name += f" of {use.source.label}"
    steps.append(Step("input", f"× its input {name}", value, signal * value, "∂s/∂weight"))
    return Trace(use.shown, tuple(steps), signal * value, use.gradient(run, row))


def _start(run: Run, top: Level, result: Node, row: int, names: Sequence[str] | None, neuron: int | None) -> Step:
    """Say with what signal the trace begins."""
    signals = _row(run, top.end, row)
    begun = np.flatnonzero(signals).tolist()
    told = "" if top.end is result else f", as {result.label} sends it back"
    if neuron is not None and (len(begun) > 1 or signals[neuron] == 0):
        return Step("signal", f"signal at {top.end.label}[{neuron}]{told}", None, float(signals[neuron]), f"[{neuron}]")
    if len(begun) == 1:
        which = names[begun[0]] if names is not None else str(begun[0])
        score = float(_values(run, top.end, row)[begun[0]])
        where = f"{top.end.label}[{which}]" if len(signals) > 1 else top.end.label
        return Step("signal", f"signal at {where} = {score:.4g}{told}", None, float(signals[begun[0]]), where)
    shares = tuple(
        Share(names[k] if names is not None else f"{top.end.label}[{k}]", None, None, float(signals[k])) for k in begun
    )
    return Step("signal", f"signals at {top.end.label}{told}", None, None, top.end.label, shares)


def _scaled(start: Step, top: Level, result: Node) -> Step:
    """Show how much of the signal goes to one of several layers whose scores make up the result."""
    shares = tuple(Share(s.name, s.product, top.scale, s.product * top.scale) for s in start.shares)
    signal = None if start.signal is None else start.signal * top.scale
    return Step("part", f"× the part that {top.name} has in {result.label}", top.scale, signal, top.name, shares)


def _layer_steps(level: Level, run: Run, row: int, above: Level | None, names: Sequence[str] | None) -> list[Step]:
    """Show how all neurons of a layer above come to their δ: shares of the layer above them, then the slope."""
    arrived, steps = _row(run, level.end, row), []
    if above is not None:
        shares = tuple(Share(f"a[{k}]", None, None, float(signal)) for k, signal in enumerate(arrived))
        text = f"each neuron of {level.name} gets the sum of its shares, Σ δ W, from {above.name}"
        steps.append(Step("shares", text, None, None, f"a of {level.name}", shares))
    if level.activations:
        slopes = level.slope(row)
        shares = tuple(
            Share(f"δ[{k}]", float(signal), float(slope), float(signal * slope))
            for k, (signal, slope) in enumerate(zip(arrived, slopes, strict=True))
            if above is not None or signal != 0
        )
        alone = shares[0] if len(shares) == 1 else None
        steps.append(
            Step(
                "slope",
                f"× {level.function}′(z) of {level.name}",
                alone.factor if alone else None,
                alone.product if alone else None,
                f"δ of {level.name}",
                () if alone else shares,
            )
        )
    return steps


def _share(above: Level, run: Run, row: int, neuron: int, level: Level, names: Sequence[str] | None) -> Step:
    """Show what one neuron gets from each neuron above it that has a signal."""
    signals = _row(run, above.layer, row)
    weights = above.weight_column(run, neuron) * level.passed(row, neuron)
    active = np.flatnonzero(signals).tolist()
    arrives = f"a[{neuron}] of {level.name}"
    if len(active) == 1:
        k = active[0]
        text = f"× {above.weight.label}[{k}, {neuron}], the weight it is shared back along"
        return Step("share", text, float(weights[k]), float(signals[k] * weights[k]), arrives)
    shares = tuple(
        Share(
            names[k] if names is not None else f"δ[{k}] of {above.name}",
            float(signals[k]),
            float(weights[k]),
            float(signals[k] * weights[k]),
        )
        for k in active
    )
    text = f"the sum of the shares δ × {above.weight.label}[·, {neuron}] of the {len(active)} neurons that it fed"
    return Step("share", text, None, float(signals @ weights), arrives, shares)


def _row(run: Run, node: Node, row: int) -> Array:
    """Return the signals at one example's entries of a node."""
    gradient = np.asarray(run.gradient(node))
    array: Array = gradient[row] if gradient.ndim > 1 else gradient.reshape(-1)
    return array


def _values(run: Run, node: Node, row: int) -> Array:
    """Return the values at one example's entries of a node."""
    value = run.values[node]
    array: Array = value[row] if value.ndim > 1 else value.reshape(-1)
    return array
