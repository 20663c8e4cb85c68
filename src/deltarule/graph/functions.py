"""The functions by which a graph is written: each adds one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltarule.graph.node import Constant, DropoutMask, Input, Node, Parameter, apply
from deltarule.graph.operations.activations import HardTanh, LeakyReLU, ReLU, Sigmoid, Softmax, SoftSign, Tanh
from deltarule.graph.operations.arithmetic import Absolute, Exp, Log, Maximum
from deltarule.graph.operations.arrangement import Concatenate, OneHot, Pick, Reshape, RowLookup
from deltarule.graph.operations.linear import Affine, Linear, MatMul, Transpose
from deltarule.graph.operations.reductions import LogSumExp, Max, Mean, Sum
from deltarule.graph.operations.sequences import SentenceLikelihood, StructuredMargin
from deltarule.graph.operations.sparse import SparseAffine
from deltarule.graph.operations.windows import WindowAffine
from deltarule.graph.shapes import Shape

__all__ = [
    "absolute",
    "affine",
    "concatenate",
    "constant",
    "dropout",
    "exp",
    "hard_tanh",
    "input",
    "leaky_relu",
    "linear",
    "log",
    "log_sum_exp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "one_hot",
    "parameter",
    "pick",
    "relu",
    "reshape",
    "row_lookup",
    "sentence_likelihood",
    "sigmoid",
    "soft_sign",
    "softmax",
    "sparse_affine",
    "structured_margin",
    "sum",
    "tanh",
    "transpose",
    "window_affine",
]


def input(name: str, shape: Shape = (), *, integer: bool = False) -> Input:  # noqa: A001 - the graph's word for it
    """Declare an input, fed by name when the graph runs.

    Parameters
    ----------
    name : what feeds and reports call it
    shape : sizes of its axes; a name such as ``"batch"`` for a size known only at run time; ``()`` is a scalar
    integer : whether it holds ids or labels, which have no gradient

    Examples
    --------
    >>> import deltarule as dr
    >>> x, y = dr.input("x"), dr.input("y")
    >>> run = dr.backprop(x * y, {"x": 4.0, "y": -3.0})
    >>> run.gradient(x), run.gradient(y)
    (-3.0, 4.0)
    """
    return Input(name, shape, integer)


def parameter(value: Any, name: str = "") -> Parameter:
    """Make a leaf that training changes in place; its array is ``.value``."""
    return Parameter(value, name)


def constant(value: Any, name: str = "") -> Constant:
    """Make a leaf with a fixed array. Numbers and arrays in arithmetic become constants by themselves."""
    return Constant(value, name)


def exp(x: Any) -> Node:
    """Return eˣ."""
    return apply(Exp(), x)


def log(x: Any) -> Node:
    """Return the natural logarithm of x > 0."""
    return apply(Log(), x)


def absolute(x: Any) -> Node:
    """Return |x|; its kink is at 0."""
    return apply(Absolute(), x)


def maximum(x: Any, y: Any) -> Node:
    """Return the larger of two, entry by entry; at a tie the signal goes to `x`."""
    return apply(Maximum(), x, y)


def matmul(a: Any, b: Any) -> Node:
    """Return the product of two matrices or vectors, A B."""
    return apply(MatMul(), a, b)


def linear(x: Any, weight: Any) -> Node:
    """Return W x for each row x of the input; the weight is (outputs, inputs)."""
    return apply(Linear(), x, weight)


def affine(x: Any, weight: Any, bias: Any) -> Node:
    """Return z = W x + b for each row x of the input; the weight is (outputs, inputs)."""
    return apply(Affine(), x, weight, bias)


def window_affine(vectors: Any, positions: Any, weight: Any, bias: Any) -> Node:
    """Return W x + b where x is the vectors of a window end to end; `positions` says which vectors are in each window.

    The same as ``affine(reshape(row_lookup(vectors, positions), ...), weight, bias)``, but a vector that stands in many
    windows is multiplied once.
    """
    return apply(WindowAffine(), vectors, positions, weight, bias)


def sparse_affine(columns: Any, values: Any, ends: Any, weight: Any, bias: Any) -> Node:
    """Return x W + b for sparse rows x, which only reads the rows of W that belong to entries of x.

    Parameters
    ----------
    columns, values : of the entries of all rows, one row after another, each of shape (entries,)
    ends : where the entries of each row end, (batch,); ``indptr[1:]`` of a CSR matrix
    weight : W, a row for each column of x, of shape (features, outputs): the transposed weight of `affine`
    bias : b, of shape (outputs,)
    """
    return apply(SparseAffine(), columns, values, ends, weight, bias)


def transpose(a: Any) -> Node:
    """Return Aᵀ."""
    return apply(Transpose(), a)


def reshape(x: Any, shape: Shape) -> Node:
    """Return the same entries in another shape, in which one dimension may be named."""
    return apply(Reshape(tuple(shape)), x)


def concatenate(parts: Sequence[Any], axis: int = -1) -> Node:
    """Join arrays along an axis."""
    return apply(Concatenate(axis), *parts)


def row_lookup(table: Any, ids: Any) -> Node:
    """Return row ``ids[i]`` of a table for each i. Its gradient is kept as the rows read, not as a whole table."""
    return apply(RowLookup(), table, ids)


def pick(x: Any, labels: Any) -> Node:
    """Return ``x[i, labels[i]]`` for each row i."""
    return apply(Pick(), x, labels)


def one_hot(labels: Any, classes: int) -> Node:
    """Return a row of zeros with a 1 at the label, for each label."""
    return apply(OneHot(classes), labels)


def sum(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:  # noqa: A001 - as in NumPy
    """Return the sum over an axis, or over all entries."""
    return apply(Sum(axis, keepdims), x)


def mean(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:
    """Return the mean over an axis, or over all entries."""
    return apply(Mean(axis, keepdims), x)


def max(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:  # noqa: A001 - as in NumPy
    """Return the largest entry along an axis, or of all; at a tie the signal goes to the first."""
    return apply(Max(axis, keepdims), x)


def log_sum_exp(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:
    """Return log Σ eˣ over an axis, or over all entries, without overflow."""
    return apply(LogSumExp(axis, keepdims), x)


def sigmoid(z: Any) -> Node:
    """Return σ(z) = 1 / (1 + e⁻ᶻ)."""
    return apply(Sigmoid(), z)


def tanh(z: Any) -> Node:
    """Return tanh z."""
    return apply(Tanh(), z)


def hard_tanh(z: Any) -> Node:
    """Return z cut to [−1, 1]; its kinks are at ±1."""
    return apply(HardTanh(), z)


def soft_sign(z: Any) -> Node:
    """Return z / (1 + |z|)."""
    return apply(SoftSign(), z)


def relu(z: Any) -> Node:
    """Return max(0, z); its kink is at 0."""
    return apply(ReLU(), z)


def leaky_relu(z: Any, slope: float = 0.01) -> Node:
    """Return z for z > 0, else slope × z; its kink is at 0."""
    return apply(LeakyReLU(slope), z)


def softmax(z: Any, axis: int = -1) -> Node:
    """Return e^{z_i} / Σ_j e^{z_j} along an axis."""
    return apply(Softmax(axis), z)


def sentence_likelihood(scores: Any, transitions: Any, start: Any, end: Any, labels: Any, lengths: Any) -> Node:
    """Return minus the log-probability of the label sequences of sentences, over their tokens: a linear-chain CRF.

    Parameters
    ----------
    scores : (tokens, labels); sentences lie end to end
    transitions, start, end : scores of pairs of labels, column after row, and of first and last labels
    labels : the true label of each token
    lengths : tokens of each sentence
    """
    return apply(SentenceLikelihood(), scores, transitions, start, end, labels, lengths)


def structured_margin(
    scores: Any, transitions: Any, start: Any, end: Any, labels: Any, lengths: Any, margin: float = 1.0
) -> Node:
    """Return by how much the worst label sequence of each sentence breaks its margin, over their tokens.

    Every sequence must score below the true one by `margin` for each wrong label. For the rest, see
    `sentence_likelihood`.
    """
    return apply(StructuredMargin(margin), scores, transitions, start, end, labels, lengths)


def dropout(x: Node, rate: float) -> Node:
    """Return x; in training, entries are 0 with probability `rate`, and the others scaled by 1 / (1 − rate)."""
    return x * DropoutMask(x, rate) if rate else x
