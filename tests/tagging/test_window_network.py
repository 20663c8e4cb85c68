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
    usual = {"hidden": 4, "features": ("word", "shape", "suffix2"), "window": 3, "context": True}
    config = dr.TaggerConfig(**{**usual, **settings})
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


def test_context_may_be_left_out_and_may_have_vectors():
    net, encoder = network(context=False)
    assert net.context is None
    assert not [name for name in net.parameters if name.startswith("context")]
    net = WindowNetwork(
        dr.TaggerConfig(hidden=4, context=True), FormEncoder.of_corpus(CORPUS, FEATURES, 1), 3, 5, None, 2
    )
    assert net.parameters["context.vectors"].shape == (len(encoder.vocabularies["word"]), 2)
    assert net.parameters["context.weight"].shape == (4, 14)
    assert net.context_vectors is net.parameters["context.vectors"].value


def test_first_values_are_drawn_from_the_seed():
    values = [network(seed=seed)[0].parameters["hidden.weight"].value for seed in (1, 1, 2)]
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])


@pytest.mark.parametrize("objective", ["softmax", "max-margin", "crf", "structured-max-margin"])
def test_gradients_agree_with_central_differences(objective):
    net, encoder = network(objective=objective, dropout=0.5, l2=0.01, affix_dimension=2, shape_dimension=2)
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


@pytest.mark.parametrize("objective", ["crf", "structured-max-margin"])
def test_objectives_of_sentences_learn_transitions_that_the_rules_allow(objective):
    rules = Decoder.of_labels(("B-A", "E-A", "O"), "IOBES")
    net, encoder = network(rules, objective=objective, dropout=0.0)
    assert {name: net.parameters[name].shape for name in net.transitions.parameters} == {
        "transitions": (3, 3),
        "start": (3,),
        "end": (3,),
    }
    labels = np.array([0, 1, 2, 2, 2, 0, 1, 2], np.int32)
    feeds = feeds_of(encoder, [2, 0], labels, whole=True)
    assert feeds["lengths"].tolist() == [4, 3]
    trainer = dr.Trainer(net.loss, dr.Adam(0.05))
    losses = [trainer.step(feeds) for _ in range(60)]
    assert losses[-1] < 0.05 < losses[0]
    allowed = {"transitions": rules.between, "start": rules.start, "end": rules.end}
    for name, rule in allowed.items():
        assert not net.parameters[name].value[~rule].any()
        assert net.parameters[name].value[rule].any()


def scores_by_hand(net, encoder, words, context, f):
    """s = U f(W x + V c + b) + d for each word, in plain NumPy, x the vectors of a window end to end."""
    value = {name: parameter.value.astype(float) for name, parameter in net.parameters.items()}
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
        a = f(value["hidden.weight"] @ x + value["context.weight"] @ context[t] + value["hidden.bias"])
        scores.append(value["output.weight"] @ a + value["output.bias"])
    return np.array(scores)


@pytest.mark.parametrize(("activation", "f"), [("tanh", np.tanh), ("relu", lambda z: np.maximum(z, 0))])
def test_scores_are_those_of_the_formula(activation, f):
    net, encoder = network(activation=activation)
    random = np.random.default_rng(0)
    for parameter in net.parameters.values():
        parameter.value = random.normal(size=parameter.shape).astype(np.float32)
    feeds = feeds_of(encoder, [2])
    scores = forward([net.scores], feeds).values[net.scores]
    expected = scores_by_hand(net, encoder, CORPUS.words(2), CONTEXT[-4:].astype(float), f)
    np.testing.assert_allclose(scores, expected, rtol=1e-10, atol=1e-10)


def cross_entropy(s, y):
    return np.log(np.exp(s).sum()) - s[y]


def best_wrong_label(s, y):
    return max(0.0, 2.0 + np.delete(s, y).max() - s[y])


@pytest.mark.parametrize(("objective", "J"), [("softmax", cross_entropy), ("max-margin", best_wrong_label)])
def test_losses_are_those_of_the_objectives(objective, J):
    net, encoder = network(objective=objective, margin=2.0)
    net.parameters["output.weight"].value *= 5
    labels = np.random.default_rng(0).integers(0, 3, len(CORPUS)).astype(np.int32)
    run = forward([net.loss], feeds_of(encoder, [0, 1, 2], labels))
    expected = [J(s, y) for s, y in zip(run.values[net.scores], labels, strict=True)]
    assert run.value(net.loss) == pytest.approx(np.mean(expected), rel=1e-12)


def test_dropout_draws_one_mask_for_each_form_of_the_batch():
    net, encoder = network(dropout=0.5, affix_dimension=8, shape_dimension=8, context_dropout=0.0)
    feeds = feeds_of(encoder, [0, 1, 2], np.zeros(len(CORPUS), np.int32))
    run = dr.backprop(net.loss, feeds, seed=0)
    masks = [run.values[node] for node in run.order if isinstance(node, DropoutMask)]
    forms, hidden = sorted(masks, key=lambda mask: mask.shape != (1 + len(CORPUS.forms), 5 + 8 + 8))
    assert (forms.shape, hidden.shape) == ((1 + 6, 21), (len(CORPUS), 4))
    assert {*forms.flat, *hidden.flat} == {0.0, 2.0}


def test_l2_punishes_dense_weights_only():
    with_l2, encoder = network(l2=0.5, dropout=0.0)
    without, _ = network(dropout=0.0)
    feeds = feeds_of(encoder, [0, 1, 2], np.zeros(len(CORPUS), np.int32))
    weights = [
        with_l2.parameters[name].value.astype(float) for name in ("hidden.weight", "output.weight", "context.weight")
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
