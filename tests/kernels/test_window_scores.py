from itertools import pairwise

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.reference import forward
from deltarule.kernels.window_scores import ACTIVATIONS, GROUP, window_scores
from deltarule.networks.activations import ACTIVATIONS as KNOWN

OFFSETS = np.array([0, 5, 5, 6, 17, 30])


def activated(z, activation):
    """f(z) by the reference interpreter, in float64."""
    f = KNOWN[activation](dr.input("z", ("hidden",)))
    return forward([f], {"z": z}).values[f]


def reference(rows, products, bias, more, of_sentences, of_firsts, activations, weight, output_bias):
    """The formula in float64, window by window."""
    size, scores = products.shape[1], []
    for sentence, (begin, end) in enumerate(pairwise(OFFSETS)):
        for t in range(begin, end):
            at = np.arange(size) + t - size // 2
            ids = [rows[i] if begin <= i < end else 0 for i in at]
            z = bias + more[t % len(more)] + of_sentences[sentence % len(of_sentences)] + (t == begin) * of_firsts
            z = z + sum(products[row, place].astype(float) for place, row in enumerate(ids))
            parts = zip(np.split(z, len(activations)), activations, strict=True)
            a = np.concatenate([activated(part, activation) for part, activation in parts])
            scores.append(weight.astype(float) @ a + output_bias)
    return np.array(scores)


class Network:
    def __init__(self, window=5, hidden=37, labels=7, activations=("tanh",), seed=0, more=1, sentences=1):
        random = np.random.default_rng(seed)
        self.products = random.normal(size=(12, window, hidden)).astype(np.float32)
        self.bias, self.output_bias = (random.normal(size=size).astype(np.float32) for size in (hidden, labels))
        self.weight = random.normal(size=(labels, hidden)).astype(np.float32)
        self.rows = random.integers(1, 12, OFFSETS[-1]).astype(np.int32)
        self.more = random.normal(size=(more, hidden)).astype(np.float32)
        self.of_sentences = random.normal(size=(sentences, hidden)).astype(np.float32)
        self.of_firsts = random.normal(size=hidden).astype(np.float32)
        self.activations = activations

    def scores(self, first=0, last=None, common=12, finite=True):
        last = OFFSETS[-1] if last is None else last
        padding = np.zeros((-len(self.weight) % GROUP, self.weight.shape[1]), np.float32)
        scores = np.full((last - first, len(self.weight)), np.nan, np.float32)
        told = window_scores(
            self.rows, OFFSETS, first, last, self.products[:common], self.products[common:], self.bias,
            self.more if len(self.more) == 1 else self.more[first:last], self.of_sentences, self.of_firsts,
            np.array([ACTIVATIONS.index(name) for name in self.activations]),
            np.concatenate([self.weight, padding]), self.output_bias, scores,
        )  # fmt: skip
        assert told == finite
        return scores

    def expected(self):
        return reference(
            self.rows, self.products, self.bias, self.more, self.of_sentences, self.of_firsts, self.activations,
            self.weight, self.output_bias,
        )  # fmt: skip


def test_all_activations_are_known():
    assert set(ACTIVATIONS) == set(KNOWN)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scores_are_those_of_the_formula(activation):
    network = Network(activations=[activation])
    np.testing.assert_allclose(network.scores(), network.expected(), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("members", [2, 3, 5])
def test_each_member_has_the_activation_of_its_own_neurons(members, activation):
    network = Network(hidden=members * 11, activations=[activation] * members)
    np.testing.assert_allclose(network.scores(), network.expected(), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_members_may_have_different_activations(activation):
    network = Network(hidden=33, activations=["tanh", activation, "relu"])
    np.testing.assert_allclose(network.scores(), network.expected(), rtol=1e-5, atol=2e-5)


def test_members_matter_where_neurons_depend_on_each_other():
    one, three = (Network(hidden=33, activations=["softmax"] * members).scores() for members in (1, 3))
    assert not np.isclose(one, three, rtol=1e-2, atol=1e-2).any(axis=1).all()


@pytest.mark.parametrize("window", [1, 3, 5, 7])
@pytest.mark.parametrize(("hidden", "labels"), [(1, 1), (16, 3), (300, 9), (65, 50)])
def test_networks_of_any_size(window, hidden, labels):
    network = Network(window, hidden, labels)
    np.testing.assert_allclose(network.scores(), network.expected(), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("common", [1, 5, 11])
def test_forms_may_be_among_the_common_or_the_rare_ones(common):
    assert np.array_equal(Network().scores(common=common), Network().scores())


def test_what_is_added_for_each_token_and_sentence():
    network = Network(more=OFFSETS[-1], sentences=len(OFFSETS) - 1)
    np.testing.assert_allclose(network.scores(), network.expected(), rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(network.scores(7, 22), network.expected()[7:22], rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 8), (5, 30), (29, 30), (7, 7)])
def test_part_of_a_text_has_the_scores_that_it_has_in_the_whole(first, last):
    assert np.allclose(Network().scores(first, last), Network().scores()[first:last], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize("place", ["bias", "output_bias", "weight", "products"])
def test_scores_that_are_not_finite_are_told(value, place):
    network = Network(activations=["identity"])
    getattr(network, place)[...] = value
    network.scores(finite=place == "output_bias" and value == 3e38)
