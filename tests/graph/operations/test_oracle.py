"""Values and gradients of every operation, against PyTorch's."""

from itertools import product

import numpy as np
import pytest

import deltarule as dr
from deltarule.graph import OPERATIONS, Constant, Parameter, apply

torch = pytest.importorskip("torch", reason="PyTorch is the oracle; install the extra `oracle`")


def over(reduce, flat):
    """Adapt a reduction to the operation's axis."""
    return lambda o, x: flat(x).reshape((1,) * x.ndim if o.keepdims else ()) if o.axis is None else reduce(o, x)


def sentences(objective):
    """Average over tokens what an objective makes of the scores of all label sequences of each sentence."""

    def mean(operation, scores, transitions, start, end, labels, lengths):
        total, begin = torch.zeros((), dtype=scores.dtype), 0
        for length in filter(None, lengths.tolist()):
            s, y = scores[begin : begin + length], labels[begin : begin + length].tolist()
            begin += length
            every = [list(path) for path in product(range(scores.shape[1]), repeat=length)]
            values = torch.stack(
                [start[p[0]] + s[range(length), p].sum() + transitions[p[:-1], p[1:]].sum() + end[p[-1]] for p in every]
            )
            wrong = torch.tensor([sum(a != b for a, b in zip(p, y, strict=True)) for p in every])
            total = total + objective(operation, values, wrong)
        return total / len(scores)

    return mean


def sparse_rows(columns, values, ends, table):
    """The product of a matrix with mostly zeros and the table, by way of the whole matrix."""
    rows = torch.repeat_interleave(torch.arange(len(ends)), torch.diff(ends, prepend=torch.zeros(1, dtype=ends.dtype)))
    whole = torch.zeros((len(ends), len(table)), dtype=table.dtype)
    return whole.index_put((rows, columns), values, accumulate=True) @ table


ORACLE = {
    "add": lambda o, x, y: x + y,
    "subtract": lambda o, x, y: x - y,
    "multiply": lambda o, x, y: x * y,
    "divide": lambda o, x, y: x / y,
    "negate": lambda o, x: -x,
    "power": lambda o, x: x**o.exponent,
    "exp": lambda o, x: x.exp(),
    "log": lambda o, x: x.log(),
    "absolute": lambda o, x: x.abs(),
    "maximum": lambda o, x, y: torch.maximum(x, y),
    "matmul": lambda o, a, b: a @ b,
    "linear": lambda o, x, weight: torch.nn.functional.linear(x, weight),
    "window_affine": lambda _, vectors, ids, w, b: torch.nn.functional.linear(vectors[ids].flatten(1), w, b),
    "sparse_affine": lambda _, columns, values, ends, table, bias: sparse_rows(columns, values, ends, table) + bias,
    "affine": lambda o, x, weight, bias: torch.nn.functional.linear(x, weight, bias),
    "transpose": lambda o, a: a.permute(*reversed(range(a.ndim))),
    "reshape": lambda o, x: x.reshape(o.shape),
    "concatenate": lambda o, *parts: torch.cat(parts, dim=o.axis),
    "row_lookup": lambda o, table, ids: table[ids],
    "pick": lambda o, x, labels: x[torch.arange(len(x)), labels],
    "one_hot": lambda o, labels: torch.nn.functional.one_hot(labels, o.classes).double(),
    "sum": over(lambda o, x: x.sum(o.axis, o.keepdims), torch.sum),
    "mean": over(lambda o, x: x.mean(o.axis, o.keepdims), torch.mean),
    "max": over(lambda o, x: x.max(o.axis, o.keepdims).values, torch.max),
    "log_sum_exp": over(lambda o, x: x.logsumexp(o.axis, o.keepdims), lambda x: x.flatten().logsumexp(0)),
    "sigmoid": lambda o, z: z.sigmoid(),
    "tanh": lambda o, z: z.tanh(),
    "hard_tanh": lambda o, z: torch.nn.functional.hardtanh(z),
    "soft_sign": lambda o, z: torch.nn.functional.softsign(z),
    "relu": lambda o, z: z.relu(),
    "leaky_relu": lambda o, z: torch.nn.functional.leaky_relu(z, o.slope),
    "softmax": lambda o, z: z.softmax(o.axis),
    "sentence_likelihood": sentences(lambda _, values, wrong: values.logsumexp(0) - values[wrong == 0][0]),
    "structured_margin": sentences(
        lambda o, values, wrong: torch.relu((values + o.margin * wrong).max() - values[wrong == 0][0])
    ),
}

SAMPLES = [
    pytest.param(name, operation, inputs, id=f"{name}-{number}")
    for name, kind in OPERATIONS.items()
    for number, (operation, inputs) in enumerate(kind.samples(np.random.default_rng(5)))
]


@pytest.mark.parametrize(("name", "operation", "inputs"), SAMPLES)
def test_values_and_gradients_are_those_of_pytorch(name, operation, inputs):
    integer = operation.integer_inputs
    tensors = [torch.tensor(value, requires_grad=i not in integer) for i, value in enumerate(inputs)]
    expected = ORACLE[name](operation, *tensors)
    weights = np.random.default_rng(2).normal(size=expected.shape)

    leaves = [Constant(value, integer=True) if i in integer else Parameter(value) for i, value in enumerate(inputs)]
    node = apply(operation, *leaves)
    run = dr.backprop(dr.sum(node * weights))
    np.testing.assert_allclose(run.values[node], expected.detach().numpy(), rtol=1e-13, atol=1e-15)

    if not expected.requires_grad:
        return
    (expected * torch.tensor(weights)).sum().backward()
    for leaf, tensor in zip(leaves, tensors, strict=True):
        if isinstance(leaf, Parameter):
            np.testing.assert_allclose(run.gradient(leaf), tensor.grad.numpy(), rtol=1e-12, atol=1e-14)
