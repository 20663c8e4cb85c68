"""Objectives of label sequences: by trying all sequences, and by properties that hold whatever the scores."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.graph.operations.sequences import best_sequence, marginals, sequence_score


@st.composite
def sentences(draw, most=4):
    """Scores of a sentence and of transitions, start and end, and labels."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    length, count = draw(st.integers(1, most)), draw(st.integers(1, 3))
    shapes = ((length, count), (count, count), (count,), (count,))
    return [random.normal(scale=2, size=shape) for shape in shapes], random.integers(0, count, length)


def every(scores):
    """Return all label sequences."""
    return [np.array(y) for y in product(range(scores[0].shape[1]), repeat=len(scores[0]))]


def loss(function, scores, labels, lengths=None, **settings):
    """Run an objective on parameters; return it and the gradients of its inputs."""
    leaves = [dr.parameter(array, str(i)) for i, array in enumerate(scores)]
    lengths = [len(labels)] if lengths is None else lengths
    J = function(*leaves, np.asarray(labels), np.array(lengths), **settings)
    run = dr.backprop(J)
    return run.value(J), [run.gradient(leaf) for leaf in leaves]


@given(sentences())
def test_the_likelihood_is_that_of_all_sequences(drawn):
    scores, y = drawn
    log_z = np.log(sum(np.exp(sequence_score(*scores, path)) for path in every(scores)))
    value, _ = loss(dr.sentence_likelihood, scores, y)
    assert value == pytest.approx((log_z - sequence_score(*scores, y)) / len(y), rel=1e-12, abs=1e-12)


@given(sentences())
def test_marginals_are_those_of_all_sequences(drawn):
    scores, _ = drawn
    token, pair = np.zeros_like(scores[0]), np.zeros((len(scores[0]) - 1, *scores[1].shape))
    weights = np.array([np.exp(sequence_score(*scores, path)) for path in every(scores)])
    for path, share in zip(every(scores), weights / weights.sum(), strict=True):
        token[np.arange(len(path)), path] += share
        pair[np.arange(len(path) - 1), path[:-1], path[1:]] += share
    found = marginals(*scores)
    np.testing.assert_allclose(found[0], token, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found[1], pair, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found[1].sum(axis=2), found[0][:-1], rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found[1].sum(axis=1), found[0][1:], rtol=1e-11, atol=1e-14)


@given(sentences())
def test_the_best_sequence_is_that_of_all(drawn):
    scores, _ = drawn
    best = max(every(scores), key=lambda path: sequence_score(*scores, path))
    assert best_sequence(*scores).tolist() == best.tolist()


@given(sentences(), st.floats(0.1, 3))
def test_the_margin_is_broken_as_much_as_any_sequence_breaks_it(drawn, margin):
    scores, y = drawn
    broken = [
        sequence_score(*scores, path) + margin * (path != y).sum() - sequence_score(*scores, y)
        for path in every(scores)
    ]
    value, _ = loss(dr.structured_margin, scores, y, margin=margin)
    assert value == pytest.approx(max(broken) / len(y), rel=1e-10, abs=1e-12)


@given(sentences(most=8), st.floats(-50, 50))
def test_a_number_added_to_all_scores_of_a_token_changes_nothing(drawn, shift):
    scores, y = drawn
    shifted = scores[0].copy()
    shifted[0] += shift
    for function in (dr.sentence_likelihood, dr.structured_margin):
        before, after = loss(function, scores, y), loss(function, [shifted, *scores[1:]], y)
        assert after[0] == pytest.approx(before[0], rel=1e-9, abs=1e-9)
        for own, other in zip(before[1], after[1], strict=True):
            np.testing.assert_allclose(other, own, rtol=1e-7, atol=1e-9)


@given(sentences(most=8))
def test_signals_of_every_token_and_of_all_pairs_add_up_to_nothing(drawn):
    scores, y = drawn
    for function in (dr.sentence_likelihood, dr.structured_margin):
        value, (own, pairs, start, end) = loss(function, scores, y)
        assert value >= -1e-12
        np.testing.assert_allclose(own.sum(axis=1), 0, atol=1e-12)
        np.testing.assert_allclose([pairs.sum(), start.sum(), end.sum()], 0, atol=1e-12)
        np.testing.assert_allclose(start, own[0], atol=1e-12)
        np.testing.assert_allclose(end, own[-1], atol=1e-12)


@given(sentences(most=5), sentences(most=5))
def test_sentences_of_a_batch_do_not_touch_and_are_averaged_over_tokens(one, other):
    (scores, y), (more, z) = one, other
    if scores[0].shape[1] != more[0].shape[1]:
        return
    tables = scores[1:]
    for function in (dr.sentence_likelihood, dr.structured_margin):
        parts = [loss(function, scores, y), loss(function, [more[0], *tables], z)]
        both, gradients = loss(
            function, [np.concatenate([scores[0], more[0]]), *tables], [*y, *z], lengths=[0, len(y), 0, len(z)]
        )
        shares = np.array([len(y), len(z)]) / (len(y) + len(z))
        assert both == pytest.approx(shares[0] * parts[0][0] + shares[1] * parts[1][0], rel=1e-10, abs=1e-12)
        expected = np.concatenate([share * part[1][0] for share, part in zip(shares, parts, strict=True)])
        np.testing.assert_allclose(gradients[0], expected, atol=1e-12)
        for i in (1, 2, 3):
            expected = shares[0] * parts[0][1][i] + shares[1] * parts[1][1][i]
            np.testing.assert_allclose(gradients[i], expected, atol=1e-12)


@given(sentences(most=6))
def test_without_scores_of_transitions_the_likelihood_is_the_softmax_of_each_token(drawn):
    scores, y = drawn
    nothing = [np.zeros_like(array) for array in scores[1:]]
    value, gradients = loss(dr.sentence_likelihood, [scores[0], *nothing], y)
    s = dr.parameter(scores[0], "s")
    J = dr.SoftmaxCrossEntropy()(s, dr.graph.Constant(y, integer=True))
    run = dr.backprop(J)
    assert value == pytest.approx(run.value(J), rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(gradients[0], run.gradient(s), rtol=1e-8, atol=1e-12)


def test_a_margin_exactly_kept_sends_nothing():
    # Two tokens, two labels, the truth (0, 0): (1, 1) may score 2 · Δ less, which it does.
    scores = [np.array([[1.0, 0.0], [1.0, 0.0]]), np.zeros((2, 2)), np.zeros(2), np.zeros(2)]
    value, gradients = loss(dr.structured_margin, scores, [0, 0], margin=1.0)
    assert value == 0
    assert not any(np.any(gradient) for gradient in gradients)


def test_scores_far_apart_do_not_overflow():
    scores = [np.array([[1e4, -1e4], [-1e4, 1e4]]), np.array([[0.0, -1e6], [0.0, 0.0]]), np.zeros(2), np.zeros(2)]
    value, gradients = loss(dr.sentence_likelihood, scores, [0, 0])
    # Of the four sequences, (0, 0) and (1, 1) score 0, and the others at most −2e4.
    assert value == pytest.approx(np.log(2) / 2, rel=1e-12)
    np.testing.assert_allclose(gradients[0], np.array([[-1, 1], [-1, 1]]) / 4, atol=1e-12)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((5, 3), (3, 3), (3,), (3,), (4,), (1,)), "expected a label for each token and a length for each sentence"),
        (((5, 3), (3, 2), (3,), (3,), (5,), (1,)), "the 3 labels need transitions (3, 3), start and end (3,)"),
        (((5,), (3, 3), (3,), (3,), (5,), (1,)), "scores must be of shape (tokens, labels), not (5,)"),
        (((5, "L"), (3, 3), (3,), (3,), (5,), (1,)), "scores must be of shape (tokens, labels), not (5, L)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes, message):
    nodes = [dr.input(f"x{i}", shape, integer=i > 3) for i, shape in enumerate(shapes)]
    with pytest.raises(dr.ShapeError) as error:
        dr.sentence_likelihood(*nodes)
    assert str(error.value).endswith(message)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([2, 2], "lengths of sentences must add up to the 3 tokens, not to 4"),
        ([4, -1], "lengths of sentences must be 0 or more; found -1"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(lengths, message):
    zeros = [np.zeros(shape) for shape in ((3, 2), (2, 2), (2,), (2,))]
    with pytest.raises(dr.InputError, match=message):
        loss(dr.sentence_likelihood, zeros, [0, 1, 0], lengths)
