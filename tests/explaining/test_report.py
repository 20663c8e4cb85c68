import json
import re

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

import deltarule as dr
from deltarule.explaining import Confusion, report


@pytest.fixture(scope="module")
def watch():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(100, 2))
    data = {"inputs": inputs, "targets": (inputs.sum(axis=1) > 0).astype(int)}
    watch, net = dr.TrainingWatch(), dr.Network([dr.Dense(2, 5, activation="sigmoid"), dr.Dense(5, 2)])
    dr.train(net, dr.SoftmaxCrossEntropy(), data, epochs=2, watch=watch, score=lambda: 0.75)
    return watch


def test_the_page_has_the_numbers_and_needs_no_network(watch):
    confusion = Confusion.of_labels(["LOC", "O", "O"], ["O", "O", "LOC"])
    page = dr.training_report(watch, title="A <title>", score="F1", confusion=confusion)
    loss = [o.epoch.loss for o in watch.observations if o.epoch]
    charts = [
        json.loads(f"[{found}]")
        for found in re.findall(r'Plotly\.newPlot\(\s*"[^"]+",\s*(\[.*?\]),\s*\{"template', page)
    ]
    assert len(charts) == 10
    assert charts[0][0][0]["y"] == loss
    assert charts[1][0][0]["y"] == [0.75, 0.75]
    assert charts[-1][0][0]["text"] == [[0, 1], [1, 1]]
    assert "A &lt;title&gt;" in page
    own = page.replace(get_plotlyjs(), "")
    assert not re.search(r"src=|href=|url\(|@import|https?://", own)
    assert watch.warnings() == []
    assert "Nothing looks wrong" in page


def test_without_plotly_the_error_says_what_to_install(watch, monkeypatch):
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    with pytest.raises(dr.InputError, match=r"pip install 'deltarule\[report\]'"):
        dr.training_report(watch)


def test_a_watch_that_saw_nothing():
    with pytest.raises(dr.InputError, match="saw no training"):
        dr.training_report(dr.TrainingWatch())
