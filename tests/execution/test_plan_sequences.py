"""Objectives of label sequences on kernels: the loss and all signals are those of the reference."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError

random = np.random.default_rng(0)
OBJECTIVES = {"likelihood": dr.SentenceLikelihood, "margin": dr.StructuredMaxMargin}


@pytest.fixture(autouse=True)
def seeded():
    """Draw the same numbers in a test whichever others run."""
    global random
    random = np.random.default_rng(0)


def transitions(labels, scale=1.0, allowed=None):
    found = dr.Transitions(labels, allowed, scale=0.5)
    for parameter in found.parameters.values():
        parameter.value = (scale * random.normal(size=parameter.shape)).astype(np.float32)
    return found


def problem(objective, labels, scale=1.0, allowed=None):
    """Return the loss of a layer of scores."""
    x = dr.input("x", ("tokens", 6))
    weight = dr.parameter((scale * random.normal(size=(labels, 6))).astype(np.float32), "weight")
    scores = dr.linear(x, weight)
    chosen = OBJECTIVES[objective](transitions(labels, allowed=allowed))
    feeds = dr.input("y", ("tokens",), integer=True), dr.input("lengths", ("sentences",), integer=True)
    return chosen(scores, *feeds)


def batch(labels, lengths, scale=1.0):
    tokens = sum(lengths)
    x = (scale * random.normal(size=(tokens, 6))).astype(np.float32)
    return {"x": x, "y": random.integers(0, labels, tokens), "lengths": np.array(lengths)}


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("labels", [1, 2, 7, 8, 9, 16, 17, 40])
def test_numbers_of_labels_around_the_width_of_vectors(plans, objective, labels):
    loss, plan = problem(objective, labels), None
    for lengths in ([1], [3, 1, 0, 9], [0, 0, 25], [2] * 20):
        plan = plans.check(loss, batch(labels, lengths), plan=plan)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("lengths", [[400], [1] * 400, [0, 150, 150, 0, 2, 98], list(range(28))])
def test_sentences_that_lie_in_several_slices(plans, objective, lengths):
    labels = 9
    plan = plans.check(problem(objective, labels), batch(labels, lengths))
    assert max(int(plan.program.memory[place]) for place in plan.program._slices.values()) >= 2


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("scale", [10.0, 40.0, 150.0])
def test_scores_so_far_apart_that_their_exponentials_vanish(plans, objective, scale):
    plans.check(problem(objective, 5, scale), batch(5, [7, 1, 12]))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_transitions_so_far_apart_that_their_exponentials_vanish(plans, objective):
    x = dr.parameter(random.normal(size=(20, 4)).astype(np.float32), "x")
    chosen = OBJECTIVES[objective](transitions(4, scale=80.0))
    plans.check(chosen(x, random.integers(0, 4, 20), np.array([12, 8])), {})


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_labels_that_are_not_allowed(plans, objective):
    start, between = np.arange(5) != 2, ~np.eye(5, dtype=bool)
    loss = problem(objective, 5, allowed=(start, between, np.arange(5) > 0))
    feeds = batch(5, [4, 6])
    feeds["y"] = np.array([0, 1, 2, 3, 4, 0, 1, 4, 2, 1])  # keeps the rules
    plan = plans.check(loss, feeds)
    gradients = {node.name: plan.gradient(node) for node in plan._gradients}
    assert not gradients["start"][2]
    assert not gradients["end"][0]
    assert not np.diag(gradients["transitions"]).any()
    feeds["y"] = np.array([2, 2, 2, 3, 4, 0, 1, 4, 2, 0])  # breaks them, which costs 1000 each
    assert plans.check(loss, feeds, plan=plan).step(feeds, np.zeros(0))[0] > 100 * 4


def test_sentences_that_keep_their_margin_send_nothing(plans):
    loss, labels = problem("margin", 3), 3
    feeds = batch(labels, [5, 4])
    weight = next(node for node in loss.inputs[0].inputs if node.name == "weight")
    weight.value[...] = 0
    weight.value[:, :3] = 50 * np.eye(3)
    feeds["x"][:, :3] = np.eye(3)[feeds["y"]]
    wrong = {**feeds, "y": np.concatenate([(feeds["y"][:1] + 1) % 3, feeds["y"][1:]])}
    plan = plans.check(loss, wrong)
    assert plan.violators == pytest.approx(1 / 9)
    assert plan.step(feeds, np.zeros(0)) == (0, True)
    assert plan.violators == 0
    assert not any(plan.gradient(node).any() for node in plan._gradients)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(
    ("lengths", "message"), [([5, 4], "add up to the 8 tokens, not to 9"), ([9, -1], "must be 0 or more; found -1")]
)
def test_lengths_that_do_not_fit_are_refused_before_anything_runs(plans, objective, lengths, message):
    loss = problem(objective, 3)
    plan = plans.check(loss, batch(3, [8]))
    with pytest.raises(InputError, match=message):
        plan.step({**batch(3, [8]), "lengths": np.array(lengths)}, np.zeros(0))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_scores_that_are_not_a_number_make_the_step_fail(plans, objective):
    plan, feeds = plans.make(problem(objective, 3)), batch(3, [8])
    feeds["x"][3] = np.nan
    assert not plan.step(feeds, np.zeros(0))[1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_training_on_kernels_is_training_on_the_reference(objective):
    def trained(compiled):
        global random
        random = np.random.default_rng(3)
        trainer = dr.Trainer(problem(objective, 4), dr.Adam(0.05), compiled=compiled)
        return [trainer.step(batch(4, [3, 5, 1])) for _ in range(10)], trainer

    (losses, one), (expected, other) = trained(True), trained(False)
    assert one._compiled_steps is not None
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    for own, reference in zip(one.parameters, other.parameters, strict=True):
        np.testing.assert_allclose(own.value, reference.value, rtol=1e-3, atol=1e-4)


def test_an_objective_that_is_scaled_is_left_to_the_reference():
    loss = 2.0 * problem("likelihood", 3)
    trainer = dr.Trainer(loss, dr.SGD(0.1))
    feeds = batch(3, [4])
    assert trainer.step(feeds) > trainer.step(feeds) > 0
    assert trainer._compiled_steps is None


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_parameters_are_the_same_to_the_last_bit_whatever_the_number_of_threads(objective):
    def trained(threads):
        global random
        random = np.random.default_rng(3)
        trainer = dr.Trainer(problem(objective, 9), dr.Adam(0.05), threads=threads)
        losses = [trainer.step(batch(9, [60, 0, 5, 200, 1, 134])) for _ in range(5)]
        return losses, [parameter.value.tobytes() for parameter in trainer.parameters]

    alone = trained(1)
    for threads in (2, 4):
        assert trained(threads) == alone
