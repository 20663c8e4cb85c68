from itertools import pairwise, product

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.reference import forward
from deltarule.graph import DropoutMask
from deltarule.tagging.batches import Sentences
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.encoding import FormEncoder
from deltarule.tagging.window_network import WindowNetwork
from deltarule.text import BOUNDARY, FEATURES, fold, shape

CORPUS = dr.Corpus.from_sentences([["Ada", "met", "Ada"], ["Yes"], ["Rome", "met", "us", "."]])


CONTEXT = np.random.default_rng(0).normal(size=(len(CORPUS), 10)).astype(np.float32)


def network(rules=None, **settings):
    """One member under softmax, unless settings say otherwise."""
    usual = {"members": 1, "objective": "softmax", "hidden": 4, "window": 3, "context": True}
    config = dr.TaggerConfig(**{"features": ("word", "shape", "suffix2"), **usual, **settings})
    encoder = FormEncoder.of_corpus(CORPUS, config.features, minimum=1)
    return WindowNetwork(config, encoder, 3, 5, rules), encoder


def feeds_of(encoder, sentences, labels=None, whole=False):
    return Sentences(CORPUS, encoder.encode(CORPUS.forms), 3, labels, whole, CONTEXT).feeds(np.array(sentences))


def test_shapes_and_names_of_parameters():
    net, encoder = network(affix_dimension=2, shape_dimension=4)
    words, shapes, suffixes = (len(encoder.vocabularies[name]) for name in ("word", "shape", "suffix2"))
    assert {name: parameter.shape for name, parameter in net.parameters.items()} == {
        "word.vectors": (words, 5),
        "shape.vectors": (shapes, 4),
        "suffix2.vectors": (suffixes, 2),
        "hidden.weight": (4, 3 * (5 + 4 + 2)),
        "hidden.bias": (4,),
        "output.weight": (3, 4),
        "output.bias": (3,),
        "context.weight": (4, 10),
    }
    assert all(parameter.value.dtype == np.float32 for parameter in net.parameters.values())
    assert net.scores.shape == ("tokens", 3)
    assert net.loss.shape == ()
    assert net.positions.shape == ("tokens", 3)
    assert net.context.shape == ("tokens", 10)


def test_each_member_has_layers_and_transitions_of_its_own_and_all_share_the_vectors():
    net, encoder = network(members=3, objective="crf", affix_dimension=2, shape_dimension=4)
    expected = {
        f"{name}.vectors": (len(encoder.vocabularies[name]), size)
        for name, size in (("word", 5), ("shape", 4), ("suffix2", 2))
    }
    for mark in ("", "2", "3"):
        expected |= {
            f"hidden{mark}.weight": (4, 33),
            f"hidden{mark}.bias": (4,),
            f"output{mark}.weight": (3, 4),
            f"output{mark}.bias": (3,),
            f"context{mark}.weight": (4, 10),
            f"transitions{mark}": (3, 3),
            f"start{mark}": (3,),
            f"end{mark}": (3,),
        }
    assert {name: parameter.shape for name, parameter in net.parameters.items()} == expected
    weights = [net.parameters[f"hidden{mark}.weight"].value for mark in ("", "2", "3")]
    assert not np.isclose(weights[0], weights[1]).any()
    assert not np.isclose(weights[1], weights[2]).any()
    own = [net.parameters["hidden2.weight"], net.members[1].parameters["hidden2.weight"]]
    assert own[0] is own[1]
    assert network(members=1, objective="crf")[0].transition_scores().keys() == {"transitions", "start", "end"}
    assert network(members=2)[0].transition_scores() == {}


def test_the_first_member_begins_as_a_network_of_its_own():
    alone, three = (network(members=members)[0].parameters for members in (1, 3))
    assert all(np.array_equal(parameter.value, three[name].value) for name, parameter in alone.items())


def test_context_may_be_left_out_and_may_have_vectors():
    net, encoder = network(context=False)
    assert net.context is None
    assert not [name for name in net.parameters if name.startswith("context")]
    net = WindowNetwork(
        dr.TaggerConfig(members=2, hidden=4, context=True), FormEncoder.of_corpus(CORPUS, FEATURES, 1), 3, 5, None, 2
    )
    assert net.parameters["context.vectors"].shape == (len(encoder.vocabularies["word"]), 2)
    assert net.parameters["context.weight"].shape == net.parameters["context2.weight"].shape == (4, 3 * 2 + 10)
    assert net.context_vectors is net.parameters["context.vectors"].value


def test_first_values_are_drawn_from_the_seed():
    values = [network(seed=seed)[0].parameters["hidden.weight"].value for seed in (1, 1, 2)]
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("objective", ["softmax", "max-margin", "crf", "structured-max-margin"])
def test_gradients_agree_with_central_differences(objective, members):
    net, encoder = network(
        members=members, objective=objective, dropout=0.5, l2=0.01, affix_dimension=2, shape_dimension=2
    )
    random = np.random.default_rng(0)
    for parameter in net.parameters.values():
        parameter.value = random.normal(size=parameter.shape).astype(np.float32)
    labels = random.integers(0, 3, len(CORPUS)).astype(np.int32)
    whole = net.lengths is not None
    feeds = feeds_of(encoder, [0, 1, 2], labels, whole)
    report = dr.gradient_check(net.loss, feeds=feeds)
    assert report, str(report)
    checks = report.as_dict()["parameters"]
    assert {check["name"] for check in checks} == {"context", *net.parameters}
    assert max(check["relative_error"] for check in checks) <= 1e-6


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("objective", ["crf", "structured-max-margin"])
def test_objectives_of_sentences_learn_transitions_that_the_rules_allow(objective, members):
    rules = Decoder.of_labels(("B-A", "E-A", "O"), "IOBES")
    net, encoder = network(rules, members=members, objective=objective, dropout=0.0)
    marks = ["", "2"][:members]
    for member, mark in zip(net.members, marks, strict=True):
        assert {parameter.name: parameter.shape for parameter in member.transitions.parameters.values()} == {
            f"transitions{mark}": (3, 3),
            f"start{mark}": (3,),
            f"end{mark}": (3,),
        }
    labels = np.array([0, 1, 2, 2, 2, 0, 1, 2], np.int32)
    feeds = feeds_of(encoder, [2, 0], labels, whole=True)
    assert feeds["lengths"].tolist() == [4, 3]
    trainer = dr.Trainer(net.loss, dr.Adam(0.05))
    losses = [trainer.step(feeds) for _ in range(60)]
    assert losses[-1] < 0.05 * members < losses[0]
    allowed = {"transitions": rules.between, "start": rules.start, "end": rules.end}
    for name, rule in allowed.items():
        own = [net.parameters[f"{name}{mark}"].value for mark in marks]
        for value in own:
            assert not value[~rule].any()
            assert value[rule].any()
        # The scores of transitions are ten times the parameters.
        expected = 10 * np.mean(own, axis=0, dtype=float)
        np.testing.assert_allclose(net.transition_scores()[name], expected, rtol=1e-6)


def scores_by_hand(net, encoder, words, context, f, mark=""):
    """s = U f(W x + V c + b) + d of a member for each word, in NumPy, x the vectors of a window end to end."""
    value = {name: parameter.value.astype(float) for name, parameter in net.parameters.items()}
    W, b = value[f"hidden{mark}.weight"], value[f"hidden{mark}.bias"]
    U, d, V = value[f"output{mark}.weight"], value[f"output{mark}.bias"], value[f"context{mark}.weight"]
    tables = [value[f"{name}.vectors"] for name in ("word", "shape", "suffix2")]
    features = (fold, shape, lambda word: fold(word)[-2:] if len(word) > 1 else "")
    ids = [
        [BOUNDARY, *encoder.vocabularies[name].ids(map(feature, words)).tolist(), BOUNDARY]
        for name, feature in zip(encoder.vocabularies, features, strict=True)
    ]
    vectors = np.array([np.concatenate([t[i] for t, i in zip(tables, row, strict=True)]) for row in zip(*ids)])  # noqa: B905
    scores = []
    for t in range(len(words)):
        x = vectors[t : t + 3].reshape(-1)
        scores.append(U @ f(W @ x + V @ context[t] + b) + d)
    return np.array(scores)


ACTIVATIONS = [
    ("tanh", np.tanh),
    ("relu", lambda z: np.maximum(z, 0)),
    ("softmax", lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum()),
]


@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize(("activation", "f"), ACTIVATIONS)
def test_scores_are_the_mean_of_those_of_the_formula(activation, f, members):
    net, encoder = network(members=members, activation=activation)
    random = np.random.default_rng(0)
    for parameter in net.parameters.values():
        parameter.value = random.normal(size=parameter.shape).astype(np.float32)
    feeds = feeds_of(encoder, [2])
    scores = forward([net.scores], feeds).values[net.scores]
    context = CONTEXT[-4:].astype(float)
    own = [scores_by_hand(net, encoder, CORPUS.words(2), context, f, mark) for mark in ["", "2", "3"][:members]]
    np.testing.assert_allclose(scores, sum(own) / members, rtol=1e-10, atol=1e-10)


def test_members_have_the_activations_that_are_given_to_them_in_turn():
    net, encoder = network(members=3, activation="relu,tanh")
    feeds, context = feeds_of(encoder, [2]), CONTEXT[-4:].astype(float)
    scores = forward([net.scores], feeds).values[net.scores]
    turns = [("", "relu"), ("2", "tanh"), ("3", "relu")]
    own = [scores_by_hand(net, encoder, CORPUS.words(2), context, dict(ACTIVATIONS)[f], mark) for mark, f in turns]
    np.testing.assert_allclose(scores, sum(own) / 3, rtol=1e-10, atol=1e-10)


def cross_entropy(s, y):
    return np.log(np.exp(s).sum()) - s[y]


def best_wrong_label(s, y):
    return max(0.0, 2.0 + np.delete(s, y).max() - s[y])


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(("objective", "J"), [("softmax", cross_entropy), ("max-margin", best_wrong_label)])
def test_losses_are_the_sum_of_the_members_objectives(objective, J, members):
    net, encoder = network(members=members, activation="tanh", objective=objective, margin=2.0)
    marks = ["", "2", "3"][:members]
    for mark in marks:
        net.parameters[f"output{mark}.weight"].value *= 5
    labels = np.random.default_rng(0).integers(0, 3, len(CORPUS)).astype(np.int32)
    run = forward([net.loss], feeds_of(encoder, [0, 1, 2], labels))
    expected = 0.0
    for mark in marks:
        own = [
            scores_by_hand(net, encoder, CORPUS.words(i), CONTEXT[begin:].astype(float), np.tanh, mark)
            for i, begin in enumerate(CORPUS.sentence_offsets[:-1])
        ]
        expected += np.mean([J(s, y) for s, y in zip(np.concatenate(own), labels, strict=True)])
    assert run.value(net.loss) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("objective", ["crf", "structured-max-margin"])
def test_losses_of_sentences_are_the_sum_of_the_members_objectives(objective):
    """All sequences of labels are tried, for each member with its own transitions."""
    net, encoder = network(members=2, activation="tanh", objective=objective, margin=2.0)
    random = np.random.default_rng(0)
    for parameter in net.parameters.values():
        parameter.value = random.normal(scale=0.3, size=parameter.shape).astype(np.float32)
    labels = random.integers(0, 3, len(CORPUS)).astype(np.int32)
    loss = forward([net.loss], feeds_of(encoder, [0, 1, 2], labels, whole=True)).value(net.loss)
    expected = 0.0
    for mark in ("", "2"):
        between, start, end = (
            10 * net.parameters[f"{name}{mark}"].value.astype(float) for name in ("transitions", "start", "end")
        )
        for i, (first, last) in enumerate(pairwise(CORPUS.sentence_offsets)):
            s = scores_by_hand(net, encoder, CORPUS.words(i), CONTEXT[first:].astype(float), np.tanh, mark)
            truth, values = labels[first:last], {}
            for y in product(range(3), repeat=len(s)):
                own = s[np.arange(len(s)), y].sum() + start[y[0]] + end[y[-1]]
                values[y] = own + sum(between[pair] for pair in pairwise(y))
            if objective == "crf":
                expected += np.log(np.exp(list(values.values())).sum()) - values[tuple(truth)]
            else:
                rivals = [value + 2.0 * (np.array(y) != truth).sum() for y, value in values.items()]
                expected += max(0.0, max(rivals) - values[tuple(truth)])
    assert loss == pytest.approx(expected / len(CORPUS), rel=1e-10)


def test_dropout_draws_one_mask_for_each_form_of_the_batch():
    net, encoder = network(dropout=0.5, affix_dimension=8, shape_dimension=8, context_dropout=0.0)
    feeds = feeds_of(encoder, [0, 1, 2], np.zeros(len(CORPUS), np.int32))
    run = dr.backprop(net.loss, feeds, seed=0)
    masks = [run.values[node] for node in run.order if isinstance(node, DropoutMask)]
    forms, hidden = sorted(masks, key=lambda mask: mask.shape != (1 + len(CORPUS.forms), 5 + 8 + 8))
    assert (forms.shape, hidden.shape) == ((1 + 6, 21), (len(CORPUS), 4))
    assert {*forms.flat, *hidden.flat} == {0.0, 2.0}


def test_each_member_drops_forms_and_neurons_of_its_own():
    net, encoder = network(members=2, dropout=0.5, affix_dimension=8, shape_dimension=8, context_dropout=0.5)
    run = dr.backprop(net.loss, feeds_of(encoder, [0, 1, 2], np.zeros(len(CORPUS), np.int32)), seed=0)
    masks = [run.values[node] for node in run.order if isinstance(node, DropoutMask)]
    shapes = [(1 + 6, 21), (len(CORPUS), 4), (len(CORPUS), 10)]
    assert sorted(mask.shape for mask in masks) == sorted(2 * shapes)
    for shape_of_mask in shapes:
        one, other = (mask for mask in masks if mask.shape == shape_of_mask)
        assert not np.array_equal(one, other)


def test_l2_punishes_dense_weights_only():
    with_l2, encoder = network(members=2, l2=0.5, dropout=0.0)
    without, _ = network(members=2, dropout=0.0)
    feeds = feeds_of(encoder, [0, 1, 2], np.zeros(len(CORPUS), np.int32))
    weights = [
        with_l2.parameters[f"{name}{mark}.weight"].value.astype(float)
        for name in ("hidden", "output", "context")
        for mark in ("", "2")
    ]
    penalty = 0.25 * sum(np.square(weight).sum() for weight in weights)
    losses = [dr.backprop(net.loss, feeds).value(net.loss) for net in (with_l2, without)]
    assert losses[0] - losses[1] == pytest.approx(penalty, rel=1e-9)


def test_word_vectors_are_put_into_rows():
    net, _ = network()
    before = net.parameters["word.vectors"].value.copy()
    net.set_word_vectors(np.array([3, 2]), np.array([[1.0] * 5, [2.0] * 5]))
    after = net.parameters["word.vectors"].value
    assert after[[2, 3]].tolist() == [[2.0] * 5, [1.0] * 5]
    assert np.array_equal(np.delete(after, [2, 3], 0), np.delete(before, [2, 3], 0))
