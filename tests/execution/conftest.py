"""Compiled plans beside the reference interpreter in double precision, which says what is right."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.plan import TrainingPlan
from deltarule.execution.reference import backward, forward, local_signals
from deltarule.graph import Parameter, topological_order
from deltarule.graph.signals import dense

SHAKEN = 5  # runs from which the effect of rounding is estimated
ALLOWED = 20  # times that effect


def trained_plan(loss, threads=1, frozen=(), clip=0.0):
    """Return a plan that finds gradients; its rule is SGD, and its rate is 0 until somebody sets it."""
    order = topological_order([loss])
    parameters = {node: [] for node in order if isinstance(node, Parameter) and node not in frozen}
    wanted = set(parameters)
    for node in order:
        if isinstance(node, Parameter):
            node.value = np.array(node.value, np.float32, order="C")
        if wanted.intersection(node.inputs):
            wanted.add(node)
    return TrainingPlan(loss, parameters, wanted, 0, clip, threads)


def plan_mask(shape, rate, seed):
    """Return the mask that a plan draws for an array: the gradient of Σ dropout(x)."""
    x = dr.parameter(np.ones(shape, np.float32))
    plan = trained_plan(dr.sum(dr.dropout(x, rate)))
    plan.step({}, np.array([seed]))
    return plan.gradient(x)


def masks_of(plan, run, seeds):
    """Return the masks that a plan draws with some seeds, by their nodes."""
    return {
        mask: plan_mask(run.values[mask.like].shape, mask.rate, seed)
        for mask, seed in zip(plan.compiler.seeds, seeds, strict=True)
    }


def shaken(array, random, size):
    """Return an array with each number changed by a random part of itself; ids stay."""
    return array * (1 + size * random.uniform(-1, 1, np.shape(array))) if array.dtype.kind == "f" else array


def shaken_run(run, loss, random, size):
    """Return values and signals of a run in which each of them is a little off, as rounding leaves them."""
    values, signals = {}, {loss: np.ones(())}
    for node in run.order:
        made = node.operation and node.operation.forward(*(values[source] for source in node.inputs))
        values[node] = shaken(run.values[node] if made is None else np.asarray(made), random, size)
    for node in reversed(run.order):
        if node.operation is None or node not in signals:
            continue
        for source, part in zip(node.inputs, local_signals(node, signals[node], values), strict=True):
            if part is not None:
                signals[source] = signals.get(source, 0) + shaken(dense(part), random, size)
    return values, signals


def near_kink(run, values):
    """Say whether slightly other values lie on other pieces of any operation."""

    def pieces(of, node):
        return node.operation.pieces(*(of[source] for source in node.inputs))

    return any(
        not np.array_equal(pieces(run.values, node), pieces(values, node))
        for node in run.order
        if node.operation and pieces(values, node) is not None
    )


class Comparison:
    """A step of a plan, and the same by the reference.

    `rounding` is how far single precision may lead astray: how far the gradient of a parameter moves when every value
    and signal on the way is changed by some 10⁻⁷ of itself. So it grows where large terms cancel, and nowhere else.
    """

    def __init__(self, loss, feeds, seeds=(), plan=None):
        self.plan = trained_plan(loss) if plan is None else plan
        self.value, self.fine = self.plan.step(feeds, np.array(seeds, np.int64))
        order = topological_order([loss])
        self.run = forward([loss], feeds, order=order)
        if seeds:
            self.run = forward([loss], {**feeds, **masks_of(self.plan, self.run, seeds)}, order=order)
        backward(self.run, loss)
        self.loss = loss
        self.parameters = [node for node in order if isinstance(node, Parameter) and node in self.plan._gradients]

    @property
    def near_kink(self):
        return near_kink(self.run, shaken_run(self.run, self.loss, np.random.default_rng(0), 1e-4)[0])

    def check(self):
        """Assert that plan and reference agree to the rounding of single precision."""
        shaken_runs = [shaken_run(self.run, self.loss, np.random.default_rng(seed), 2.0**-23) for seed in range(SHAKEN)]
        expected = self.run.value(self.loss)
        off = max(abs(values[self.loss] - expected) for values, _ in shaken_runs)
        assert self.fine
        assert self.value == pytest.approx(expected, rel=1e-6, abs=ALLOWED * off)
        for parameter in self.parameters:
            expected = np.asarray(self.run.gradient(parameter))
            off = max(np.abs(signals[parameter] - expected).max(initial=0) for _, signals in shaken_runs)
            allowed = ALLOWED * off + 1e-6 * np.abs(expected).max(initial=0)
            found = self.plan.gradient(parameter)
            assert (found.shape, found.dtype) == (parameter.shape, np.float32)
            np.testing.assert_allclose(found, expected, rtol=0, atol=allowed, err_msg=repr(parameter))


class Plans:
    """What the tests of plans need."""

    make = staticmethod(trained_plan)
    mask = staticmethod(plan_mask)
    Comparison = Comparison

    @staticmethod
    def check(loss, feeds, seeds=(), plan=None):
        """Take a step, assert that it agrees with the reference, and return the plan."""
        comparison = Comparison(loss, feeds, seeds, plan)
        comparison.check()
        return comparison.plan


@pytest.fixture(scope="session")
def plans():
    return Plans
