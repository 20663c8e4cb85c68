"""Random graphs of all operations: the loss and every gradient of a plan are those of the reference."""

from math import prod
from typing import NamedTuple

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import ShapeError
from deltarule.graph import DropoutMask, Input, Node, topological_order

MOST_ENTRIES, MOST_AXES, LARGEST = 150, 3, 8.0
SHAPES = [
    (),
    (3,),
    (2, 3),
    (4, 1),
    ("batch",),
    ("batch", 4),
    ("tokens", 3),
    ("forms", 2),
    ("batch", 2, 3),
    (3, "forms"),
]
TABLES = [(5, 3), (6,), (4, 2), (3, 2, 2)]
IDS = [(), ("batch",), ("tokens",), ("tokens", 2), (3,)]


class Sum(NamedTuple):
    """What lengths of sentences add up to."""

    dimension: int | str


class Growing:
    """A graph under construction, with the value of each node, so that each operation gets what it accepts."""

    def __init__(self, draw):
        self.draw = draw
        self.random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.sizes = self.drawn_sizes()
        self.inputs = {}  # by name: the node, and the limit of its ids
        self.feeds, self.values, self.pool, self.weights = {}, {}, [], {}
        for shape in draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3)):
            self.pool.append(self.leaf(shape))
        first = self.pool[0]
        self.add(first * self.parameter(tuple(1 if isinstance(d, str) else d for d in first.shape)))

    def choose(self, options):
        return self.draw(st.sampled_from(list(options)))

    def drawn_sizes(self):
        return {name: self.draw(st.integers(1, 5)) for name in ("batch", "tokens", "forms")}

    def actual(self, shape):
        return tuple(self.sizes[d] if isinstance(d, str) else d for d in shape)

    def value(self, node):
        """Return the value of a node; masks are 1 here."""
        if node not in self.values:
            if isinstance(node, DropoutMask):
                self.values[node] = np.ones(())
            elif node.operation is None:
                self.values[node] = self.feeds[node.name] if isinstance(node, Input) else node.value
            else:
                self.values[node] = np.asarray(node.operation.forward(*map(self.value, node.inputs)))
        return self.values[node]

    def feed(self, shape, limit=None):
        """Return an input of numbers, or of ids below a limit."""
        node = dr.input(f"x{len(self.inputs)}", shape, integer=limit is not None)
        self.inputs[node.name] = node, limit
        self.feeds[node.name] = self.array(node, limit)
        return node

    def array(self, node, limit):
        if limit is None:
            return self.numbers(node.shape)
        if isinstance(limit, Sum):
            sentences = self.random.integers(1, 5)
            tokens = self.random.integers(0, sentences, self.actual((limit.dimension,))[0])
            return np.bincount(tokens, minlength=sentences).astype(np.int32)
        return self.random.integers(0, self.actual((limit,))[0], self.actual(node.shape)).astype(np.int32)

    def numbers(self, shape):
        return self.random.normal(size=self.actual(shape)).astype(np.float32)

    def leaf(self, shape):
        named = any(isinstance(d, str) for d in shape)
        return self.feed(shape) if named else self.parameter(shape)

    def parameter(self, shape):
        """Return a parameter, at times one that is used already."""
        if shape in self.weights and self.draw(st.booleans()):
            return self.weights[shape]
        self.weights[shape] = dr.parameter(self.numbers(shape), f"w{len(self.weights)}")
        return self.weights[shape]

    def add(self, node):
        """Add a node, kept within bounds."""
        value = self.value(node)
        if value.size > MOST_ENTRIES or value.ndim > MOST_AXES or not np.isfinite(value).all():
            return
        self.pool.append(dr.tanh(node) if np.abs(value).max(initial=0) > LARGEST else node)

    def node(self, accepts=lambda shape: True):
        found = [node for node in self.pool if accepts(node.shape)]
        return self.choose(found) if found else None


def positive(x):
    return x * x + 0.5


def axis_of(g, x):
    return g.choose(range(-len(x.shape), len(x.shape)))


def function(g):
    x = g.node()
    functions = (dr.sigmoid, dr.tanh, dr.hard_tanh, dr.soft_sign, dr.relu, dr.leaky_relu, dr.absolute, lambda x: -x)
    domains = (lambda x: dr.exp(dr.tanh(x)), lambda x: dr.log(positive(x)), lambda x: dr.leaky_relu(x, 0.2))
    return g.choose(functions + domains)(x)


def power(g):
    exponent = g.choose((0.0, 1.0, 2.0, 3.0, -1.0, 0.5, 2.7, -1.5))
    x = g.node()
    return (x if exponent in (0, 1, 2, 3) else positive(x)) ** exponent


def arithmetic(g):
    x, y = g.node(), g.node()
    operations = (
        lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / positive(y), dr.maximum,
        lambda x, _: 1.5 * x, lambda x, _: 1 - x,
    )  # fmt: skip
    return g.choose(operations)(x, y)


def reduction(g):
    x = g.node()
    axis = g.choose([None, *range(-len(x.shape), len(x.shape))])
    return g.choose((dr.sum, dr.mean, dr.max, dr.log_sum_exp))(x, axis=axis, keepdims=g.draw(st.booleans()))


def softmax(g):
    x = g.node(lambda shape: len(shape))
    return x and dr.softmax(x, axis_of(g, x))


def product(g):
    x = g.node(lambda shape: 1 <= len(shape) <= 2)
    if x is None:
        return None
    if isinstance(x.shape[-1], int) and g.draw(st.booleans()):
        return x @ g.parameter(g.choose([(x.shape[-1], 2), (x.shape[-1],)]))
    other = g.node(lambda shape: 1 <= len(shape) <= 2 and shape[0] == x.shape[-1])
    return other and x @ other


def layer(g):
    x = g.node(lambda shape: len(shape) and isinstance(shape[-1], int))
    if x is None:
        return None
    outputs = g.choose((1, 3, 4))
    weight = g.parameter((outputs, x.shape[-1]))
    z = dr.linear(x, weight) if g.draw(st.booleans()) else dr.affine(x, weight, g.parameter((outputs,)))
    return g.choose((lambda z: z, dr.sigmoid, dr.tanh, dr.hard_tanh, dr.soft_sign, dr.relu, dr.leaky_relu))(z)


def transpose(g):
    x = g.node(lambda shape: len(shape) <= 2)
    return x and dr.transpose(x)


def reshape(g):
    x = g.node(lambda shape: sum(isinstance(d, str) for d in shape) <= 1)
    if x is None:
        return None
    shape = x.shape
    shapes = [(*shape, 1), (1, *shape), shape[::-1], tuple(d for d in shape if d != 1)]
    if shape[-1:] in ((4,), (6,)):
        shapes.append((*shape[:-1], 2, shape[-1] // 2))
    if len(shape) > 1 and all(isinstance(d, int) for d in shape[-2:]):
        shapes.append((*shape[:-2], prod(shape[-2:])))
    return dr.reshape(x, g.choose(shapes))


def concatenate(g):
    x = g.node(lambda shape: len(shape) and isinstance(shape[-1], int))
    if x is None:
        return None
    numbered = [axis for axis in range(len(x.shape)) if all(isinstance(d, int) for d in x.shape[axis:])]
    axis = g.choose(numbered)

    def fits(shape):
        return (
            len(shape) == len(x.shape)
            and all(isinstance(d, int) for d in shape[axis:])
            and shape[:axis] + shape[axis + 1 :] == x.shape[:axis] + x.shape[axis + 1 :]
        )

    parts = [x, *(g.node(fits) for _ in range(g.choose((0, 1, 2))))]
    return dr.concatenate(parts, g.choose((axis, axis - len(x.shape))))


def lookup(g):
    shape = g.choose(TABLES)
    return dr.row_lookup(g.parameter(shape), g.feed(g.choose(IDS), shape[0]))


def lookup_in_computed(g):
    x = g.node(len)
    return x and dr.row_lookup(x, g.feed(g.choose(IDS), x.shape[0]))


def pick(g):
    x = g.node(lambda shape: len(shape) == 2)
    return x and dr.pick(x, g.feed(x.shape[:1], x.shape[1]))


def one_hot(g):
    return dr.one_hot(g.feed(g.choose(IDS[1:]), 3), 3)


def windows(g):
    x = g.node(lambda shape: len(shape) == 2 and isinstance(shape[1], int))
    if x is None:
        return None
    size, outputs = g.choose((1, 2, 3)), g.choose((2, 4))
    positions = g.feed((g.choose(("batch", "tokens", 3)), size), x.shape[0])
    z = dr.window_affine(x, positions, g.parameter((outputs, size * x.shape[1])), g.parameter((outputs,)))
    return g.choose((lambda z: z, dr.tanh, dr.relu))(z)


def dropout(g):
    x = g.node(len)
    return x and dr.dropout(x, g.choose((0.2, 0.5)))


STEPS = (
    function, function, power, arithmetic, arithmetic, reduction, softmax, product, layer, layer, transpose, reshape,
    concatenate, lookup, lookup_in_computed, pick, one_hot, windows, dropout,
)  # fmt: skip


def objective(g):
    """Return the objective of some scores, which becomes a single pass."""
    kind = g.choose(("softmax", "margins", "pairs", "squares", "sentences", "sentence margins"))
    if kind == "squares":
        x = g.node(lambda shape: 1 <= len(shape) <= 2)
        return x and dr.SquaredError()(x, g.feed(x.shape))
    if kind == "pairs":
        x = g.node(lambda shape: len(shape) == 1)
        other = x and g.node(lambda shape: shape == x.shape)
        return x and dr.MaxMargin(g.choose((0.1, 1.0)))(x, other)
    x = g.node(lambda shape: len(shape) == 2 and isinstance(shape[1], int) and shape[1] > 1)
    if x and kind in ("sentences", "sentence margins"):
        others = [g.parameter(shape) for shape in ((x.shape[1],) * 2, x.shape[1:], x.shape[1:])]
        feeds = g.feed(x.shape[:1], x.shape[1]), g.feed((f"sentences{len(g.inputs)}",), Sum(x.shape[0]))
        return (dr.sentence_likelihood if kind == "sentences" else dr.structured_margin)(x, *others, *feeds)
    chosen = dr.SoftmaxCrossEntropy() if kind == "softmax" else dr.MultiClassMaxMargin(g.choose((0.1, 1.0)))
    return x and chosen(x, g.feed(x.shape[:1], x.shape[1]))


@st.composite
def graphs(draw):
    """Draw a loss, and two batches of other sizes: arrays for its inputs, and a seed for each dropout mask."""
    g = Growing(draw)
    for _ in range(draw(st.integers(2, 10))):
        try:
            node = g.choose(STEPS)(g)
        except ShapeError:  # what was drawn does not broadcast, or is an inner dimension of no product
            continue
        if isinstance(node, Node):
            g.add(node)
    terms = [term for term in (objective(g) for _ in range(draw(st.integers(0, 2)))) if term is not None]
    # Every entry of what is not used otherwise gets a signal of its own.
    used = {source for node in topological_order([*g.pool, *terms]) for source in node.inputs}
    ends = [node for node in g.pool if node not in used]
    terms += [dr.sum(node * g.feed(node.shape)) for node in ends]
    loss = terms[0]
    for term in terms[1:]:
        loss = loss + term
    order = topological_order([loss])
    batches = []
    for sizes in (g.sizes, g.drawn_sizes()):
        g.sizes = sizes
        feeds = {name: g.array(*g.inputs[name]) for name in g.inputs if g.inputs[name][0] in order}
        batches.append((feeds, [draw(st.integers(0, 2**31 - 1)) for node in order if isinstance(node, DropoutMask)]))
    return loss, batches


@settings(derandomize=True, max_examples=300)
@given(graph=graphs())
def test_loss_and_gradients_of_random_graphs_are_those_of_the_reference(plans, graph):
    loss, batches = graph
    plan = None
    for feeds, seeds in batches:
        comparison = plans.Comparison(loss, feeds, seeds, plan)
        plan = comparison.plan
        assume(comparison.parameters and not comparison.near_kink)
        comparison.check()
