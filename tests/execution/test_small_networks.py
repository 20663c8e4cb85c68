"""Networks that one instruction trains: which these are, and that they agree with the reference."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import NonFiniteError
from deltarule.execution.small_networks import SmallNetwork
from deltarule.training.minibatches import Minibatches

ACTIVATIONS = ["identity", "sigmoid", "tanh", "hard_tanh", "soft_sign", "relu", "leaky_relu"]
OBJECTIVES = {True: dr.SoftmaxCrossEntropy(), False: dr.SquaredError()}


def network(sizes, activations, seed=0):
    """Return layers with random weights and biases."""
    random = np.random.default_rng(seed)
    layers = [dr.Dense(*pair, activation=name) for *pair, name in zip(sizes[:-1], sizes[1:], activations, strict=True)]
    net = dr.Network(layers)
    for layer in net.layers:
        for parameter in layer.parameters.values():
            parameter.value = random.normal(size=parameter.shape).astype(np.float32)
        layer.parameters["weight"].value /= np.float32(np.sqrt(layer.parameters["weight"].shape[1]))
    return net


def examples(sizes, rows, classes, seed=0):
    """Return inputs and what is wanted of the outputs."""
    random = np.random.default_rng(seed)
    wanted = random.integers(0, sizes[-1], rows).astype(np.int32) if classes else random.normal(size=(rows, sizes[-1]))
    return {"inputs": random.normal(size=(rows, sizes[0])), "targets": wanted}


def is_one_instruction(plan):
    """Say whether a plan takes the whole network at once."""
    return isinstance(plan.compiler.units[0], SmallNetwork)


@st.composite
def cases(draw):
    """Draw layers, an objective, and a batch that may have to be taken in pieces."""
    sizes = draw(st.lists(st.integers(1, 40), min_size=2, max_size=5))
    activations = draw(st.lists(st.sampled_from(ACTIVATIONS), min_size=len(sizes) - 1, max_size=len(sizes) - 1))
    return sizes, activations, draw(st.booleans()), draw(st.integers(1, 70) | st.integers(250, 300))


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(0, 1 << 20))
def test_loss_and_gradients_agree_with_the_reference(plans, case, seed):
    sizes, activations, classes, rows = case
    loss = OBJECTIVES[classes].loss(network(sizes, activations, seed))
    comparison = plans.Comparison(loss, examples(sizes, rows, classes, seed))
    assert is_one_instruction(comparison.plan)
    assume(not comparison.near_kink)
    comparison.check()


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 100, 256, 257, 700])
@pytest.mark.parametrize("classes", [True, False])
def test_batches_of_any_size_one_after_another(plans, rows, classes):
    """Memory is as large as for some examples; other batches are taken in pieces, whose gradients are added up."""
    sizes = (20, 8, 3)
    loss = OBJECTIVES[classes].loss(network(sizes, ["tanh", "identity"]))
    plan = plans.make(loss)
    for count in (rows, 5, rows):
        plans.check(loss, examples(sizes, count, classes), plan=plan)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("classes", [True, False])
def test_slices_of_examples_make_the_same_bits_for_any_number_of_threads(threads, classes):
    sizes = (64, 100, 10)

    def trained(threads):
        net = network(sizes, ["relu", "identity"])
        trainer = dr.Trainer(OBJECTIVES[classes].loss(net), dr.Adam(0.01), threads=threads, clip=1.0)
        data = {name: array.astype(np.float32) if array.dtype.kind == "f" else array
                for name, array in examples(sizes, 2000, classes).items()}  # fmt: skip
        losses = [loss for _ in range(3) for loss in trainer.losses(Minibatches(data, 400, np.random.default_rng(1)))]
        program = trainer._compiled_steps.plan.program
        assert is_one_instruction(trainer._compiled_steps.plan)
        assert program.memory[program.table[:, 1]].max() > 1
        return losses, b"".join(parameter.value.tobytes() for parameter in trainer.parameters)

    assert trained(threads) == trained(1)


def test_what_is_left_to_instructions_of_their_own(plans):
    """Dropout, layers with many weights, frozen parameters, shared weights, other objectives and outputs used twice."""
    x, y = dr.input("inputs", ("batch", 6)), dr.input("targets", ("batch", 3))
    labels = dr.input("labels", ("batch",), integer=True)

    def layer(inputs, outputs, name="layer"):
        made = dr.Dense(inputs, outputs, name=name)
        made.initialise(np.random.default_rng(inputs + outputs))
        return made

    feeds = {"inputs": np.random.default_rng(0).normal(size=(10, 6)), "targets": np.zeros((10, 3))}
    first, last = layer(6, 6, "first"), layer(6, 3, "last")
    wide, narrow = layer(6, 4000, "wide"), layer(4000, 3, "narrow")
    hidden = last(first(x))
    for loss in (
        dr.SquaredError()(narrow(wide(x)), y),
        dr.SquaredError()(last(first(first(x))), y),
        dr.SquaredError()(hidden * 2.0, y),
        dr.SquaredError()(hidden, y) + dr.sum(hidden) * 0.1,
    ):
        assert not is_one_instruction(plans.check(loss, feeds))
    frozen = plans.make(dr.SquaredError()(hidden, y), frozen=[first.parameters["weight"]])
    assert not is_one_instruction(plans.check(dr.SquaredError()(hidden, y), feeds, plan=frozen))
    margin = dr.MultiClassMaxMargin(0.3)(hidden, labels)
    assert not is_one_instruction(
        plans.check(margin, {"inputs": feeds["inputs"], "labels": np.arange(10, dtype=np.int32) % 3})
    )


def test_a_parameter_that_holds_another_array_is_found(plans):
    sizes = (20, 8, 3)
    net = network(sizes, ["tanh", "identity"])
    loss, feeds = dr.SquaredError().loss(net), examples(sizes, 30, False)
    plan = plans.make(loss)
    plan.step(feeds, ())
    for layer in net.layers:
        layer.parameters["weight"].value = layer.parameters["weight"].value * np.float32(0.5)
    plans.check(loss, feeds, plan=plan)


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_change_nothing(bad, classes):
    sizes = (20, 8, 3)
    net = network(sizes, ["tanh", "identity"])
    trainer = dr.Trainer(OBJECTIVES[classes].loss(net), dr.Adam(0.01))
    feeds = examples(sizes, 37, classes)
    trainer.step(feeds)
    before = trainer.state()
    feeds["inputs"][36, 19] = bad
    with pytest.raises(NonFiniteError):
        trainer.step(feeds)
    for name, array in trainer.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_padding_of_an_earlier_batch_is_not_seen(plans):
    """A batch of 17 leaves vectors of 32; what was there before, even NaN, is no part of it."""
    sizes = (20, 8, 3)
    loss = dr.SoftmaxCrossEntropy().loss(network(sizes, ["sigmoid", "identity"]))
    plan = plans.make(loss)
    feeds = examples(sizes, 32, True)
    feeds["inputs"][20:] = np.nan
    assert not plan.step(feeds, ())[1]
    plans.check(loss, examples(sizes, 17, True), plan=plan)
