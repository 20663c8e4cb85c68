import json
from itertools import pairwise

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.reference import backward, forward
from deltarule.tagging.explain import explain_word, trace_word

SENTENCE = ["Ada", "Lovelace", "lives", "in", "Paris", "."]


def reference_scores(model, words):
    """The scores of a sentence as the tagger computes them, in double precision."""
    feeds = model.sentences(dr.Corpus.from_sentences([words])).feeds(np.array([0]))
    return forward([model.network.scores], feeds).values[model.network.scores]


@pytest.fixture(scope="module")
def without_context(toy, small):
    """A tagger that sees nothing of a sentence but the window."""
    return dr.Tagger(**{**small, "epochs": 30, "context": False}).fit(toy)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "hard_tanh", "soft_sign", "relu", "leaky_relu"])
@pytest.mark.parametrize("baseline", ["boundary", "zero"])
def test_integrated_parts_sum_to_the_difference_from_the_baseline(random_model, activation, baseline):
    model = random_model(5, activation=activation)
    words = ["aXb", "Zc0", "aXb", "-d", "aXb"]
    for index in (0, 2):
        e = explain_word(model, words, index, baseline)
        total = sum(feature.integrated for word in e.window for feature in word.features)
        assert total == pytest.approx(e.margin - e.baseline_margin, rel=1e-3, abs=1e-3)
        assert sum(word.integrated for word in e.window) == pytest.approx(total, abs=1e-9)


def test_scores_and_margin_are_those_of_the_tagger(trained):
    e = trained.explain(SENTENCE, "Paris")
    scores = reference_scores(trained.model, SENTENCE)[4]
    by_name = dict(zip(trained.model.labelling.names, scores.tolist(), strict=True))
    assert e.scores == pytest.approx(by_name, rel=1e-9)
    assert (e.label, e.written) == ("S-LOC", "B-LOC")
    assert next(iter(e.scores)) == e.label
    assert e.margin == pytest.approx(by_name[e.label] - by_name[e.runner_up], rel=1e-9)
    exponentials = np.exp(scores - scores.max())
    assert e.probabilities[e.label] == pytest.approx(exponentials.max() / exponentials.sum())
    assert sum(e.probabilities.values()) == pytest.approx(1.0)


def test_gradient_times_input_is_the_slope_along_the_way_from_the_baseline(trained):
    """By central differences: stretch one feature's vector a little, away from the baseline."""
    from deltarule.tagging.explain import _baseline, _find

    model = trained.model
    e = trained.explain(SENTENCE, 4, baseline="zero")
    window = _find(model, SENTENCE, 4).window
    start = _baseline(model, window.vectors, "zero")
    signal = np.zeros(len(model.labelling.names))
    signal[model.labelling.names.index(e.label)] = 1
    signal[model.labelling.names.index(e.runner_up)] = -1
    for word, place in ((e.window[2], 2), (e.window[1], 1)):
        for feature in word.features:
            ends = []
            for stretch in (1 + 1e-5, 1 - 1e-5):
                vectors = {name: array.copy() for name, array in window.vectors.items()}
                own = vectors[feature.name][0, place]
                vectors[feature.name][0, place] = start[feature.name][0, place] + stretch * own
                ends.append(window.values(vectors)[0] @ signal)
            assert feature.gradient == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4, abs=1e-7)


def test_masking_a_word_is_scoring_the_sentence_without_it(without_context):
    """The word after the last is beyond the sentence: cutting the sentence off there is masking."""
    e = without_context.explain(SENTENCE, 3)
    whole, cut = (reference_scores(without_context.model, words)[3] for words in (SENTENCE, SENTENCE[:5]))
    names = without_context.model.labelling.names
    label, runner_up = names.index(e.label), names.index(e.runner_up)
    fall = (whole[label] - whole[runner_up]) - (cut[label] - cut[runner_up])
    assert e.window[4].word == "."
    assert e.window[4].masked == pytest.approx(fall, rel=1e-9)


def test_what_is_beyond_the_sentence_contributes_nothing(trained):
    e = trained.explain(SENTENCE, 0)
    assert [word.word for word in e.window] == [None, None, "Ada", "Lovelace", "lives"]
    for word in e.window[:2]:
        assert word.gradient == word.integrated == 0
        assert word.masked == pytest.approx(0, abs=1e-12)


def test_features_are_named_with_their_values(trained):
    paris = trained.explain(SENTENCE, "Paris").window[2]
    assert {f.name: f.value for f in paris.features} == {
        "word": "paris",
        "capitalisation": "upper-first",
        "prefix2": "pa",
        "prefix3": "par",
        "prefix4": "pari",
        "suffix2": "is",
        "suffix3": "ris",
        "suffix4": "aris",
        "shape": "Xxxxx",
    }
    assert all(f.known for f in paris.features)
    unseen = trained.explain(["Qwzrt"], 0).window[2]
    assert not next(f for f in unseen.features if f.name == "word").known


def test_hidden_neurons_show_activation_and_signal(trained):
    e = trained.explain(SENTENCE, 4)
    assert [layer.name for layer in e.hidden] == ["hidden", "hidden2", "hidden3"]
    parameters = {name: p.value.astype(float) for name, p in trained.model.network.parameters.items()}
    names = trained.model.labelling.names
    scores = []
    slopes = {"relu": lambda a: a > 0, "tanh": lambda a: 1 - a * a}
    for layer, mark, f in zip(e.hidden, ("", "2", "3"), trained.config.activations, strict=True):
        U = parameters[f"output{mark}.weight"]
        row = U[names.index(e.label)] - U[names.index(e.runner_up)]
        a = np.array(layer.activations)
        assert a.shape == (20,)
        assert layer.signals == pytest.approx(row / 3 * slopes[f](a), rel=1e-9)  # scores are a mean of three
        scores.append(U @ a + parameters[f"output{mark}.bias"])
    assert np.mean(scores, axis=0)[names.index(e.label)] == pytest.approx(e.scores[e.label], rel=1e-9)


@pytest.mark.parametrize("settings", [{"members": 1}, {"members": 2, "activation": "identity"}, {"context": False}])
def test_hidden_neurons_of_other_networks(settings, random_model):
    model = random_model(2, vectors=3, **settings)
    e = explain_word(model, ["aXb", "Zc0", "-d"], 1)
    assert [layer.name for layer in e.hidden] == [member.hidden.name for member in model.network.members]
    names, scores = model.labelling.names, []
    for layer, mark in zip(e.hidden, ("", "2", "3"), strict=False):
        weight, bias = (model.network.parameters[f"output{mark}.{name}"].value for name in ("weight", "bias"))
        scores.append(weight.astype(float) @ np.array(layer.activations) + bias)
    assert dict(zip(names, np.mean(scores, axis=0).tolist(), strict=True)) == pytest.approx(e.scores, rel=1e-9)


@pytest.mark.parametrize(
    ("weight", "parameter", "index"),
    [
        ("hidden[3,14]", "hidden.weight", (3, 14)),
        ("hidden2[3,14]", "hidden2.weight", (3, 14)),
        ("hidden3.weight[8, 100]", "hidden3.weight", (8, 100)),
        ("hidden2.bias[19]", "hidden2.bias", (19,)),
        ("context2[4, 9]", "context2.weight", (4, 9)),
        ("output3[7,5]", "output3.weight", (7, 5)),
        ("output.bias[0]", "output.bias", (0,)),
        ("output2.bias[7]", "output2.bias", (7,)),
    ],
)
def test_the_trace_leads_to_the_gradient_of_the_label_score(weight, parameter, index, trained):
    model = trained.model
    trace = trained.trace(SENTENCE, "Paris", weight)
    feeds = model.sentences(dr.Corpus.from_sentences([SENTENCE])).feeds(np.array([0]))
    run = forward([model.network.scores], feeds)
    signal = np.zeros((len(SENTENCE), len(model.labelling.names)))
    signal[4, model.labelling.names.index("S-LOC")] = 1
    backward(run, model.network.scores, signal=signal)
    gradient = run.gradient(parameter)[index]
    assert (gradient == 0) == (weight == "output.bias[0]")
    assert trace.gradient == pytest.approx(gradient, rel=1e-9, abs=1e-15)
    assert trace.backward == pytest.approx(gradient, rel=1e-9, abs=1e-15)


def test_the_trace_begins_with_1_at_the_label_of_which_a_member_has_a_part(trained):
    steps = trained.trace(SENTENCE, "Paris", "hidden2[3,14]").steps
    assert [step.name for step in steps] == ["signal", "part", "share", "slope", "input"]
    score = trained.explain(SENTENCE, "Paris").scores["S-LOC"]
    assert (steps[0].text, steps[0].signal) == (f"signal at scores[S-LOC] = {score:.4g}", 1.0)
    assert steps[1].text == "× the part that output2 has in scores"
    assert steps[1].signal == steps[1].factor == pytest.approx(1 / 3)
    weight = trained.model.network.parameters["output2.weight"].value
    assert steps[2].factor == pytest.approx(weight[trained.model.labelling.names.index("S-LOC"), 3])
    for before, step in pairwise(steps):
        assert step.signal == pytest.approx(before.signal * step.factor, rel=1e-12)


def test_the_scores_of_one_member_are_those_of_the_network(random_model):
    steps = trace_word(random_model(1, members=1), ["ab", "Cd"], 1, "hidden[0, 3]").steps
    assert [step.name for step in steps] == ["signal", "share", "slope", "input"]


def test_the_input_of_a_weight_is_named(random_model):
    text = str(trace_word(random_model(1), ["ab", "Cd"], 1, "hidden[0, 3]"))
    assert "x[3] (-2 beyond: word[3])" in text


def test_explanations_are_json_html_and_text(trained):
    e = dr.explain(trained, "Ada lives in <Paris> .", "Ada")
    parsed = json.loads(json.dumps(e.to_dict()))
    assert parsed["word"] == "Ada"
    assert len(parsed["window"]) == 5
    page = e.to_html()
    assert page.startswith("<!doctype html>")
    assert "http" not in page
    assert "script" not in page
    assert "prefers-color-scheme: dark" in page
    assert f"{e.window[2].integrated:+.3f}" in page
    assert page.count("<rect") == 3 * 2 * 20
    assert page.count("<h2>Neurons of hidden") == 3
    assert "<Paris>" not in page
    assert f"a margin of {e.margin:+.3f}" in str(e)


def test_a_word_that_cannot_be_explained(trained):
    with pytest.raises(dr.InputError, match="'Rome' is not in the text; its words are: Ada"):
        trained.explain(SENTENCE, "Rome")
    with pytest.raises(dr.InputError, match="2 times; give its number, counted from 0: 0, 2"):
        trained.explain(["in", "a", "in"], "in")
    with pytest.raises(dr.InputError, match="no word number 6: the text has 6"):
        trained.explain(SENTENCE, 6)
    with pytest.raises(dr.InputError, match="no words"):
        trained.explain("", 0)
    with pytest.raises(dr.InputError, match="strings with at least one character"):
        trained.explain(["Ada", ""], 0)
    with pytest.raises(dr.InputError, match="'boundary' or 'zero'"):
        trained.explain(SENTENCE, 0, baseline="mean")


def test_the_second_sentence_of_a_text(trained):
    e = trained.explain("Paris is large. Mary lives in London.", "London")
    assert e.words[0] == "Mary"
    assert e.word == "London"


def test_plain_labels():
    words, labels = [["Dogs", "bark"], ["Cats", "sleep"]], [["NOUN", "VERB"]] * 2
    corpus = dr.Corpus.from_sentences(words, labels)
    tagger = dr.Tagger(hidden=10, dropout=0.0, minimum_count=1, epochs=30, learning_rate=0.01).fit(corpus)
    e = tagger.explain(["Dogs", "sleep"], "sleep")
    assert (e.label, e.written, e.runner_up) == ("VERB", "VERB", "NOUN")
    assert e.margin == pytest.approx(e.scores["VERB"] - e.scores["NOUN"])


def test_a_model_of_one_label_has_nothing_to_compare():
    tagger = dr.Tagger(hidden=4, epochs=1).fit(dr.Corpus.from_sentences([["a", "b"]], [["X", "X"]]))
    with pytest.raises(dr.InputError, match="single label"):
        tagger.explain(["a"], 0)
