"""What plans are fed: batches of any size, arrays of any kind, and those that are refused without a change."""

import re

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, ShapeError

NONE = np.zeros(0)


class Tagging:
    """A network with a table, windows, dropout and a margin, so that every kind of buffer has to grow."""

    def __init__(self):
        random = np.random.default_rng(0)
        self.table = dr.parameter(random.normal(size=(50, 4)), "table")
        self.weight = dr.parameter(random.normal(size=(6, 14)), "weight")
        self.out = dr.parameter(random.normal(size=(3, 6)), "out")
        words, positions = dr.input("words", ("forms",), integer=True), dr.input("positions", ("t", 2), integer=True)
        vectors = dr.concatenate([dr.row_lookup(self.table, words), dr.input("features", ("forms", 3))])
        hidden = dr.dropout(dr.tanh(dr.window_affine(vectors, positions, self.weight, np.zeros(6))), 0.5)
        scores = dr.linear(hidden, self.out)
        self.loss = dr.MultiClassMaxMargin(0.5)(scores, dr.input("labels", ("t",), integer=True))

    def feeds(self, forms, tokens, seed=0):
        random = np.random.default_rng(seed)
        return {
            "words": random.integers(0, 50, forms).astype(np.int32),
            "features": random.normal(size=(forms, 3)).astype(np.float32),
            "positions": random.integers(0, forms, (tokens, 2)).astype(np.int32),
            "labels": random.integers(0, 3, tokens).astype(np.int32),
        }


@pytest.fixture
def tagging():
    return Tagging()


class TestSizes:
    def test_batches_that_grow_shrink_and_have_one_row(self, plans, tagging):
        plan = None
        for step, size in enumerate([(1, 1), (3, 2), (4, 5), (40, 9), (2, 200), (1, 1), (41, 201), (300, 3), (300, 3)]):
            plan = plans.check(tagging.loss, tagging.feeds(*size, seed=step), seeds=[step], plan=plan)

    def test_a_step_does_not_depend_on_the_steps_before(self, plans, tagging):
        """Buffers that have grown hold what larger batches left."""
        used = plans.make(tagging.loss)
        for size in ((9, 70), (200, 20), (5, 5)):
            used.step(tagging.feeds(*size), np.array([1]))
        fresh = plans.make(tagging.loss)
        feeds = tagging.feeds(7, 12, seed=5)
        assert used.step(feeds, np.array([3])) == fresh.step(feeds, np.array([3]))
        for parameter in (tagging.table, tagging.weight, tagging.out):
            np.testing.assert_array_equal(used.gradient(parameter), fresh.gradient(parameter))

    def test_memory_does_not_grow_with_the_number_of_steps(self, plans, tagging):
        plan = plans.make(tagging.loss)
        plan.step(tagging.feeds(30, 90), np.array([0]))
        before = plan.program.memory.copy()
        inputs = [matrix.address for matrix in plan.compiler.inputs.values()]
        for seed in range(5):
            plan.step(tagging.feeds(30 - seed, 90 - seed, seed), np.array([0]))
        plan.step(tagging.feeds(30, 90), np.array([0]))
        after = plan.program.memory.copy()
        before[inputs] = after[inputs] = 0
        np.testing.assert_array_equal(before, after)

    def test_an_empty_batch_has_no_mean_and_changes_nothing(self, plans, tagging):
        plan = plans.make(tagging.loss)
        plan.settings[0] = 1.0
        before = [parameter.value.copy() for parameter in (tagging.table, tagging.weight, tagging.out)]
        _, fine = plan.step(tagging.feeds(3, 0) | {"positions": np.zeros((0, 2), int)}, np.array([0]))
        assert not fine
        for parameter, value in zip((tagging.table, tagging.weight, tagging.out), before, strict=True):
            np.testing.assert_array_equal(parameter.value, value)
        plans.check(tagging.loss, tagging.feeds(3, 4), seeds=[0], plan=plans.make(tagging.loss))

    def test_products_over_no_rows_are_zero(self, plans):
        a, b, w = dr.input("a", (3, "n")), dr.input("b", ("n", 2)), dr.parameter(np.ones((3, 2)), "w")
        plan = plans.make(dr.sum((a @ b) * w))
        for n, expected in ((4, 4.0), (0, 0.0), (2, 2.0)):
            loss, fine = plan.step({"a": np.ones((3, n)), "b": np.ones((n, 2))}, NONE)
            assert (loss, fine) == (6 * expected, True)
            np.testing.assert_array_equal(plan.gradient(w), np.full((3, 2), expected))

    def test_sums_over_no_rows_are_zero(self, plans):
        x, w, table = dr.input("x", ("n", 2)), dr.parameter(np.ones((3, 2)), "w"), dr.parameter(np.ones((4, 2)))
        loss = dr.sum(dr.tanh(dr.affine(x, w, np.ones(3)))) + dr.sum(w)
        plan = plans.make(loss + dr.sum(dr.row_lookup(table, dr.input("ids", ("n",), integer=True))))
        for n in (3, 0, 5):
            value, fine = plan.step({"x": np.zeros((n, 2)), "ids": np.zeros(n, int)}, NONE)
            assert fine
            assert value == pytest.approx(3 * n * np.tanh(1) + 6 + 2 * n, rel=1e-6)
            np.testing.assert_array_equal(plan.gradient(w), np.ones((3, 2)))
            assert plan.gradient(table).tolist() == [[n, n], [0, 0], [0, 0], [0, 0]]


class TestArrays:
    CONVERTED = {  # noqa: RUF012
        "float64": lambda feeds: {**feeds, "features": feeds["features"].astype(np.float64)},
        "columns": lambda feeds: {**feeds, "features": np.asfortranarray(feeds["features"])},
        "every second": lambda feeds: {**feeds, "features": np.repeat(feeds["features"], 2, axis=0)[::2]},
        "backwards": lambda feeds: {**feeds, "labels": feeds["labels"][::-1].copy()[::-1]},
        "int64": lambda feeds: {name: a.astype(np.int64) if a.dtype.kind == "i" else a for name, a in feeds.items()},
        "uint8": lambda feeds: {name: a.astype(np.uint8) if a.dtype.kind == "i" else a for name, a in feeds.items()},
        "big-endian": lambda feeds: {name: a.astype(a.dtype.newbyteorder(">")) for name, a in feeds.items()},
        "lists": lambda feeds: {name: array.tolist() for name, array in feeds.items()},
    }

    @pytest.mark.parametrize("change", CONVERTED.values(), ids=CONVERTED)
    def test_arrays_are_converted_where_they_have_to_be(self, plans, tagging, change):
        plan, feeds = plans.make(tagging.loss), tagging.feeds(9, 15)
        expected, _ = plan.step(feeds, np.array([1]))
        gradient = plan.gradient(tagging.table)
        changed = change(feeds)
        assert plan.step(changed, np.array([1])) == (expected, True)
        np.testing.assert_array_equal(plan.gradient(tagging.table), gradient)

    def test_fed_arrays_are_not_changed(self, plans, tagging):
        feeds = tagging.feeds(9, 15)
        for array in feeds.values():
            array.flags.writeable = False
        before = {name: array.copy() for name, array in feeds.items()}
        plans.make(tagging.loss).step(feeds, np.array([1]))
        for name, array in feeds.items():
            np.testing.assert_array_equal(array, before[name])

    def test_inputs_may_be_named_by_their_nodes(self, plans):
        w, x = dr.parameter(2.0), dr.input("x")
        plan = plans.make(w * x)
        for key in (x, "x"):
            assert plan.step({key: 3.0}, NONE) == (6.0, True)

    @pytest.mark.parametrize("number", [3, 3.0, np.float32(3), np.float64(3), np.array(3.0), True])
    def test_single_numbers(self, plans, number):
        plan = plans.make(dr.parameter(2.0) * dr.input("x"))
        assert plan.step({"x": number}, NONE) == (2.0 * float(number), True)

    def test_a_parameter_may_get_another_array(self, plans, tagging):
        plan, feeds = plans.make(tagging.loss), tagging.feeds(9, 15)
        plan.step(feeds, np.array([1]))
        for parameter in (tagging.table, tagging.weight, tagging.out):
            parameter.value = parameter.value * np.float32(0.5)
            plan = plans.check(tagging.loss, feeds, seeds=[1], plan=plan)

    def test_a_step_changes_the_array_that_a_parameter_holds_now(self, plans):
        w = dr.parameter([1.0, 2.0])
        plan = plans.make(dr.sum(w))
        plan.settings[0] = 0.5
        first = w.value
        plan.step({}, NONE)
        w.value = second = np.array([5.0, 6.0], np.float32)
        plan.step({}, NONE)
        assert (first.tolist(), second.tolist()) == ([0.5, 1.5], [4.5, 5.5])

    @pytest.mark.parametrize(
        "value",
        [np.ones((3, 6)), np.ones((6, 3), np.float32).T, np.ones((3, 7), np.float32), np.ones((18,), np.float32)],
        ids=["float64", "columns", "wider", "flat"],
    )
    def test_arrays_that_a_parameter_cannot_hold_are_refused(self, plans, tagging, value):
        plan, feeds = plans.make(tagging.loss), tagging.feeds(9, 15)
        before = tagging.out.value
        expected = plan.step(feeds, np.array([1]))
        tagging.out.value = value
        with pytest.raises(ShapeError, match=r"parameter 'out' now holds .* needs float32 of shape \(3, 6\)"):
            plan.step(feeds, np.array([1]))
        tagging.out.value = before
        assert plan.step(feeds, np.array([1])) == expected


def bad(message, **arrays):
    """Return what to feed instead, without what is ``None``, and what has to be said about it."""
    return pytest.param(arrays, message, id=message[:30])


class TestRefused:
    CASES = (
        bad("no array was given for input 'features'", features=None),
        bad("no array was given for input 'words'", words=None, features=None),
        bad("the graph has no input 'colour'; its inputs are: 'words'", colour=np.ones(3)),
        bad("the graph has no input 'colour'; its inputs are: 'words'", words=None, colour=np.ones(3)),
        bad(r"input 'features' was declared with shape \(forms, 3\), but .* shape \(9, 4\)", features=np.ones((9, 4))),
        bad(r"input 'features' was declared with shape \(forms, 3\), but .* shape \(3,\)", features=np.ones(3)),
        bad(
            r"input 'features' was declared .* shape \(8, 3\) .*dimension 'forms' is 9, not 8", features=np.ones((8, 3))
        ),
        bad(r"input 'labels' was declared .* shape \(14,\) .*dimension 't' is 15, not 14", labels=np.ones(14, int)),
        bad("input 'labels' holds ids or labels: whole numbers, not float64", labels=np.ones(15)),
        bad("input 'labels' holds ids or labels: whole numbers, not bool", labels=np.ones(15, bool)),
        bad("input 'features' holds numbers, not <U1", features=np.full((9, 3), "a")),
        bad("input 'features' holds numbers, not complex128", features=np.full((9, 3), 1j)),
        bad("'words' must hold ids from 0 to 49; found 0 to 50", words=np.array([0, 50] + [3] * 7)),
        bad("'words' must hold ids from 0 to 49; found -1 to 3", words=np.array([-1] + [3] * 8)),
        bad("'words' must hold ids from 0 to 49", words=np.array([2**32] + [3] * 8)),
        bad("'words' must hold ids from 0 to 49", words=np.array([-(2**32)] + [3] * 8)),
        bad("'words' must hold ids from 0 to 49", words=np.array([2**64 - 1] + [3] * 8, np.uint64)),
        bad("'positions' must hold ids from 0 to 8; found 0 to 9", positions=np.array([[0, 9]] * 15)),
        bad("'labels' must hold ids from 0 to 2; found 1 to 3", labels=np.array([1, 3, 2] * 5)),
    )

    @pytest.mark.parametrize(("arrays", "message"), CASES)
    def test_bad_feeds_are_named_and_change_nothing(self, plans, tagging, arrays, message):
        plan, feeds = plans.make(tagging.loss), tagging.feeds(9, 15)
        parameters = (tagging.table, tagging.weight, tagging.out)
        expected = plan.step(feeds, np.array([1]))
        gradients = [plan.gradient(parameter) for parameter in parameters]
        before = [parameter.value.copy() for parameter in parameters]
        plan.settings[0] = 1.0
        fed = {name: array for name, array in {**feeds, **arrays}.items() if array is not None}
        kind = ShapeError if "declared" in message else InputError
        with pytest.raises(kind, match=f"^{message}"):
            plan.step(fed, np.array([2]))
        for parameter, value, gradient in zip(parameters, before, gradients, strict=True):
            np.testing.assert_array_equal(parameter.value, value)
            np.testing.assert_array_equal(plan.gradient(parameter), gradient)
        plan.settings[0] = 0.0
        assert plan.step(feeds, np.array([1])) == expected

    @pytest.mark.parametrize(("good", "bad"), [("x", "y"), ("y", "x")])
    def test_a_batch_that_was_refused_is_not_what_the_next_has_to_be_like(self, plans, good, bad):
        w = dr.parameter(np.ones(2))
        outputs = dr.matmul(dr.input("x", ("batch", 2)), w)
        plan = plans.make(dr.SquaredError()(outputs, dr.input("y", ("batch",))))
        feeds = {"x": np.ones((4, 2), np.float32), "y": np.ones(4, np.float32)}
        expected = plan.step(feeds, NONE)
        fewer = {name: array[:3] for name, array in feeds.items()}
        with pytest.raises(InputError, match=f"input '{bad}' holds numbers, not <U1"):
            plan.step({**fewer, bad: np.full(fewer[bad].shape, "a")}, NONE)
        for first in (good, bad):
            with pytest.raises(ShapeError, match="dimension 'batch'"):
                plan.step({**feeds, first: fewer[first]}, NONE)
        assert plan.step(feeds, NONE) == expected

    def test_ids_that_are_constants_are_checked_too(self, plans):
        plan = plans.make(dr.sum(dr.row_lookup(dr.parameter(np.ones((3, 2))), np.array([0, 3]))))
        with pytest.raises(InputError, match=re.escape("must hold ids from 0 to 2; found 0 to 3")):
            plan.step({}, NONE)

    def test_two_inputs_of_one_name_are_refused(self, plans):
        with pytest.raises(InputError, match="two inputs of the graph are both named 'x'"):
            plans.make(dr.parameter(1.0) * dr.input("x") * dr.input("x"))

    def test_an_input_of_another_graph_is_refused(self, plans):
        plan = plans.make(dr.parameter(1.0) * dr.input("x"))
        with pytest.raises(InputError, match="no array was given for input 'x'"):
            plan.step({dr.input("x"): 1.0}, NONE)
        with pytest.raises(InputError, match="the graph has no input <y"):
            plan.step({dr.input("y"): 1.0}, NONE)

    def test_memory_that_a_refused_batch_asked_for_is_used_by_the_next(self, plans, tagging):
        plan = plans.make(tagging.loss)
        plan.step(tagging.feeds(3, 4), np.array([0]))
        with pytest.raises(InputError):
            plan.step(tagging.feeds(90, 200) | {"labels": np.full(200, 7)}, np.array([0]))
        for size in ((60, 150), (3, 4), (100, 300)):
            plans.check(tagging.loss, tagging.feeds(*size), seeds=[0], plan=plan)
