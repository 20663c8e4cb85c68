"""Plans over sparse rows, whose entries are as many as they are."""

import numpy as np
import pytest
import scipy.sparse

import deltarule as dr
from deltarule.errors import InputError
from deltarule.estimators.architecture import Architecture
from deltarule.estimators.examples import Examples


def trainer(rule, features=300, dropout=0.2, **options):
    network = Architecture(features, (), True, (64,), "tanh", dropout, 3).network(seed=1)
    return dr.Trainer(dr.SoftmaxCrossEntropy().loss(network), rule, seed=2, **options), network


def batches(count, features=300):
    """Batches of several sizes, with rows and whole batches that have no entries."""
    random = np.random.default_rng(0)
    for number in range(count):
        rows = int(random.integers(1, 200))
        density = 0.0 if number == 2 else 0.05
        X = scipy.sparse.random_array((rows, features), density=density, format="csr", rng=random, dtype=np.float32)
        yield {**Examples(X).feeds(), "targets": random.integers(0, 3, rows)}


@pytest.mark.parametrize("rule", [dr.SGD(0.1), dr.Adam(0.01), dr.Nesterov(0.01)], ids=str)
def test_training_agrees_with_the_reference(rule):
    own, network = trainer(rule, dropout=0.0)
    other, expected = trainer(rule, dropout=0.0, compiled=False)
    losses = [(own.step(feeds), other.step(feeds)) for feeds in batches(6)]
    np.testing.assert_allclose(*np.array(losses).T, rtol=1e-5)
    for name, parameter in network.parameters.items():
        np.testing.assert_allclose(parameter.value, expected.parameters[name].value, rtol=1e-4, atol=1e-5)


def test_parameters_do_not_depend_on_threads():
    values = []
    for threads in (1, 2):
        own, network = trainer(dr.Adam(0.01), threads=threads)
        for feeds in batches(6):
            own.step(feeds)
        values.append(b"".join(parameter.value.tobytes() for parameter in network.parameters.values()))
    assert values[0] == values[1]


def test_ids_beyond_the_columns_and_ends_beyond_the_entries_are_refused():
    own, _ = trainer(dr.SGD(0.1), features=4)
    fine = {"columns": np.array([0, 3]), "values": np.ones(2), "ends": np.array([1, 2]), "targets": np.array([0, 1])}
    own.step(fine)
    with pytest.raises(InputError, match="'columns' must hold ids from 0 to 3; found 0 to 4"):
        own.step({**fine, "columns": np.array([0, 4])})
    with pytest.raises(InputError, match="'ends' must hold ids from 0 to 2; found 1 to 3"):
        own.step({**fine, "ends": np.array([1, 3])})
