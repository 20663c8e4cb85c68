"""What peers build is the plain network, whatever the tagger's defaults are."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.corpus import CorpusFiles, checked_sentences, write_arrays

from benchmarks import ours

FILES = CorpusFiles(None)
WINDOW, WORDS, SMALL = 5, 100, 8 * 8  # places, numbers of a word's vector, and those of its eight other features


def test_the_network_has_one_hidden_layer_on_the_windows() -> None:
    model, _, _ = FILES.model()
    shapes = {name: parameter.shape for name, parameter in model.network.parameters.items() if "vectors" not in name}
    labels = len(model.labelling.names)
    assert shapes == {
        "hidden.weight": (300, WINDOW * (WORDS + SMALL)),
        "hidden.bias": (300,),
        "output.weight": (labels, 300),
        "output.bias": (labels,),
    }
    assert (model.config.objective, model.config.dropout, model.config.activation) == ("softmax", 0.4, "tanh")
    assert FILES.model(objective="max-margin")[0].config.objective == "max-margin"


@pytest.mark.parametrize("objective", ["softmax", "max-margin"])
def test_the_arrays_that_peers_are_given_have_our_losses(objective: str, tmp_path: Path) -> None:
    """The first loss, from the arrays alone, by the formula in NumPy."""
    write_arrays(tmp_path / "arrays.npz", FILES)
    arrays = np.load(tmp_path / "arrays.npz")
    tokens = slice(*arrays["checked"][:2])
    forms, labels = arrays["windows"][tokens], arrays["labels"][tokens]
    vectors = [arrays["words"][arrays["word_of_form"][forms]], arrays["features"][arrays["features_of_form"][forms]]]
    x = np.concatenate([array.reshape(*forms.shape, -1) for array in vectors], axis=2).reshape(len(forms), -1)
    a = np.tanh(x.astype(float) @ arrays["hidden_weight"].T + arrays["hidden_bias"])
    s = a @ arrays["output_weight"].T + arrays["output_bias"]
    rows = np.arange(len(s))
    if objective == "softmax":
        expected = np.mean(np.log(np.exp(s).sum(axis=1)) - s[rows, labels])
    else:
        wrong = s + 1.0
        wrong[rows, labels] = -np.inf
        expected = np.mean(np.maximum(0, wrong.max(axis=1) - s[rows, labels]))
    task = ours.task({"data": None, "objective": objective, "batch": 512, "threads": 1})
    assert len(task.losses()) == len(checked_sentences(FILES.model()[1]))
    assert task.losses()[0] == pytest.approx(expected, rel=1e-5)
