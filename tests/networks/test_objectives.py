import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import deltarule as dr
from deltarule.errors import InputError, ShapeError
from deltarule.execution.reference import backward, forward
from deltarule.graph import Parameter, RowSignal
from deltarule.graph.signals import dense

CLASSES = 4
PAIRED = {"inputs": (6, 3), "corrupted": (6, 3)}


def central_differences(loss, feeds, parameter, step=1e-6):
    """∂loss/∂parameter, entry by entry, in float64."""
    slopes = np.empty(parameter.shape)
    for index in np.ndindex(parameter.shape):
        before, ends = parameter.value[index], []
        for sign in (1, -1):
            parameter.value[index] = before + sign * step
            ends.append(float(forward([loss], feeds).values[loss]))
        parameter.value[index] = before
        slopes[index] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def two_layers(outputs, seed=0, hidden=5):
    network = dr.Network([dr.Dense(3, hidden, "tanh"), dr.Dense(hidden, outputs)], seed=seed)
    for parameter in network.parameters.values():
        parameter.value = parameter.value.astype(np.float64)
    return network


def paired_feeds(random):
    return {name: random.normal(size=shape) for name, shape in PAIRED.items()}


def labelled_feeds(random):
    return {"inputs": random.normal(size=(6, 3)), "targets": random.integers(0, CLASSES, 6)}


def sentence_feeds(random):
    return {**labelled_feeds(random), "lengths": np.array([2, 0, 4])}


def transitions():
    found = dr.Transitions(CLASSES, (np.arange(CLASSES) > 0, ~np.eye(CLASSES, dtype=bool), np.ones(CLASSES)))
    for parameter in found.parameters.values():
        parameter.value = np.random.default_rng(0).normal(size=parameter.shape)
    return found


def numeric_feeds(random):
    return {"inputs": random.normal(size=(6, 3)), "targets": random.normal(size=(6, CLASSES))}


def binary_feeds(random):
    return {"inputs": random.normal(size=(6, 3)), "targets": random.integers(0, 2, (6, CLASSES)).astype(float)}


CASES = [
    (dr.AbsoluteError(), CLASSES, numeric_feeds),
    (dr.HuberError(), CLASSES, numeric_feeds),
    (dr.HuberError(0.5), CLASSES, numeric_feeds),
    (dr.MultiLabelMaxMargin(), CLASSES, binary_feeds),
    (dr.MultiLabelMaxMargin(0.25), CLASSES, binary_feeds),
    (dr.SigmoidCrossEntropy(), CLASSES, binary_feeds),
    (dr.MaxMargin(), 1, paired_feeds),
    (dr.MaxMargin(0.25), 1, paired_feeds),
    (dr.MultiClassMaxMargin(), CLASSES, labelled_feeds),
    (dr.MultiClassMaxMargin(0.25), CLASSES, labelled_feeds),
    (dr.SoftmaxCrossEntropy(), CLASSES, labelled_feeds),
    (dr.SquaredError(), CLASSES, numeric_feeds),
    (dr.SentenceLikelihood(transitions()), CLASSES, sentence_feeds),
    (dr.StructuredMaxMargin(transitions(), 0.25), CLASSES, sentence_feeds),
]


def concrete(kind):
    return {kind} if not kind.__subclasses__() else set().union(*(concrete(child) for child in kind.__subclasses__()))


def test_every_objective_is_gradient_checked_here():
    ours = {kind for kind in concrete(dr.Objective) if kind.__module__.startswith("deltarule.")}
    assert {type(objective) for objective, _, _ in CASES} == ours


@pytest.mark.parametrize(
    ("objective", "outputs", "feeds"), CASES, ids=lambda c: getattr(c, "__name__", type(c).__name__)
)
def test_gradients_of_a_two_layer_network_agree_with_central_differences(objective, outputs, feeds):
    network = two_layers(outputs)
    loss, arrays = objective.loss(network), feeds(np.random.default_rng(1))
    run = dr.backprop(loss, arrays)
    assert run.value("objective") > 0
    for parameter in (node for node in run.order if isinstance(node, Parameter)):
        slopes = central_differences(loss, arrays, parameter)
        np.testing.assert_allclose(run.gradient(parameter), slopes, rtol=1e-6, atol=1e-9)


class TestMaxMargin:
    def run(self, true, corrupted, margin=1.0):
        s, s_c = dr.input("s", ("batch",)), dr.input("s_c", ("batch",))
        return dr.backprop(dr.MaxMargin(margin)(s, s_c), {"s": true, "s_c": corrupted})

    def test_the_lecture_example(self):
        s, s_c = dr.input("s"), dr.input("s_c")
        run = dr.backprop(dr.MaxMargin(1.0)(s, s_c), {"s": 2.0, "s_c": 1.25})
        assert (run.value("objective"), run.gradient(s), run.gradient(s_c)) == (0.25, -1, 1)

    def test_pairs_that_break_the_margin_send_minus_and_plus_1_over_the_batch(self):
        # Δ + s_c − s = 0.5, −1, 3.5, 1: kept in the second pair alone.
        run = self.run([1.0, 3.0, -2.0, 0.0], [0.5, 1.0, 0.5, 0.0])
        assert run.value("objective") == (0.5 + 0 + 3.5 + 1) / 4
        assert run.gradient("s").tolist() == [-0.25, 0, -0.25, -0.25]
        assert run.gradient("s_c").tolist() == [0.25, 0, 0.25, 0.25]

    def test_a_margin_exactly_kept_sends_nothing(self):
        run = self.run([1.5, 1.5 - 2**-40], [0.5, 0.5])
        assert run.value("objective") == 2**-40 / 2
        assert run.gradient("s").tolist() == [0, -0.5]

    def test_the_margin_is_the_difference_asked_for(self):
        assert self.run([1.0], [0.5], margin=0.25).value("objective") == 0
        assert self.run([1.0], [0.5], margin=2.0).value("objective") == 1.5

    @settings(max_examples=50, deadline=None)
    @given(arrays(float, (2, 5), elements=st.floats(-10, 10)), st.floats(0.01, 5))
    def test_value_and_gradient_are_those_of_the_formula(self, scores, margin):
        run = self.run(scores[0], scores[1], margin)
        violation = [margin + c - s for s, c in scores.T]
        assert run.value("objective") == pytest.approx(sum(max(0, v) for v in violation) / 5, rel=1e-12, abs=1e-15)
        decided = [abs(v) > 1e-9 for v in violation]
        expected = np.array([-1 / 5 if v > 0 else 0 for v in violation])
        np.testing.assert_array_equal(run.gradient("s")[decided], expected[decided])
        np.testing.assert_array_equal(run.gradient("s") + run.gradient("s_c"), 0)

    def test_true_and_corrupted_windows_are_scored_by_the_same_network(self):
        network = two_layers(1)
        loss = dr.MaxMargin().loss(network)
        feeds = paired_feeds(np.random.default_rng(2))
        feeds["corrupted"] = feeds["inputs"]  # equal scores: J = Δ, and the two signals cancel
        run = dr.backprop(loss, feeds)
        assert run.value("objective") == 1
        for parameter in network.parameters.values():
            np.testing.assert_allclose(run.gradient(parameter), 0, atol=1e-15)

    def test_a_network_of_many_scores_is_refused(self):
        with pytest.raises(ShapeError) as raised:
            dr.MaxMargin().loss(two_layers(CLASSES))
        assert str(raised.value) == (
            "MaxMargin compares single scores, but the network gives (batch, 4);"
            " use MultiClassMaxMargin for one score a class"
        )


@pytest.mark.parametrize("objective", [dr.MaxMargin, dr.MultiClassMaxMargin])
@pytest.mark.parametrize("margin", [0, -1.0, math.nan])
def test_a_margin_must_be_above_0(objective, margin):
    with pytest.raises(InputError, match=f"^a margin must be above 0, not {margin}$"):
        objective(margin)


def crammer_singer(scores, labels, margin):
    """The mean of max(0, Δ + best wrong score − true score), and its gradient, in plain Python."""
    total, gradient = 0.0, np.zeros(scores.shape)
    for i, (row, label) in enumerate(zip(scores.tolist(), labels, strict=True)):
        best = max((j for j in range(len(row)) if j != label), key=lambda j, row=row: row[j])
        violation = margin + row[best] - row[label]
        if violation > 0:
            total += violation
            gradient[i, best] += 1 / len(scores)
            gradient[i, label] -= 1 / len(scores)
    return total / len(scores), gradient


def run_on_scores(objective, scores, labels):
    s, y = dr.input("s", ("batch", np.shape(scores)[1])), dr.input("y", ("batch",), integer=True)
    return dr.backprop(objective(s, y), {"s": scores, "y": labels})


class TestMultiClassMaxMargin:
    @settings(max_examples=50, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(2, 6), st.sampled_from([0.1, 1.0, 3.0]))
    def test_it_is_the_best_wrong_label_against_the_true_one(self, seed, batch, classes, margin):
        random = np.random.default_rng(seed)
        scores, labels = 2 * random.normal(size=(batch, classes)), random.integers(0, classes, batch)
        run = run_on_scores(dr.MultiClassMaxMargin(margin), scores, labels)
        value, gradient = crammer_singer(scores, labels, margin)
        assert run.value("objective") == pytest.approx(value, rel=1e-12, abs=1e-15)
        np.testing.assert_allclose(run.gradient("s"), gradient, rtol=1e-12)

    def test_by_hand(self):
        scores = [[2.0, 1.5, -1.0], [0.0, 0.25, 3.0], [1.0, 0.0, -4.0]]
        # True labels 0, 1, 0: 1 + 1.5 − 2 = 0.5 against label 1; 1 + 3 − 0.25 = 3.75 against label 2; exactly kept.
        run = run_on_scores(dr.MultiClassMaxMargin(), scores, [0, 1, 0])
        assert run.value("objective") == pytest.approx(4.25 / 3, rel=1e-15)
        third = 1 / 3
        np.testing.assert_allclose(run.gradient("s"), [[-third, third, 0], [0, -third, third], [0, 0, 0]], rtol=1e-15)

    @pytest.mark.parametrize("label", [0, 1, 2])
    def test_a_margin_exactly_kept_sends_nothing_wherever_the_label_stands(self, label):
        scores = np.zeros((1, 3))
        scores[0, label] = 1.0
        run = run_on_scores(dr.MultiClassMaxMargin(1.0), scores, [label])
        assert run.value("objective") == 0
        assert run.gradient("s").tolist() == [[0, 0, 0]]

    def test_two_classes_agree_with_torch_multi_margin(self):
        torch = pytest.importorskip("torch")
        random = np.random.default_rng(0)
        scores, labels = random.normal(size=(9, 2)), random.integers(0, 2, 9)
        given = torch.tensor(scores, requires_grad=True)
        # torch divides by the number of classes.
        value = 2 * torch.nn.functional.multi_margin_loss(given, torch.tensor(labels), margin=0.7)
        value.backward()
        run = run_on_scores(dr.MultiClassMaxMargin(0.7), scores, labels)
        assert run.value("objective") == pytest.approx(value.item(), rel=1e-12)
        np.testing.assert_allclose(run.gradient("s"), given.grad.numpy(), rtol=1e-12)

    def test_many_classes_agree_with_the_same_formula_in_torch(self):
        torch = pytest.importorskip("torch")
        random = np.random.default_rng(0)
        scores, labels = random.normal(size=(20, 5)), random.integers(0, 5, 20)
        given, target = torch.tensor(scores, requires_grad=True), torch.tensor(labels)
        true = given.gather(1, target[:, None])[:, 0]
        wrong = given.masked_fill(torch.nn.functional.one_hot(target, 5).bool(), -math.inf).max(dim=1).values
        value = torch.relu(1 + wrong - true).mean()
        value.backward()
        run = run_on_scores(dr.MultiClassMaxMargin(), scores, labels)
        assert run.value("objective") == pytest.approx(value.item(), rel=1e-12)
        np.testing.assert_allclose(run.gradient("s"), given.grad.numpy(), rtol=1e-12)


class TestSoftmaxCrossEntropy:
    def test_equal_scores_cost_the_logarithm_of_the_number_of_classes(self):
        run = run_on_scores(dr.SoftmaxCrossEntropy(), [[7.0] * 5], [2])
        assert run.value("objective") == pytest.approx(math.log(5), rel=1e-14)
        np.testing.assert_allclose(run.gradient("s"), [[0.2, 0.2, -0.8, 0.2, 0.2]], rtol=1e-14)

    def test_it_agrees_with_torch(self):
        torch = pytest.importorskip("torch")
        random = np.random.default_rng(0)
        scores, labels = 3 * random.normal(size=(9, 5)), random.integers(0, 5, 9)
        given = torch.tensor(scores, requires_grad=True)
        value = torch.nn.functional.cross_entropy(given, torch.tensor(labels))
        value.backward()
        run = run_on_scores(dr.SoftmaxCrossEntropy(), scores, labels)
        assert run.value("objective") == pytest.approx(value.item(), rel=1e-13)
        np.testing.assert_allclose(run.gradient("s"), given.grad.numpy(), rtol=1e-12, atol=1e-16)

    def test_it_is_the_log_loss_of_scikit_learn(self):
        metrics = pytest.importorskip("sklearn.metrics")
        random = np.random.default_rng(1)
        scores, labels = random.normal(size=(9, 3)), np.arange(9) % 3
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        value = run_on_scores(dr.SoftmaxCrossEntropy(), scores, labels).value("objective")
        assert value == pytest.approx(metrics.log_loss(labels, probabilities), rel=1e-12)

    def test_large_scores_do_not_overflow(self):
        run = run_on_scores(dr.SoftmaxCrossEntropy(), [[1e4, 0.0], [-1e4, 0.0]], [0, 0])
        assert run.value("objective") == 5000
        assert run.gradient("s").tolist() == [[0, 0], [-0.5, 0.5]]


@pytest.mark.parametrize("objective", [dr.MultiClassMaxMargin(), dr.SoftmaxCrossEntropy()], ids=str)
class TestLabelledObjectives:
    @pytest.mark.parametrize(("shape", "written"), [(("batch",), "(batch,)"), (("batch", "k"), "(batch, k)")])
    def test_scores_need_a_known_number_of_classes(self, objective, shape, written):
        with pytest.raises(ShapeError) as raised:
            objective(dr.input("s", shape), dr.input("y", ("batch",), integer=True))
        assert str(raised.value) == f"scores must be of shape (batch, classes), not {written}"

    def test_labels_outside_the_classes_are_refused(self, objective):
        with pytest.raises(InputError, match=r"^labels must be 0 to 1; found 0 to 2$"):
            run_on_scores(objective, [[0.0, 1.0], [1.0, 0.0]], [0, 2])

    def test_labels_of_another_batch_size_are_refused(self, objective):
        with pytest.raises(ShapeError, match="dimension 'batch' is 2, not 1"):
            run_on_scores(objective, [[0.0, 1.0], [1.0, 0.0]], [0])

    def test_numbers_instead_of_labels_are_refused(self, objective):
        with pytest.raises(InputError, match="'y' holds ids or labels: whole numbers, not float64"):
            run_on_scores(objective, [[0.0, 1.0]], [0.5])


class TestSquaredError:
    def test_half_the_squares_summed_over_outputs_and_averaged_over_examples(self):
        a, y = dr.input("a", ("batch", 2)), dr.input("y", ("batch", 2))
        run = dr.backprop(dr.SquaredError()(a, y), {"a": [[1.0, 2.0], [0.0, -1.0]], "y": [[0.0, 4.0], [3.0, -1.0]]})
        assert run.value("objective") == (0.5 * (1 + 4) + 0.5 * (9 + 0)) / 2
        assert run.gradient(a).tolist() == [[0.5, -1], [-1.5, 0]]
        assert run.gradient(y).tolist() == [[-0.5, 1], [1.5, 0]]

    def test_one_output_an_example_may_have_no_axis_of_its_own(self):
        a, y = dr.input("a", ("batch",)), dr.input("y", ("batch",))
        assert dr.backprop(dr.SquaredError()(a, y), {"a": [1.0, 5.0], "y": [0.0, 2.0]}).value("objective") == 2.5

    def test_it_is_half_of_the_mean_squared_error_of_scikit_learn(self):
        metrics = pytest.importorskip("sklearn.metrics")
        random = np.random.default_rng(0)
        values = {"a": random.normal(size=(8, 3)), "y": random.normal(size=(8, 3))}
        a, y = dr.input("a", ("batch", 3)), dr.input("y", ("batch", 3))
        expected = 1.5 * metrics.mean_squared_error(values["y"], values["a"])  # which averages over the 3 outputs too
        assert dr.backprop(dr.SquaredError()(a, y), values).value("objective") == pytest.approx(expected, rel=1e-13)

    @pytest.mark.parametrize(("outputs", "targets"), [(("batch", 1), ("batch",)), (("batch",), ("batch", 1))])
    def test_a_column_is_not_compared_with_every_entry_of_a_row(self, outputs, targets):
        with pytest.raises(ShapeError, match=r"^SquaredError compares outputs with targets of their own shape, but"):
            dr.SquaredError()(dr.input("a", outputs), dr.input("y", targets))


class TestNoErrorNoWork:
    """Under max-margin, examples that keep their margin cost no backward work, and the gradients are still exact."""

    def pairs(self, network, count, kept):
        """Pairs of which the first `kept` are ordered true before corrupted, the rest the other way round."""
        random = np.random.default_rng(5)
        a, b = random.normal(size=(2, count, 3))
        first_better = (network.predict(a) > network.predict(b))[:, 0]
        swap = first_better != (np.arange(count) < kept)
        return {"inputs": np.where(swap[:, None], b, a), "corrupted": np.where(swap[:, None], a, b)}

    def signals(self, loss, feeds):
        run = forward([loss], feeds)
        backward(run, loss)
        return run

    def test_when_every_margin_is_kept_gradients_are_exactly_0_and_no_row_is_worked_on(self):
        network = two_layers(1)
        run = self.signals(dr.MaxMargin(1e-9).loss(network), self.pairs(network, 20, kept=20))
        hidden = [node for node in run.order if node.name == "dense1.activation"]
        assert len(hidden) == 2
        for node in hidden:
            assert isinstance(run.signals[node], RowSignal)
            assert len(run.signals[node].rows) == 0
        for parameter in network.parameters.values():
            signal = run.signals.get(parameter)
            assert signal is None or not np.any(dense(signal))

    def test_a_lookup_gets_no_row_when_every_margin_is_kept(self):
        network = dr.Network([dr.Lookup(9, 2, window=2), dr.Window(2), dr.Dense(4, 1)])
        random = np.random.default_rng(0)
        a, b = random.integers(0, 9, (2, 12, 2))
        better = network.predict(a) > network.predict(b)
        differ = (network.predict(a) != network.predict(b))[:, 0]
        feeds = {"inputs": np.where(better, a, b)[differ], "corrupted": np.where(better, b, a)[differ]}
        run = self.signals(dr.MaxMargin(1e-9).loss(network), feeds)
        assert len(feeds["inputs"]) > 5
        signal = run.signals[network.parameters["lookup1.vectors"]]
        assert isinstance(signal, RowSignal)
        assert len(signal.rows) == 0
        np.testing.assert_array_equal(run.gradient(network.parameters["lookup1.vectors"]), np.zeros((9, 2)))

    def test_when_every_label_beats_the_others_gradients_are_exactly_0(self):
        network = two_layers(CLASSES)
        inputs = np.random.default_rng(0).normal(size=(20, 3))
        feeds = {"inputs": inputs, "targets": network.predict(inputs).argmax(axis=1)}
        run = self.signals(dr.MultiClassMaxMargin(1e-9).loss(network), feeds)
        assert len(run.signals[run.find("dense1.activation")].rows) == 0
        assert all(not np.any(run.gradient(parameter)) for parameter in network.parameters.values())

    def test_few_violators_give_the_gradients_of_a_batch_of_them_alone(self):
        network = two_layers(1)
        loss = dr.MaxMargin(1e-9).loss(network)
        feeds = self.pairs(network, 20, kept=17)
        run = self.signals(loss, feeds)
        for node in run.order:
            if node.name == "dense1.activation":
                assert run.signals[node].rows.tolist() == [17, 18, 19]
        alone = self.signals(loss, {name: array[17:] for name, array in feeds.items()})
        assert not any(isinstance(signal, RowSignal) for signal in alone.signals.values())
        for parameter in network.parameters.values():
            expected = alone.gradient(parameter) * 3 / 20
            np.testing.assert_allclose(run.gradient(parameter), expected, rtol=1e-12, atol=1e-16)
        assert np.any(run.gradient(network.parameters["dense1.weight"]))

    def test_few_violators_give_the_gradients_of_the_dense_formula(self):
        network = two_layers(1)
        feeds = self.pairs(network, 20, kept=18)
        run = dr.backprop(dr.MaxMargin(1e-9).loss(network), feeds)
        W, b, U, _ = (parameter.value for parameter in network.parameters.values())
        dW, db, dU = np.zeros_like(W), np.zeros_like(b), np.zeros_like(U)
        for name, sign in (("inputs", -1 / 20), ("corrupted", 1 / 20)):
            violates = (np.arange(20) >= 18)[:, None]
            activation = np.tanh(feeds[name] @ W.T + b)
            delta = sign * violates * U * (1 - activation**2)
            dW, db, dU = (
                dW + delta.T @ feeds[name],
                db + delta.sum(axis=0),
                dU + sign * (violates * activation).sum(axis=0),
            )
        for name, expected in {"dense1.weight": dW, "dense1.bias": db, "dense2.weight": dU}.items():
            np.testing.assert_allclose(run.gradient(network.parameters[name]), expected, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("objective", "theirs"),
    [
        (dr.AbsoluteError(), lambda f, a, y: f.l1_loss(a, y, reduction="sum")),
        (dr.HuberError(0.7), lambda f, a, y: f.huber_loss(a, y, reduction="sum", delta=0.7)),
        (dr.SigmoidCrossEntropy(), lambda f, a, y: f.binary_cross_entropy_with_logits(a, y, reduction="sum")),
        (dr.MultiLabelMaxMargin(), lambda f, a, y: f.relu(1 - (2 * y - 1) * a).sum()),
    ],
    ids=str,
)
def test_objectives_of_numbers_and_labels_are_those_of_pytorch(objective, theirs):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle; install the extra `oracle`")
    random = np.random.default_rng(4)
    scores, targets = 3 * random.normal(size=(7, 4)), random.integers(0, 2, (7, 4)).astype(float)
    scores[0, 0] = 0.0
    a, y = dr.input("a", ("batch", 4)), dr.input("y", ("batch", 4))
    loss = objective(a, y)
    run = dr.backprop(loss, {"a": scores, "y": targets})
    own = torch.tensor(scores, requires_grad=True)
    total = theirs(torch.nn.functional, own, torch.tensor(targets)) / 7
    total.backward()
    assert run.value(loss) == pytest.approx(total.item(), rel=1e-12)
    np.testing.assert_allclose(run.gradient(a), own.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_targets_that_would_be_stretched_are_refused():
    with pytest.raises(ShapeError, match="HuberError compares outputs with targets of their own shape"):
        dr.HuberError()(dr.input("a", ("batch", 3)), dr.input("y", ("batch", 1)))


def test_delta_must_be_positive():
    with pytest.raises(InputError, match="delta must be above 0, not 0"):
        dr.HuberError(0.0)
