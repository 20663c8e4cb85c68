"""Batches that lie end to end: their steps are those of the batches one by one, to the last bit."""

import math

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError
from deltarule.training.stack import Stack

WORDS, LABELS = 30, 4
OBJECTIVES = ["softmax", "max-margin", "crf"]
SIZES = [[3, 1, 4], [9, 2], [1], [5, 5, 5, 5], [2, 3]]  # tokens of the sentences of each batch


def batches(lengths=False, seed=0):
    """Return feeds of batches of a few sentences: ids of their words, windows of three of these, labels."""
    random, feeds = np.random.default_rng(seed), []
    for sizes in SIZES:
        tokens, forms = sum(sizes), random.integers(1, 7)
        own = {
            "words": random.integers(0, WORDS, forms).astype(np.int32),
            "positions": random.integers(0, forms, (tokens, 3)).astype(np.int32),
            "labels": random.integers(0, LABELS, tokens).astype(np.int32),
        }
        feeds.append(own | ({"lengths": np.array(sizes, np.int32)} if lengths else {}))
    return feeds


def stacked(feeds):
    data = {name: np.concatenate([own[name] for own in feeds]) for name in feeds[0]}
    return Stack(data, {name: np.cumsum([len(own[name]) for own in feeds]) for name in data})


def trainer(objective="softmax", **options):
    random = np.random.default_rng(1)

    def parameter(name, *shape):
        return dr.parameter(random.normal(size=shape) / 2, name)

    vectors = dr.row_lookup(parameter("table", WORDS, 5), dr.input("words", ("forms",), integer=True))
    positions = dr.input("positions", ("tokens", 3), integer=True)
    hidden = dr.tanh(dr.window_affine(vectors, positions, parameter("weight", 8, 15), parameter("bias", 8)))
    scores = dr.affine(dr.dropout(hidden, 0.3), parameter("u", LABELS, 8), parameter("c", LABELS))
    labels, lengths = dr.input("labels", ("tokens",), integer=True), dr.input("lengths", ("sentences",), integer=True)
    if objective == "crf":
        loss = dr.SentenceLikelihood(dr.Transitions(LABELS))(scores, labels, lengths)
    else:
        loss = (dr.SoftmaxCrossEntropy() if objective == "softmax" else dr.MultiClassMaxMargin(0.5))(scores, labels)
    return dr.Trainer(loss, dr.Adam(0.05), schedule=dr.LinearDecay(), steps=40, clip=1.0, seed=3, **options)


def everything(own):
    return {name: array.tolist() for name, array in own.state().items()}


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 2}, {"compiled": False}], ids=str)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_steps_are_those_of_the_batches_one_by_one(objective, options):
    own, good = trainer(objective, **options), trainer(objective, **options)
    for seed in range(4):
        feeds = batches(objective == "crf", seed)
        violators, expected = [], [(good.step(one), good.violators) for one in feeds]
        for loss in own.losses([stacked(feeds[:3]), feeds[3], stacked(feeds[4:])]):
            violators.append((loss, own.violators))
        assert violators == expected
    assert everything(own) == everything(good)
    assert own.step_number == 20


def test_steps_are_taken_in_one_call(monkeypatch):
    own = trainer()
    monkeypatch.setattr(own, "step", lambda feeds: pytest.fail("a step by itself"))
    assert len(list(own.losses([stacked(batches())]))) == len(SIZES)


@pytest.mark.parametrize(("objective", "name", "value", "message"), [
    ("softmax", "labels", LABELS, "'labels' must hold ids from 0 to 3; found"),
    ("softmax", "words", -1, "'words' must hold ids from 0 to 29; found -1"),
    ("softmax", "positions", 7, "'positions' must hold ids from 0 to"),
    ("crf", "lengths", -1, "lengths of sentences must be 0 or more; found -1"),
    ("crf", "lengths", 9, "lengths of sentences must add up to the 1 tokens, not to 9"),
])  # fmt: skip
def test_what_does_not_fit_stops_at_its_step_and_keeps_those_before(objective, name, value, message):
    own, good, feeds = trainer(objective), trainer(objective), batches(objective == "crf")
    expected = [good.step(one) for one in feeds[:2]]
    feeds[2][name].flat[0] = value
    losses = own.losses([stacked(feeds)])
    assert [next(losses), next(losses)] == expected
    with pytest.raises(InputError, match=message):
        next(losses)
    assert everything(own) == everything(good)


def test_numbers_that_are_not_finite_stop_at_their_step():
    own, good, feeds = trainer(), trainer(), batches()
    for one in feeds:
        one["words"] %= WORDS - 1
    feeds[3]["words"][feeds[3]["positions"][0, 0]] = WORDS - 1
    for one in (own, good):
        one.parameters[0].value[WORDS - 1] = math.nan
    losses = own.losses([stacked(feeds)])
    assert [next(losses) for _ in range(3)] == [good.step(one) for one in feeds[:3]]
    with pytest.raises(NonFiniteError, match="at step 4: it was already in 'table'"):
        next(losses)
    np.testing.assert_equal(everything(own), everything(good))


@pytest.mark.parametrize("change", [
    lambda labels: labels.astype(np.int64), lambda labels: np.repeat(labels, 2)[::2], lambda labels: labels.tolist(),
], ids=["other numbers", "not side by side", "a list"])  # fmt: skip
def test_arrays_of_other_kinds_are_fed_one_by_one(change):
    own, good, feeds = trainer(), trainer(), batches()
    stack = stacked(feeds)
    stack.data["labels"] = np.asarray(change(stack.data["labels"]))
    assert list(own.losses([stack])) == [good.step(one) for one in feeds]


def test_parameters_that_hold_another_array_than_before():
    own, good, feeds = trainer(), trainer(), batches()
    for _ in range(2):
        assert list(own.losses([stacked(feeds)])) == [good.step(one) for one in feeds]
        own.parameters[0].value = own.parameters[0].value.copy()
    assert everything(own) == everything(good)


def test_a_batch_of_the_size_of_one_before_that_did_not_fit():
    """What was bound for a stack that is fed one by one does not pass for what memory holds."""
    own, good, feeds = trainer(), trainer(), batches()
    wrong = [{name: array.copy() for name, array in one.items()} for one in feeds]
    wrong[0]["labels"][0] = LABELS
    for losses in (own.losses([stacked(wrong)]), good.losses(wrong)):
        with pytest.raises(InputError):
            next(losses)
    assert own.step(feeds[-1]) == good.step(feeds[-1])


def test_no_batches_and_different_numbers_of_them():
    feeds = batches()
    nothing = {name: array[:0] for name, array in feeds[0].items()}
    assert list(trainer().losses([Stack(nothing, {name: np.zeros(0, np.int64) for name in nothing})])) == []
    for ends in ([1, 4], [2, 1, 3], [1, 2]):
        with pytest.raises(InputError, match="the ends of the batches in 'a' must rise to its 3 rows"):
            Stack({"a": np.zeros(3)}, {"a": np.array(ends)})
    with pytest.raises(InputError, match=r"equally many batches, but hold: \{'a': 2, 'b': 1\}"):
        Stack({"a": np.zeros(3), "b": np.zeros(3)}, {"a": np.array([1, 3]), "b": np.array([3])})
