"""Units compute what the graph says: layers, objectives, and the rows without error that they pass over."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.rewrites import Layer

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": dr.sigmoid,
    "tanh": dr.tanh,
    "hard_tanh": dr.hard_tanh,
    "soft_sign": dr.soft_sign,
    "relu": dr.relu,
    "leaky_relu": lambda z: dr.leaky_relu(z, 0.3),
}
random = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def seeded():
    """Draw the same numbers in a test whichever others run."""
    global random
    random = np.random.default_rng(0)


def normal(*shape):
    return dr.parameter(random.normal(size=shape), "x".join(map(str, shape)))


def ids(name, *shape):
    return dr.input(name, shape, integer=True)


class TestLayers:
    @pytest.mark.parametrize("objective", ["all rows", "some rows"])
    @pytest.mark.parametrize("rate", [0.0, 0.3])
    @pytest.mark.parametrize("kind", ["affine", "linear", "windows"])
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_value_and_gradients(self, plans, activation, kind, rate, objective):
        words, labels = ids("words", "forms"), ids("labels", "tokens")
        vectors = dr.row_lookup(normal(12, 4), words)
        if kind == "windows":
            z = dr.window_affine(vectors, ids("positions", "tokens", 3), normal(6, 12), normal(6))
        else:
            rows = dr.row_lookup(vectors, ids("tokens", "tokens"))
            z = dr.linear(rows, normal(6, 4)) if kind == "linear" else dr.affine(rows, normal(6, 4), normal(6))
        scores = dr.affine(dr.dropout(ACTIVATIONS[activation](z), rate), normal(3, 6), normal(3))
        kinds = {"all rows": dr.SoftmaxCrossEntropy(), "some rows": dr.MultiClassMaxMargin(0.5)}
        loss, plan = kinds[objective](scores, labels), None
        for forms, tokens in ((7, 9), (3, 31), (15, 4)):
            feeds = {
                "words": random.integers(0, 12, forms),
                "positions" if kind == "windows" else "tokens": random.integers(
                    0, forms, (tokens, 3) if kind == "windows" else tokens
                ),
                "labels": random.integers(0, 3, tokens),
            }
            plan = plans.check(loss, feeds, seeds=[random.integers(2**32)] if rate else [], plan=plan)
        assert sum(isinstance(unit, Layer) for unit in plan.compiler.units) == 2

    @pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 5, 4), (1, 4), (40, 4)])
    def test_rows_of_any_number_of_axes(self, plans, shape):
        x = dr.input("x", shape)
        a = dr.dropout(dr.tanh(dr.affine(x, normal(3, 4), normal(3))), 0.5)
        loss = dr.sum(a * random.normal(size=(*shape[:-1], 3)))
        plans.check(loss, {"x": random.normal(size=shape)}, seeds=[1])

    @pytest.mark.parametrize("rows", [1, 15, 16, 17, 255, 256, 257, 600])
    def test_rows_around_the_sizes_of_tiles_and_vectors(self, plans, rows):
        """A slice has whole vectors of 16 numbers, and rows go through the cache 256 at a time."""
        x = dr.input("x", ("batch", 33))
        loss = dr.SquaredError()(dr.sigmoid(dr.affine(x, normal(17, 33), normal(17))), dr.input("y", ("batch", 17)))
        plans.check(loss, {"x": random.normal(size=(rows, 33)), "y": random.normal(size=(rows, 17))})

    @pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (1, 40), (300, 1), (3, 700)])
    def test_narrow_and_wide_layers(self, plans, inputs, outputs):
        x = dr.input("x", ("batch", inputs))
        loss = dr.mean(dr.tanh(dr.affine(x, normal(outputs, inputs), normal(outputs))) ** 2)
        plans.check(loss, {"x": random.normal(size=(9, inputs)) / inputs})

    def test_weights_that_are_shared_and_weights_that_are_computed(self, plans):
        x, weight, bias = dr.input("x", ("batch", 4)), normal(4, 4), normal(4)
        hidden = dr.tanh(dr.affine(dr.tanh(dr.affine(x, weight, bias)), weight, bias))
        tied = dr.linear(hidden, dr.transpose(weight) * 0.5)
        plans.check(dr.sum(tied * tied), {"x": random.normal(size=(6, 4))})

    def test_windows_without_bias_and_of_a_trained_table(self, plans):
        table, positions = normal(9, 4), ids("positions", "tokens", 5)
        z = dr.Dense(20, 6, "tanh", bias=False).over_windows(table, positions)
        for tokens in (3, 30):
            plans.check(dr.sum(z * z), {"positions": random.integers(0, 9, (tokens, 5))})

    @pytest.mark.parametrize("objective", [dr.SoftmaxCrossEntropy(), dr.MultiClassMaxMargin(0.5)])
    def test_windows_of_few_and_of_many_vectors(self, plans, objective):
        """Many vectors are multiplied with all weights in one product; one plan goes either way from step to step."""
        vectors, labels = dr.row_lookup(normal(50, 4), ids("words", "forms")), ids("labels", "tokens")
        z = dr.window_affine(vectors, ids("positions", "tokens", 3), normal(5, 12), normal(5))
        loss, plan = objective(dr.linear(dr.dropout(dr.tanh(z), 0.2), normal(3, 5)), labels), None
        for forms, tokens in ((127, 20), (128, 20), (129, 300), (10, 300), (500, 70), (126, 9)):
            feeds = {"words": random.integers(0, 50, forms), "positions": random.integers(0, forms, (tokens, 3))}
            feeds["labels"] = random.integers(0, 3, tokens)
            plan = plans.check(loss, feeds, seeds=[forms], plan=plan)

    @pytest.mark.parametrize("objective", [dr.SoftmaxCrossEntropy(), dr.MultiClassMaxMargin(0.5)])
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    @pytest.mark.parametrize("first", [True, False])
    def test_what_is_added_to_windows_before_the_activation(self, plans, activation, objective, first):
        words, context = ids("words", "forms"), dr.input("context", ("tokens", 7))
        labels = ids("labels", "tokens")
        z = dr.window_affine(
            dr.row_lookup(normal(40, 4), words), ids("positions", "tokens", 3), normal(6, 12), normal(6)
        )
        addend = dr.linear(dr.dropout(context, 0.3), normal(6, 7))
        a = dr.dropout(ACTIVATIONS[activation](z + addend if first else addend + z), 0.4)
        loss, plan = objective(dr.affine(a, normal(3, 6), normal(3)), labels), None
        for forms, tokens in ((7, 9), (150, 200), (3, 31), (200, 4)):
            feeds = {
                "words": random.integers(0, 40, forms),
                "positions": random.integers(0, forms, (tokens, 3)),
                "context": random.normal(size=(tokens, 7)).astype(np.float32),
                "labels": random.integers(0, 3, tokens),
            }
            plan = plans.check(loss, feeds, seeds=random.integers(2**32, size=2).tolist(), plan=plan)
        assert sum(isinstance(unit, Layer) for unit in plan.compiler.units) == 3
        assert sum(unit.addend is addend for unit in plan.compiler.units if isinstance(unit, Layer)) == 1

    def test_what_is_added_may_be_anything_and_be_used_elsewhere(self, plans):
        positions, other, bias = ids("positions", "tokens", 2), dr.input("other", ("tokens", 6)), normal(6)
        addend = dr.tanh(other * normal(6))
        z = dr.window_affine(normal(9, 4), positions, normal(6, 8), bias)
        loss = dr.sum(dr.sigmoid(z + addend)) + dr.sum(addend * addend) + dr.sum(bias)
        plans.check(loss, {"positions": random.integers(0, 9, (8, 2)), "other": random.normal(size=(8, 6))})

    @pytest.mark.parametrize("labels", [1, 9, 13, 60])
    @pytest.mark.parametrize("case", ["plain", "frozen", "penalised", "used twice", "of two window layers"])
    def test_scores_above_windows(self, plans, case, labels):
        """Their pass back is left to the window layer where nothing else needs its signals."""
        weight, vectors = normal(labels, 40), normal(30, 6)
        first, second = (
            dr.window_affine(vectors, ids(f"positions{i}", "tokens", 3), normal(40, 18), normal(40)) for i in range(2)
        )
        hidden = dr.dropout(dr.tanh(first + second if case == "of two window layers" else first), 0.3)
        scores = dr.affine(hidden, weight.value if case == "frozen" else weight, normal(labels))
        loss = dr.SoftmaxCrossEntropy()(scores, ids("labels", "tokens"))
        if case == "penalised":
            loss = loss + 0.1 * dr.sum(weight * weight)
        if case == "used twice":
            loss = loss + dr.mean(dr.sigmoid(hidden))
        plan = None
        for tokens in (5, 70, 33):
            names = ["positions0", "positions1"] if case == "of two window layers" else ["positions0"]
            feeds = {name: random.integers(0, 30, (tokens, 3)) for name in names}
            feeds["labels"] = random.integers(0, labels, tokens)
            plan = plans.check(loss, feeds, seeds=[tokens], plan=plan)

    def test_windows_of_vectors_or_weights_that_are_not_trained(self, plans):
        vectors, positions = dr.input("vectors", ("forms", 4)), ids("positions", "tokens", 2)
        feeds = {"vectors": random.normal(size=(5, 4)), "positions": random.integers(0, 5, (8, 2))}
        z = dr.window_affine(vectors, positions, normal(6, 8), np.ones(6))
        plans.check(dr.sum(z * z), feeds)
        z = dr.window_affine(dr.tanh(vectors * normal(4)), positions, np.full((6, 8), 0.3), normal(6))
        plans.check(dr.sum(z * z), feeds)


class TestObjectives:
    @pytest.mark.parametrize("rows", [1, 2, 50, 2000])
    def test_softmax_cross_entropy(self, plans, rows):
        scores = dr.linear(dr.input("x", ("batch", 4)), normal(5, 4))
        feeds = {"x": random.normal(size=(rows, 4)), "labels": random.integers(0, 5, rows)}
        plans.check(dr.SoftmaxCrossEntropy()(scores, ids("labels", "batch")), feeds)

    def test_softmax_cross_entropy_of_scores_whose_exponentials_overflow(self, plans):
        scores = dr.linear(dr.input("x", ("batch", 4)), normal(5, 4))
        feeds = {"x": 1000 * random.normal(size=(20, 4)), "labels": random.integers(0, 5, 20)}
        plans.check(dr.SoftmaxCrossEntropy()(scores, ids("labels", "batch")), feeds)

    @pytest.mark.parametrize("columns", [(), (1,), (3,)])
    @pytest.mark.parametrize("rows", [1, 50, 9000])
    def test_squared_error(self, plans, columns, rows):
        outputs = normal(*columns) * dr.tanh(dr.input("x", ("batch", *columns)))
        feeds = {name: random.normal(size=(rows, *columns)) for name in ("x", "y")}
        plans.check(dr.SquaredError()(outputs, dr.input("y", ("batch", *columns))), feeds)

    def test_terms_of_one_loss(self, plans):
        """Two of each, some of the same scores, and a penalty: each sends its own rows."""
        x, labels, others = dr.input("x", ("batch", 4)), ids("labels", "batch"), ids("others", "batch")
        hidden = dr.tanh(dr.affine(x, normal(6, 4), normal(6)))
        weights = [normal(3, 6), normal(3, 6), normal(1, 6)]
        first, second, single = (dr.linear(hidden, weight) for weight in weights)
        loss = dr.MultiClassMaxMargin(0.5)(first, labels) + dr.MultiClassMaxMargin(2.0)(second, others)
        loss = loss + dr.SoftmaxCrossEntropy()(first, others) + dr.SquaredError()(second, dr.input("y", ("batch", 3)))
        loss = loss + dr.MaxMargin(0.1)(single, dr.linear(-hidden, weights[2])) + dr.l2_penalty(weights, 0.3)
        loss = loss + dr.MaxMargin(1.5)(dr.pick(first, labels), dr.pick(second, labels))
        feeds = {"x": random.normal(size=(30, 4)), "y": random.normal(size=(30, 3))}
        plan = plans.check(loss, {**feeds, "labels": random.integers(0, 3, 30), "others": random.integers(0, 3, 30)})
        names = [type(unit).__name__ for unit in plan.compiler.units]
        for name in ("ClassMargins", "PairMargins"):
            assert names.count(name) == 2
        assert names.count("CrossEntropy") == names.count("SquaredErrors") == 1

    def test_a_penalty_of_weights_in_layers_and_of_a_table(self, plans):
        table, words = normal(20, 4), ids("words", "batch", 2)
        network = [dr.Dense(8, 6, "tanh"), dr.Dense(6, 3)]
        x = dr.reshape(dr.row_lookup(table, words), ("batch", 8))
        for layer in network:
            x = layer(x)
        weights = [table, *(layer.parameter("weight") for layer in network)]
        loss = dr.SoftmaxCrossEntropy()(x, ids("labels", "batch")) + dr.l2_penalty(weights, 0.5)
        plans.check(loss, {"words": random.integers(0, 20, (7, 2)), "labels": random.integers(0, 3, 7)})


class TestMargins:
    """The share of rows that violate their margin is steered by the size of the margin."""

    @pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
    def test_no_few_half_and_all_violators_in_layers(self, plans, share):
        x, labels = dr.input("x", ("batch", 4)), ids("labels", "batch")
        hidden = dr.dropout(dr.tanh(dr.affine(x, normal(6, 4), normal(6))), 0.5)
        scores = dr.linear(dr.relu(dr.affine(hidden, normal(7, 6), normal(7))), normal(3, 7))
        feeds = {"x": random.normal(size=(60, 4)), "labels": random.integers(0, 3, 60)}
        seen = plans.Comparison(dr.MultiClassMaxMargin()(scores, labels), feeds, [5]).run.value(scores)
        true = np.arange(3) == feeds["labels"][:, None]
        gaps = np.sort(seen[true] - np.where(true, -np.inf, seen).max(axis=1))
        # The true labels' scores are raised so that the share that violates a margin of 0.5 is the one asked for.
        violators = round(share * 60)
        raised = 0.5 - (gaps[violators - 1] + 1e-3 if violators else gaps[0] - 1e-3)
        loss = dr.MultiClassMaxMargin(0.5)(scores + raised * dr.one_hot(labels, 3), labels)
        plan = plans.check(loss, feeds, seeds=[5])
        assert plan.violators == pytest.approx(violators / 60)

    @pytest.mark.parametrize("margin", [1e-6, 0.3, 100.0])
    def test_windows_one_by_one_or_vector_by_vector(self, plans, margin):
        """Fewer windows than vectors have a signal, or more: one plan goes either way from step to step."""
        vectors, labels = dr.row_lookup(normal(12, 4), ids("words", "forms")), ids("labels", "tokens")
        hidden = dr.tanh(dr.window_affine(vectors, ids("positions", "tokens", 3), normal(6, 12), normal(6)))
        scores = dr.linear(hidden, normal(4, 6))
        loss, plan, ways = dr.MultiClassMaxMargin(margin)(scores, labels), None, set()
        for forms, tokens in ((2, 80), (300, 80), (5, 500), (400, 10), (80, 80), (81, 80), (40, 80)):
            feeds = {"words": random.integers(0, 12, forms), "positions": random.integers(0, forms, (tokens, 3))}
            feeds["labels"] = dr.backprop(scores, feeds).value(scores).argmax(axis=1)
            plan = plans.check(loss, feeds, plan=plan)
            ways.add(plan.violators * tokens < forms)
            assert plan.violators == {1e-6: 0, 100.0: 1}.get(margin, plan.violators)
        assert ways == ({True} if margin == 1e-6 else {True, False})

    def test_a_step_without_violators_after_one_with_all_of_them(self, plans):
        """Gradients are 0, not those of the step before."""
        weight, labels = normal(3, 4), ids("labels", "batch")
        table, words = normal(9, 4), ids("words", "batch")
        hidden = dr.row_lookup(table, words) * dr.input("scale")
        loss = dr.MultiClassMaxMargin(0.01)(dr.linear(hidden, weight), labels)
        scores = table.value @ weight.value.T
        feeds = {"words": np.arange(9), "labels": scores.argmin(axis=1), "scale": np.float32(1)}
        plan = plans.check(loss, feeds)
        assert plan.violators == 1
        assert plan.gradient(weight).any()
        assert plan.gradient(table).any()
        feeds["labels"], feeds["scale"] = scores.argmax(axis=1), np.float32(1000)
        assert plan.step(feeds, np.zeros(0)) == (0, True)
        assert plan.violators == 0
        assert not plan.gradient(weight).any()
        assert not plan.gradient(table).any()

    def test_exactly_kept_margins_are_no_violations(self, plans):
        s, s_c = dr.parameter([2.0, 1.0, 0.5]), dr.parameter([1.0, 0.5, 1.0])
        plan = plans.make(dr.MaxMargin(1.0)(s, s_c))
        assert plan.step({}, np.zeros(0)) == (pytest.approx((0 + 0.5 + 1.5) / 3), True)
        assert plan.violators == pytest.approx(2 / 3)
        np.testing.assert_allclose(plan.gradient(s), [0, -1 / 3, -1 / 3], rtol=1e-6)
        scores = dr.parameter([[2.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
        plan = plans.make(dr.MultiClassMaxMargin(1.0)(scores, np.array([0, 1])))
        assert plan.step({}, np.zeros(0)) == (0.5, True)
        np.testing.assert_array_equal(plan.gradient(scores), [[0, 0, 0], [0, -0.5, 0.5]])

    @pytest.mark.parametrize("shape", [("batch",), ("batch", 1)])
    @pytest.mark.parametrize("margin", [1e-6, 0.5, 100.0])
    def test_pairs(self, plans, margin, shape):
        network = dr.Network([dr.Lookup(20, 4, window=3), dr.Window(3), dr.Dense(12, 6, "tanh"), dr.Dense(6, 1)])
        words, corrupted = ids("words", "batch", 3), ids("corrupted", "batch", 3)
        scores = [dr.reshape(network(node), shape) for node in (words, corrupted)]
        feeds = {name: random.integers(0, 20, (25, 3)) for name in ("words", "corrupted")}
        comparison = plans.Comparison(dr.MaxMargin(margin)(*scores), feeds)
        comparison.check()
        s, s_c = map(comparison.run.value, scores)
        assert comparison.plan.violators == pytest.approx(np.mean(margin + s_c - s > 0))

    def test_without_a_margin_there_is_no_share_of_violators(self, plans):
        assert plans.check(dr.sum(normal(3)), {}).violators is None
