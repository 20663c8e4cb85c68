import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.reference import forward
from deltarule.vectors import VectorConfig, WindowRanking
from deltarule.vectors.numbered_text import NumberedText
from deltarule.vectors.window_pairs import WindowPairs

CONFIG = VectorConfig(window=3, dimension=4, hidden=5, batch=8, subsample=0, minimum_count=1, margin=0.7)


@pytest.fixture
def numbered(text):
    with NumberedText([text]) as numbered:
        yield numbered


def score(parameters, window):
    """s = Uᵀ tanh(W x + b), written out."""
    x = np.concatenate([parameters["words.vectors"][word] for word in window])
    return parameters["score.weight"][0] @ np.tanh(parameters["hidden.weight"] @ x + parameters["hidden.bias"])


def test_the_objective_over_a_text_is_that_of_its_formula(numbered):
    network = WindowRanking(CONFIG, len(numbered.vocabulary))
    parameters = {name: p.value.astype(np.float64) for name, p in network.parameters.items()}
    total = expected = 0.0
    for feeds in WindowPairs(numbered, CONFIG).batches(1):
        count = len(feeds["true"])
        total += count * float(forward([network.loss], feeds, dtype=np.float64).values[network.loss])
        for true, corrupted in zip(feeds["words"][feeds["true"]], feeds["words"][feeds["corrupted"]], strict=True):
            assert (true != corrupted).sum() == 1
            expected += max(0.0, 0.7 + score(parameters, corrupted) - score(parameters, true))
    assert total == pytest.approx(expected, rel=1e-12)
    assert expected > 0


def test_a_corruption_moves_the_preactivation_by_the_middle_word_alone(numbered):
    """z_c = z + W_0 (x_r − x_t)."""
    network = WindowRanking(CONFIG, len(numbered.vocabulary))
    feeds = next(WindowPairs(numbered, CONFIG).batches(1))
    z, z_c = (score.inputs[0].inputs[0] for score in network.scores)
    values = forward([z, z_c], feeds, dtype=np.float64).values
    table = network.table.value.astype(np.float64)
    true, corrupted = (table[feeds["words"][feeds[name][:, 1]]] for name in ("true", "corrupted"))
    middle = network.parameters["hidden.weight"].value.astype(np.float64)[:, 4:8]
    assert np.allclose(values[z_c], values[z] + (corrupted - true) @ middle.T, rtol=0, atol=1e-12)


def test_gradients(numbered):
    network = WindowRanking(CONFIG, len(numbered.vocabulary))
    feeds = next(WindowPairs(numbered, CONFIG).batches(1))
    report = dr.gradient_check(network.loss, feeds=feeds)
    assert report, str(report)


def test_kernels_agree_with_the_reference(numbered):
    trained = []
    for compiled in (True, False):
        network = WindowRanking(CONFIG, len(numbered.vocabulary))
        trainer = dr.Trainer(network.loss, dr.AdaGrad(0.05), compiled=compiled, threads=1)
        losses = [trainer.step(feeds) for feeds in WindowPairs(numbered, CONFIG).batches(1)]
        assert (trainer.violators is not None) == compiled
        trained.append((losses, network.table.value))
    assert trained[0][0] == pytest.approx(trained[1][0], rel=1e-4)
    assert np.allclose(trained[0][1], trained[1][1], atol=1e-4)
