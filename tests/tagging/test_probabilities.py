"""Probabilities of labels: they are marginals, they add up, and training with development data calibrates them."""

from itertools import product

import numpy as np
import pytest

import deltarule as dr
from deltarule.graph.operations.sequences import sequence_score
from deltarule.tagging.calibration import calibration_error, fitted_temperature
from deltarule.tagging.spelling import Spelling
from deltarule.text import TokenBlock

OBJECTIVES = ("softmax", "max-margin", "crf", "structured-max-margin")


def all_sequences(model, corpus, temperature=1.0):
    """Return the probabilities of labels by trying all sequences, and the legal sequence of the highest score."""
    sentences = model.sentences(corpus)
    scores = model.reference_scores(sentences, np.flatnonzero(np.diff(corpus.sentence_offsets)))
    learned = model.network.transition_scores()
    start, between, end = model.labelling.decoder.with_learned(learned).scores
    found, best = np.zeros(scores.shape), []
    for begin, stop in zip(corpus.sentence_offsets[:-1], corpus.sentence_offsets[1:], strict=True):
        own = scores[begin:stop].astype(float)
        every = [np.array(y) for y in product(range(scores.shape[1]), repeat=len(own))]
        values = np.array([sequence_score(own, between, start, end, y) for y in every])
        weights = np.exp((values - values.max()) / temperature)
        for y, weight in zip(every, weights / weights.sum(), strict=True):
            found[np.arange(begin, stop), y] += weight
        best += every[int(values.argmax())].tolist()
    return found, best


def short(corpus):
    """Return the first three words of some sentences."""
    words = [corpus.words(i)[:3] for i in range(corpus.sentences) if len(corpus.words(i))]
    return dr.Corpus.from_sentences(words[:6])


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("members", [1, 3])
def test_probabilities_are_those_of_all_legal_sequences(members, objective, temperature, random_model, made_up_corpus):
    model, text = random_model(3, objective=objective, members=members), short(made_up_corpus(4))
    object.__setattr__(model, "temperature", temperature)
    labels, found = model.predict_with_probabilities(text)
    expected, best = all_sequences(model, text, temperature)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert labels.tolist() == best == model.predict(text).tolist()


@pytest.mark.parametrize("objective", ["softmax", "crf"])
def test_a_trained_tagger_tells_probabilities(objective, toy, small):
    tagger = dr.Tagger(**{**small, "epochs": 20, "objective": objective}).fit(toy)
    probabilities = tagger.probabilities(toy)
    assert set(tagger.labels) == {"O", *(f"{p}-{kind}" for p in "BI" for kind in ("PER", "LOC", "ORG"))}
    assert (probabilities.shape, probabilities.dtype) == ((len(toy), len(tagger.labels)), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    tagged = tagger.tag_corpus(toy, probabilities=True)
    assert tagged.labels == tagger.predict(toy) == tagger.tag_corpus(toy).labels
    for token, row in zip(tagged.tokens, probabilities, strict=True):
        assert token.probability == pytest.approx(row[tagger.labels.index(token.label)], abs=1e-4)
    assert np.mean([token.probability for token in tagged.tokens]) > 0.9
    assert tagged.as_dicts()[0]["tokens"][0]["probability"] == tagged.tokens[0].probability
    assert all("probability" not in token for token in tagger.tag_corpus(toy).as_dicts()[0]["tokens"])
    assert 0 < tagger.tag("Ada lives", probabilities=True).tokens[0].probability <= 1
    assert tagger.tag("Ada lives").tokens[0].probability is None


def test_lines_have_the_probability_of_each_label(random_model, made_up_corpus):
    model, text = random_model(1, objective="crf"), made_up_corpus(2)
    lines = b"".join(model.tagged_lines([TokenBlock.of_corpus(text)], probabilities=True)).decode()
    labels, found = model.predict_with_probabilities(text)
    confidences = model.labelling.spelling.confidences(found, labels)
    written = [line.split("\t") for line in lines.split("\n") if line]
    assert [label for _, label, _ in written] == model.labelling.written(labels, text)
    np.testing.assert_allclose([float(number) for _, _, number in written], confidences, atol=1.01e-4)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "IOBES", "BILOU"])
def test_labels_that_are_written_alike_add_up(scheme):
    names = ("B-A", "E-A", "I-A", "O", "S-A", "S-B")
    spelling = Spelling.of(names, scheme)
    probabilities = np.array([[0.1, 0.05, 0.2, 0.25, 0.3, 0.1]], np.float32)
    found = dict(zip(spelling.names, spelling.probabilities(probabilities)[0].tolist(), strict=True))
    expected = {
        "IOB1": {"I-A": 0.65, "O": 0.25, "I-B": 0.1, "B-A": 0, "B-B": 0},
        "IOB2": {"B-A": 0.4, "I-A": 0.25, "O": 0.25, "B-B": 0.1},
        "IOBES": {"B-A": 0.1, "E-A": 0.05, "I-A": 0.2, "O": 0.25, "S-A": 0.3, "S-B": 0.1},
        "BILOU": {"B-A": 0.1, "L-A": 0.05, "I-A": 0.2, "O": 0.25, "U-A": 0.3, "U-B": 0.1},
    }[scheme]
    assert {name: p for name, p in found.items() if p or name in expected} == pytest.approx(expected)
    confidence = spelling.confidences(probabilities, np.array([4], np.int16))[0]
    assert confidence == pytest.approx({"IOB1": 0.65, "IOB2": 0.4}.get(scheme, 0.3))


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_by_which_scores_were_multiplied_is_found(temperature):
    random = np.random.default_rng(0)
    true_scores = random.normal(scale=2, size=(20_000, 4))
    share = np.exp(true_scores) / np.exp(true_scores).sum(axis=1, keepdims=True)
    labels = (share.cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1).astype(np.int32)
    labels[::7] = -1

    def probabilities(by):
        s = np.exp(true_scores * temperature / by)
        return s / s.sum(axis=1, keepdims=True)

    assert fitted_temperature(probabilities, labels) == pytest.approx(temperature, rel=0.05)


def test_without_labels_that_are_known_the_temperature_is_1():
    assert fitted_temperature(lambda _: np.ones((3, 2)) / 2, np.full(3, -1, np.int32)) == 1.0


def test_calibration_error():
    assert calibration_error(np.array([1.0, 1.0, 0.0]), np.array([True, True, False])) == 0
    # Bin 0.5 to 0.6: mean 0.55, none right; bin 0.9 to 1: mean 0.95, both right.
    error = calibration_error(np.array([0.5, 0.6 - 1e-9, 0.9, 1.0]), np.array([False, False, True, True]), bins=10)
    assert error == pytest.approx((2 * 0.55 + 2 * 0.05) / 4)


def test_training_with_development_data_calibrates(toy, small, tmp_path):
    plain = dr.Tagger(**{**small, "epochs": 20, "objective": "max-margin"}).fit(toy)
    fitted = dr.Tagger(**{**small, "epochs": 20, "objective": "max-margin"}).fit(toy, toy)
    assert plain.model.temperature == 1.0
    assert fitted.model.temperature < 1.0  # all labels are right, and margins say less than they could
    likelihood = [np.log(t.probabilities(toy).max(axis=1)).mean() for t in (plain, fitted)]
    assert likelihood[1] > likelihood[0]
    fitted.save(tmp_path / "model")
    assert dr.load(tmp_path / "model").model.temperature == fitted.model.temperature
