"""The reference interpreter: a forward and a backward pass in NumPy that keep every value and every error signal.

It defines what is right. Training, the gradient check and the explanations all run on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from deltarule.drawing import Drawing, layout_available
from deltarule.errors import InputError
from deltarule.graph import Array, Constant, DropoutMask, Input, Node, Parameter, RowSignal, Signal, topological_order
from deltarule.graph.picture import draw_nodes
from deltarule.graph.shapes import bind
from deltarule.graph.signals import add_signals, dense, sum_to_shape

__all__ = ["Feeds", "Run", "backprop", "backward", "forward"]

_SHOWN_NODES = 100  # of a graph that a notebook shows without being asked

Feeds = Mapping[Any, Any]
"""Arrays for inputs, by name (str) or `Node`; a parameter or mask named by its node is overridden for this run."""


class Run:
    """The values of all nodes after a forward pass, and their error signals after a backward pass.

    Attributes
    ----------
    order : the nodes, each after its inputs
    values : the value of each node
    signals : the error signal ∂output/∂node of each node that the backward pass reached
    """

    def __init__(self, order: Sequence[Node], values: dict[Node, Array]) -> None:
        self.order = order
        self.values = values
        self.signals: dict[Node, Signal] = {}

    def value(self, node: Node | str) -> Any:
        """Return a node's value: a float for a scalar, else an array. A node may be given by its name."""
        value = self.values[self.find(node)]
        return value.item() if value.ndim == 0 else value

    def gradient(self, node: Node | str) -> Any:
        """Return the error signal of a node: the gradient of the output with respect to its value.

        It is 0 where the output does not depend on the node, and of the same shape as the node's value.

        Raises
        ------
        InputError
            For integer ids and labels, which have no gradient, and for a node outside the graph.
        """
        node = self.find(node)
        value = self.values[node]
        if value.dtype.kind != "f":
            raise InputError(f"{node.label!r} holds whole numbers (ids or labels), which have no gradient")
        signal = self.signals.get(node)
        gradient = np.zeros_like(value) if signal is None else dense(signal)
        return gradient.item() if gradient.ndim == 0 else gradient

    error_signal = gradient

    def find(self, node: Node | str) -> Node:
        """Return the node that has a name, or the node itself if it belongs to this run."""
        found = [own for own in self.order if own is node or (own.name == node and node != "")]
        if not found:
            raise InputError(f"the graph of this run has no node {node!r}")
        if len(found) > 1:
            raise InputError(f"{len(found)} nodes of this run are named {node!r}; give the node itself")
        return found[0]

    def draw(self) -> Drawing:
        """Draw the graph with the value of every node, and its error signal after a backward pass.

        Large arrays are shown by their least and greatest entries.

        Examples
        --------
        >>> import deltarule as dr
        >>> x, y = dr.input("x"), dr.input("y")
        >>> drawing = dr.backprop(x * y, {"x": 4.0, "y": -3.0}).draw()
        >>> [(node["label"], node["value"], node["signal"]) for node in drawing.nodes]
        [('x', '4', '-3'), ('y', '-3', '4'), ('×', '-12', '1')]
        """
        return draw_nodes(self.order, self.values, self.signals)

    def _repr_svg_(self) -> str | None:
        return self.draw().svg if layout_available() and len(self.order) <= _SHOWN_NODES else None


def backprop(output: Node, feeds: Feeds | None = None, *, dtype: Any = np.float64, seed: int | None = None) -> Run:
    """Run a graph forward and backward, and keep the value and the error signal of every node.

    First derivatives only: signals are numbers, not nodes, so a gradient cannot be differentiated again.

    Parameters
    ----------
    output : the scalar to differentiate; an array's gradient is that of the sum of its entries
    feeds : arrays for the inputs, by name or node
    dtype : precision of the run
    seed : seed of the dropout masks; ``None`` runs without dropout

    Returns
    -------
    Run
        ``run.value(node)`` and ``run.gradient(node)`` for every node.

    Examples
    --------
    A node used twice gets the sum of its signals: f = x² + 3x has the slope 2x + 3.

    >>> import deltarule as dr
    >>> x = dr.input("x")
    >>> dr.backprop(x * x + 3 * x, {"x": 2.0}).gradient(x)
    7.0
    """
    random = None if seed is None else np.random.default_rng(seed)
    run = forward([output], feeds, dtype=dtype, random=random)
    backward(run, output)
    return run


def forward(
    outputs: Sequence[Node],
    feeds: Feeds | None = None,
    *,
    dtype: Any = np.float64,
    random: np.random.Generator | None = None,
    order: Sequence[Node] | None = None,
) -> Run:
    """Compute the values of the outputs and of all nodes that they depend on.

    Parameters
    ----------
    outputs : nodes to compute
    feeds : arrays for the inputs, by name or node
    dtype : precision of all values but ids and labels
    random : draws the dropout masks; without it nothing is dropped
    order : the nodes in topological order, where the caller has it already
    """
    order = topological_order(outputs) if order is None else order
    fed = _by_node(order, feeds or {})
    values: dict[Node, Array] = {}
    sizes: dict[str, int] = {}
    for node in order:
        if node.operation is not None:
            values[node] = np.asarray(node.operation.forward(*(values[source] for source in node.inputs)))
        elif isinstance(node, DropoutMask) and node not in fed:
            like = values[node.like]
            values[node] = np.ones((), dtype) if random is None else node.sample(like.shape, dtype, random)
        else:
            values[node] = _leaf_value(node, fed, sizes, dtype)
    return Run(order, values)


def backward(run: Run, output: Node, *, wanted: Collection[Node] | None = None, signal: Array | None = None) -> None:
    """Send the signal 1 back from the output, and keep the error signal of every node on the way.

    Each node's signal is complete before it is shared out among the node's inputs, so nothing is computed twice.

    Parameters
    ----------
    run : a forward pass; its `signals` are filled
    output : the node to differentiate
    wanted : compute only the signals of these nodes and of those above them; all where ``None``
    signal : what to send back instead of 1, of the shape of the output's value
    """
    values, signals = run.values, run.signals
    signals.clear()
    signals[output] = np.ones_like(values[output]) if signal is None else signal
    for node in reversed(run.order):
        own = signals.get(node)
        if node.operation is None or own is None or (wanted is not None and node not in wanted):
            continue
        for source, contribution in zip(node.inputs, local_signals(node, own, values), strict=True):
            if contribution is not None and (wanted is None or source in wanted):
                earlier = signals.get(source)
                signals[source] = contribution if earlier is None else add_signals(earlier, contribution)


def local_signals(node: Node, signal: Signal, values: Mapping[Node, Array]) -> list[Signal | None]:
    """Share a node's signal out: upstream signal × local gradient, for each of its inputs."""
    assert node.operation is not None
    operation, output, inputs = node.operation, values[node], [values[source] for source in node.inputs]
    if operation.row_inputs and not isinstance(signal, RowSignal):
        signal = silent_rows_dropped(signal)
    following = [operation.follows_rows(i, output, value) for i, value in enumerate(inputs)]
    if not isinstance(signal, RowSignal) or not any(following):
        contributions = operation.backward(dense(signal), output, *inputs)
        return [
            c if c is None or isinstance(c, RowSignal) else sum_to_shape(np.asarray(c), value.shape)
            for c, value in zip(contributions, inputs, strict=True)
        ]
    # No error, no work: only the rows that carry a signal are shared out.
    rows = signal.rows
    taken = [value[rows] if follows else value for value, follows in zip(inputs, following, strict=True)]
    shared: list[Signal | None] = []
    for c, value, follows in zip(
        operation.backward(signal.values, output[rows], *taken), inputs, following, strict=True
    ):
        if c is None or isinstance(c, RowSignal):
            shared.append(c)
        elif follows:
            shared.append(RowSignal(rows, sum_to_shape(c, (len(rows), *value.shape[1:])), value.shape))
        else:
            shared.append(sum_to_shape(c, value.shape))
    return shared


def silent_rows_dropped(signal: Array) -> Signal:
    """Keep only the rows with a signal, where fewer than half have one."""
    if signal.ndim < 2:
        return signal
    active = np.flatnonzero(signal.any(axis=tuple(range(1, signal.ndim))))
    return RowSignal(active, signal[active], signal.shape) if 2 * len(active) < len(signal) else signal


def _by_node(order: Sequence[Node], feeds: Feeds) -> dict[Node, Any]:
    """Resolve feeds given by name; refuse names that the graph does not have."""
    inputs: dict[str, Node] = {}
    for node in order:
        if isinstance(node, Input) and inputs.setdefault(node.name, node) is not node:
            raise InputError(f"two inputs of the graph are both named {node.name!r}; give each its own name")
    resolved = {key if isinstance(key, Node) else inputs.get(key): array for key, array in feeds.items()}
    if None in resolved:
        unknown = next(key for key in feeds if not isinstance(key, Node) and key not in inputs)
        known = ", ".join(repr(name) for name in inputs) or "none"
        raise InputError(f"the graph has no input {unknown!r}; its inputs are: {known}")
    computed = next((node for node in resolved if node is not None and node.operation is not None), None)
    if computed is not None:
        raise InputError(f"{computed.label!r} is computed from its inputs; feed those")
    return {node: array for node, array in resolved.items() if node is not None}


def _leaf_value(node: Node, feeds: Mapping[Node, Any], sizes: dict[str, int], dtype: Any) -> Array:
    """Return the array of a leaf, as fed or as held."""
    if node in feeds:
        return _fed(node, feeds[node], sizes, dtype)
    if isinstance(node, Parameter | Constant):
        return node.value if node.integer else node.value.astype(dtype, copy=False)
    raise InputError(f"no array was given for input {node.name!r}")


def _fed(node: Node, array: Any, sizes: dict[str, int], dtype: Any) -> Array:
    """Check a fed array against its leaf, and convert it to the run's precision."""
    fed = np.asarray(array)
    if node.integer:
        if fed.dtype.kind not in "iu":
            raise InputError(f"input {node.name!r} holds ids or labels: whole numbers, not {fed.dtype}")
    else:
        if fed.dtype.kind not in "fiub":
            raise InputError(f"input {node.name!r} takes numbers, not {fed.dtype}")
        fed = fed.astype(dtype, copy=False)
    if not isinstance(node, DropoutMask):
        bind(node.shape, fed.shape, sizes, node.name)
    return fed
