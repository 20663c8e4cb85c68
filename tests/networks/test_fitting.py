import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError

XOR = {"inputs": np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float), "targets": np.array([0, 1, 1, 0])}


def three_clusters(seed=0, count=60):
    random = np.random.default_rng(seed)
    targets = np.arange(count) % 3
    return {"inputs": random.normal(size=(count, 2)) + 1.5 * np.eye(3, 2)[targets], "targets": targets}


def bits(network):
    return b"".join(parameter.value.tobytes() for parameter in network.parameters.values())


@pytest.mark.parametrize("objective", [dr.SoftmaxCrossEntropy(), dr.MultiClassMaxMargin()], ids=str)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_exclusive_or_is_learned(objective, activation):
    network = dr.Network([dr.Dense(2, 8, activation=activation), dr.Dense(8, 2)], seed=1)
    history = dr.train(network, objective, XOR, epochs=300, batch=4, update_rule=dr.Adam(0.05))
    assert network.predict(XOR["inputs"]).argmax(axis=1).tolist() == [0, 1, 1, 0]
    assert history.epochs[-1].loss < 0.05 < history.epochs[0].loss


def test_exclusive_or_is_learned_as_a_number():
    network = dr.Network([dr.Dense(2, 8, activation="tanh"), dr.Dense(8, 1)], seed=1)
    data = {"inputs": XOR["inputs"], "targets": XOR["targets"][:, None]}
    dr.train(network, dr.SquaredError(), data, epochs=300, batch=4, update_rule=dr.Adam(0.05))
    np.testing.assert_allclose(network.predict(data["inputs"]), data["targets"], atol=0.05)


def test_max_margin_separates_true_from_corrupted_windows_by_the_margin():
    random = np.random.default_rng(0)
    pairs = {"inputs": random.normal(size=(40, 4)) + 2, "corrupted": random.normal(size=(40, 4)) - 2}
    network = dr.Network([dr.Dense(4, 6, "sigmoid"), dr.Dense(6, 1, bias=False)])
    history = dr.train(network, dr.MaxMargin(1.0), pairs, epochs=60, batch=10, update_rule=dr.Adam(0.05))
    assert history.epochs[0].loss > 0.1
    assert history.epochs[-1].loss < 1e-3
    assert (network.predict(pairs["inputs"]) - network.predict(pairs["corrupted"])).min() > 0.99


def test_softmax_regression_reaches_the_optimum_of_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    data, strength = three_clusters(), 0.05
    # scikit-learn minimises C Σ loss + ½ ‖W‖²; divided by C n, that is the mean loss with λ = 1 / (C n).
    theirs = linear_model.LogisticRegression(C=1 / (strength * 60), tol=1e-8).fit(data["inputs"], data["targets"])
    network = dr.Network([dr.Dense(2, 3)])
    history = dr.train(
        network,
        dr.SoftmaxCrossEntropy(),
        data,
        epochs=300,
        batch=60,
        update_rule=dr.Adam(0.1),
        schedule=dr.CosineDecay(),
        l2=strength,
    )

    def objective(W, b):
        scores = data["inputs"] @ W.T + b
        chosen = scores[np.arange(60), data["targets"]]
        return (np.log(np.exp(scores).sum(axis=1)) - chosen).mean() + strength / 2 * (W**2).sum()

    best = objective(theirs.coef_, theirs.intercept_)
    ours = objective(*(parameter.value.astype(float) for parameter in network.parameters.values()))
    assert ours == pytest.approx(best, abs=1e-5)
    assert history.epochs[-1].loss == pytest.approx(best, abs=1e-3)
    np.testing.assert_allclose(network.parameters["dense1.weight"].value, theirs.coef_, atol=0.01)


def test_a_stronger_penalty_gives_smaller_weights():
    sizes = []
    for l2 in (0.0, 0.05, 0.5):
        network = dr.Network([dr.Dense(2, 3)])
        dr.train(network, dr.SoftmaxCrossEntropy(), three_clusters(), epochs=30, update_rule=dr.Adam(0.1), l2=l2)
        sizes.append(float((network.parameters["dense1.weight"].value ** 2).sum()))
    assert sizes[0] > 2 * sizes[1] > 8 * sizes[2]


def test_seeds_decide_everything():
    def trained(seed):
        network = dr.Network([dr.Dense(2, 8, "tanh"), dr.Dropout(0.3), dr.Dense(8, 3)], seed=1)
        dr.train(network, dr.SoftmaxCrossEntropy(), three_clusters(), epochs=2, batch=16, seed=seed)
        return bits(network)

    assert trained(4) == trained(4) != trained(5)


def test_each_epoch_gives_every_example_once_in_an_order_of_its_own(monkeypatch):
    orders, step = [], dr.Trainer.step

    def noted(trainer, batches):
        for feeds in batches:
            orders[-1] += feeds["inputs"][:, 0].astype(int).tolist()
            yield step(trainer, feeds)

    monkeypatch.setattr(dr.Trainer, "losses", noted)
    data = {"inputs": np.arange(20.0)[:, None], "targets": np.zeros((20, 1))}
    orders.append([])
    dr.train(
        dr.Network([dr.Dense(1, 1)]), dr.SquaredError(), data, epochs=3, batch=6, on_epoch=lambda _: orders.append([])
    )
    assert [sorted(order) for order in orders] == [list(range(20))] * 3 + [[]]
    assert len({tuple(order) for order in orders}) == 4


def test_the_schedule_is_spread_over_all_steps_of_all_epochs():
    # 5 rows in batches of 2 are 3 steps an epoch: over 2 epochs, factors 1, 5/6, ... 1/6, whose sum is 3.5.
    data = {"inputs": np.ones((5, 1)), "targets": np.full((5, 1), 1e6)}
    network = dr.Network([dr.Dense(1, 1, bias=False)])
    before = network.parameters["dense1.weight"].value.copy()
    # Far from the target, each clipped step is as long as the rate.
    dr.train(
        network,
        dr.SquaredError(),
        data,
        epochs=2,
        batch=2,
        update_rule=dr.SGD(0.5),
        schedule=dr.LinearDecay(),
        clip=1.0,
    )
    assert network.parameters["dense1.weight"].value - before == pytest.approx(0.5 * 3.5, rel=1e-6)


def test_the_best_epoch_on_development_data_is_kept_and_training_stops_early():
    network = dr.Network([dr.Dense(2, 3)])
    kept, scores = [], iter([0.2, 0.8, 0.5, 0.6, 0.9])
    history = dr.train(
        network,
        dr.SoftmaxCrossEntropy(),
        three_clusters(),
        epochs=5,
        score=lambda: next(scores),
        patience=2,
        on_epoch=lambda _: kept.append(bits(network)),
    )
    assert [epoch.score for epoch in history.epochs] == [0.2, 0.8, 0.5, 0.6]
    assert history.best.number == 2
    assert bits(network) == kept[1] != kept[3]


class TestRefused:
    def network(self):
        return dr.Network([dr.Dense(2, 2)])

    @pytest.mark.parametrize("data", [{}, {"inputs": np.zeros((0, 2)), "targets": np.zeros(0, int)}])
    def test_no_examples(self, data):
        with pytest.raises(InputError, match=r"^there are no examples to train on$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), data)

    def test_arrays_of_unequal_length(self):
        data = {"inputs": XOR["inputs"], "targets": [0, 1]}
        message = "the arrays must have equally many rows, but have: {'inputs': 4, 'targets': 2}"
        with pytest.raises(InputError, match=f"^{message}$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), data)

    def test_an_input_that_the_objective_does_not_have(self):
        data = {"inputs": XOR["inputs"], "labels": XOR["targets"]}
        with pytest.raises(InputError, match=r"^the graph has no input 'labels'; its inputs are: 'inputs', 'targets'$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), data)

    def test_an_input_that_is_missing(self):
        with pytest.raises(InputError, match=r"^no array was given for input 'targets'$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), {"inputs": XOR["inputs"]})

    @pytest.mark.parametrize("batch", [0, -2])
    def test_a_batch_without_examples(self, batch):
        with pytest.raises(InputError, match=f"^a batch needs at least one example, not {batch}$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), XOR, batch=batch)

    def test_no_epochs(self):
        with pytest.raises(InputError, match=r"^training needs at least one epoch, not 0$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), XOR, epochs=0)

    def test_a_negative_penalty(self):
        with pytest.raises(InputError, match=r"^the L2 strength must be at least 0, not -1$"):
            dr.train(self.network(), dr.SoftmaxCrossEntropy(), XOR, l2=-1)


def test_l2_leaves_tables_of_vectors_alone():
    layers = [dr.Lookup(6, 4, window=2), dr.Window(2), dr.Dense(8, 2)]
    net = dr.Network(layers)
    before = net.parameters["lookup1.vectors"].value.copy()
    data = {"inputs": np.array([[0, 1], [2, 3]]), "targets": np.array([0, 1])}
    dr.train(net, dr.SoftmaxCrossEntropy(), data, epochs=1, update_rule=dr.SGD(0.1), l2=0.5)
    after = net.parameters["lookup1.vectors"].value
    np.testing.assert_array_equal(after[4:], before[4:])
    assert not np.array_equal(after[:4], before[:4])
