"""How much each vector that a window reads moved the difference of two scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.reference import Run, backward, forward
from deltarule.graph import Array, Input, Node, Parameter, topological_order
from deltarule.graph.operations.arrangement import RowLookup
from deltarule.graph.operations.windows import WindowAffine
from deltarule.graph.substitution import substitute

__all__ = ["IntegratedGradients", "Vectors", "WindowScores", "integrated_gradients"]

Vectors = dict[str, Array]
"""For each feature the vectors of some windows: of shape (windows, places, dimension)."""

_NODES, _STRETCHES = 5, 4  # points of a stretch, and stretches to begin with
_MOST_POINTS = 1 << 15
# What may be wrong in the sum of the parts, and in all parts by themselves, where f changes by 10 or by 1 on the way.
_SUM, _PARTS = 5e-4, 5e-3
_AT_ONCE = 64  # stretches


class WindowScores:
    """The scores of one token as a function of the vectors that its window reads.

    The graph is followed from the scores: each table that ids look up rows of is a feature. Features of words are read
    at every place of the window; features of the token itself, which do not pass through the window, have one place.

    Parameters
    ----------
    scores : node of shape (tokens, labels)
    feeds : arrays of a batch, by input name; others than the graph has are left out
    token : row of the scores

    Attributes
    ----------
    vectors : what this token's window reads
    places : number of places of the window
    over_window : names of the features that are read at every place
    """

    def __init__(self, scores: Node, feeds: Mapping[str, Array], token: int) -> None:
        order = topological_order([scores])
        windows = [node for node in order if isinstance(node.operation, WindowAffine)]
        places = {window.inputs[1] for window in windows}
        positions = places.pop() if len(places) == 1 else None
        if not isinstance(positions, Input):
            raise InputError("explanations need a network whose layers over words all read the same windows")
        rows = feeds[positions.name][token]
        self.places = len(rows)
        replaced: dict[Node, Node] = {}
        self.vectors: Vectors = {}
        self.over_window: list[str] = []
        for node in order:
            table, *rest = node.inputs or (None,)
            if isinstance(node.operation, RowLookup) and isinstance(table, Parameter):
                ids = rest[0]
                own = feeds[ids.name]
                if ids.shape[0] == positions.shape[0]:
                    vectors = table.value[own[token]]
                else:
                    vectors = table.value[own[rows]]
                    self.over_window.append(ids.name)
                self.vectors[ids.name] = np.atleast_2d(vectors.astype(np.float64))[None]
                replaced[node] = Input(ids.name, node.shape)
        self.scores = substitute(scores, replaced)
        self._inputs = {node.name: node for node in replaced.values()}
        self._positions = positions
        known = set(self._inputs) | {positions.name}
        self._others = {
            node: feeds[node.name][token]
            for node in topological_order([self.scores])
            if isinstance(node, Input) and node.name not in known
        }

    def run(self, vectors: Vectors, signal: Array | None = None) -> Run:
        """Score windows with these vectors, and send a signal of shape (labels,) back from each window's scores."""
        count = len(next(iter(vectors.values())))
        feeds: dict[Node, Array] = {
            self._positions: np.arange(count * self.places, dtype=np.int32).reshape(count, self.places)
        }
        for name, array in vectors.items():
            shape = self._inputs[name].shape
            inner = array.shape[2:] if len(shape) == 2 else array.shape[1:]
            feeds[self._inputs[name]] = array.reshape(-1, *inner)
        for node, value in self._others.items():
            feeds[node] = np.repeat(value[None], count, axis=0)
        run = forward([self.scores], feeds)
        if signal is not None:
            backward(run, self.scores, signal=np.repeat(signal[None].astype(np.float64), count, axis=0))
        return run

    def values(self, vectors: Vectors) -> Array:
        """Return the scores of windows with these vectors, of shape (windows, labels)."""
        scores: Array = self.run(vectors).values[self.scores]
        return scores

    def scores_and_gradients(self, vectors: Vectors, signal: Array) -> tuple[Array, Vectors]:
        """Return the scores, and the gradient of signal · scores with respect to every vector."""
        run = self.run(vectors, signal)
        gradients = {name: run.gradient(self._inputs[name]).reshape(array.shape) for name, array in vectors.items()}
        return run.values[self.scores], gradients


@dataclass(frozen=True)
class IntegratedGradients:
    """Parts of a difference, for each feature of shape (places,).

    Attributes
    ----------
    parts : for each feature, what each place contributes
    difference : what they should sum to: the value at the input less the value at the baseline
    error : how far the sum is from that
    points : points at which gradients were taken
    """

    parts: dict[str, Array]
    difference: float
    error: float
    points: int


def integrated_gradients(
    function: WindowScores, vectors: Vectors, baseline: Vectors, signal: Array
) -> IntegratedGradients:
    """Share out the change of signal · scores between a baseline and an input among the vectors.

    A vector's part is (x − x₀) · ∫₀¹ ∇f(x₀ + α (x − x₀)) dα, and the parts sum to f(x) − f(x₀). The same holds on any
    stretch of the way, and says how good the integral there is: stretches are integrated by Gauss–Legendre quadrature,
    and halved where their parts do not sum to what f changes by, as happens at the kinks of activations.

    Source: Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks.
    """
    step = {name: vectors[name] - baseline[name] for name in vectors}
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    inside, weights = np.concatenate([[0.0], (nodes + 1) / 2, [1.0]]), np.concatenate([[0.0], weights / 2, [0.0]])
    begins, width = np.arange(_STRETCHES) / _STRETCHES, 1 / _STRETCHES
    parts = {name: np.zeros(array.shape[1]) for name, array in vectors.items()}
    difference, settled, settled_sum, points = 0.0, 0.0, 0.0, 0
    while len(begins):
        own, changes = _parts_of_stretches(function, baseline, step, signal, begins, width, inside, weights)
        points += _NODES * len(begins)
        errors = sum(array.sum(axis=1) for array in own.values()) - changes
        scale = max(1.0, float(np.abs(changes).sum()))
        allowed = _PARTS * scale - settled
        fine = np.abs(errors) <= allowed / (8 * len(begins))
        good_sum = abs(settled_sum + errors.sum()) <= _SUM * max(1.0, scale / 10)
        if (good_sum and np.abs(errors).sum() <= allowed) or points > _MOST_POINTS:
            fine[:] = True
        for name, array in own.items():
            parts[name] += array[fine].sum(axis=0)
        difference += float(changes[fine].sum())
        settled += float(np.abs(errors[fine]).sum())
        settled_sum += float(errors[fine].sum())
        width /= 2
        begins = np.concatenate([begins[~fine], begins[~fine] + width])
    total = float(sum(part.sum() for part in parts.values()))
    return IntegratedGradients(parts, difference, total - difference, points)


def _parts_of_stretches(
    function: WindowScores,
    baseline: Vectors,
    step: Vectors,
    signal: Array,
    begins: Array,
    width: float,
    inside: Array,
    weights: Array,
) -> tuple[dict[str, Array], Array]:
    """Integrate over stretches of the way: for each feature (stretches, places), and what f changes by on each."""
    parts: dict[str, list[Array]] = {name: [] for name in step}
    changes: list[Array] = []
    for first in range(0, len(begins), _AT_ONCE):
        own = begins[first : first + _AT_ONCE]
        at = (own[:, None] + width * inside).ravel()
        path = {name: baseline[name] + at[:, None, None] * array for name, array in step.items()}
        scores, gradients = function.scores_and_gradients(path, signal)
        for name, gradient in gradients.items():
            along = (gradient * step[name]).sum(axis=-1).reshape(len(own), len(inside), -1)
            parts[name].append(width * np.einsum("q,sqp->sp", weights, along))
        values = (scores @ signal).reshape(len(own), -1)
        changes.append(values[:, -1] - values[:, 0])
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}, np.concatenate(changes)
