from itertools import pairwise, product

import numpy as np
import pytest

import deltarule as dr
from deltarule.tagging.chunk_bonus import bonus_for_f1
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model_files import load_model, save_model

NAMES = ("B-A", "E-A", "I-A", "O", "S-A", "S-B")


def best_by_trial(scores, rules, bonus, learned):
    """The legal labels of the highest score with a bonus for each chunk, among all sequences, in float64."""
    begins = np.array([name[:2] in ("B-", "S-") for name in NAMES])
    best, highest = None, -np.inf
    for labels in product(range(len(NAMES)), repeat=len(scores)):
        pairs = list(pairwise(labels))
        if not (rules.start[labels[0]] and rules.end[labels[-1]] and all(rules.between[pair] for pair in pairs)):
            continue
        total = scores[np.arange(len(scores)), list(labels)].sum() + bonus * begins[list(labels)].sum()
        total += learned["start"][labels[0]] + learned["end"][labels[-1]]
        total += sum(learned["transitions"][pair] for pair in pairs)
        if total > highest:
            best, highest = list(labels), total
    return best


@pytest.mark.parametrize("bonus", [-1.0, 0.0, 0.7, 2.0])
@pytest.mark.parametrize("with_transitions", [False, True])
def test_every_chunk_gets_the_bonus_once(bonus, with_transitions):
    random = np.random.default_rng(3)
    rules = Decoder.of_labels(NAMES, "IOBES")
    shapes = {"start": (6,), "transitions": (6, 6), "end": (6,)}
    learned = {name: random.normal(size=shape) * with_transitions for name, shape in shapes.items()}
    decoder = rules.with_learned(learned) if with_transitions else rules
    decision = decoder.with_bonus(Labelling(NAMES, "IOB2").chunk_bonus(bonus))
    for _ in range(20):
        scores = random.normal(size=(4, 6)).astype(np.float32)
        offsets = np.array([0, 4])
        expected = best_by_trial(scores.astype(float), rules, bonus, learned)
        assert decision.decode(scores, offsets).tolist() == expected
        assert decision.decode_quickly(scores, offsets).tolist() == expected


def test_labels_that_mark_no_chunks_get_no_bonus():
    assert Labelling(("B-X", "NOUN", "S-Y"), "plain").chunk_bonus(2.0).tolist() == [0, 0, 0]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_bonus_is_that_of_the_best_f1_of_chunks_as_likely_as_they_are_said_to_be(seed, temperature):
    """Chunks that are each right with its own probability; scores are T times the logarithm of its odds."""
    likely = np.random.default_rng(seed).beta(0.4, 0.6, 200_000)
    scores = temperature * np.log(likely / (1 - likely))

    def f1(bonus):
        taken = scores + bonus > 0
        return 2 * likely[taken].sum() / (taken.sum() + likely.sum())

    best = max(f1(bonus) for bonus in np.linspace(0, 3 * temperature, 61))
    assert f1(bonus_for_f1(f1, temperature)) == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(("f1", "bonus"), [(1.0, 0.0), (0.0, np.log(19)), (0.1, np.log(19)), (2 / 3, np.log(2))])
def test_the_bonus_of_some_f1_is_0_where_all_is_right_and_never_without_end(f1, bonus):
    assert bonus_for_f1(lambda _: f1, 1.0) == pytest.approx(bonus)


@pytest.mark.parametrize(
    ("objective", "unit"), [("softmax", 1.0), ("crf", 1.0), ("max-margin", 0.5), ("structured-max-margin", 0.5)]
)
def test_the_unit_of_scores_is_a_quarter_of_the_margin_where_there_is_one(objective, unit):
    assert dr.TaggerConfig(objective=objective, margin=2.0).score_unit == unit


def chunks(model, corpus):
    return sum(label.startswith(("B-", "S-")) for label in (model.labelling.names[i] for i in model.predict(corpus)))


def test_a_higher_bonus_finds_more_chunks_and_leaves_probabilities_alone(random_model, made_up_corpus):
    from dataclasses import replace

    model, text = random_model(5), made_up_corpus(6)
    models = [replace(model, bonus=bonus) for bonus in (-4.0, 0.0, 4.0)]
    found = [chunks(own, text) for own in models]
    assert found == sorted(found)
    assert found[0] < found[2]
    probabilities = [own.predict_with_probabilities(text)[1] for own in models]
    assert np.array_equal(probabilities[0], probabilities[2])


def test_training_fits_it_on_development_data_and_the_model_keeps_it(tmp_path, small, toy):
    from dataclasses import replace

    model = dr.Tagger(**small).fit(toy, dev=toy)._model
    scores = {bonus: replace(model, bonus=bonus).evaluate(toy).overall.f1 for bonus in (0.0, model.bonus)}
    assert scores[model.bonus] >= scores[0.0]
    model = replace(model, bonus=0.75)
    save_model(tmp_path / "model", model)
    kept = load_model(tmp_path / "model")
    assert kept.bonus == 0.75
    assert np.array_equal(kept.predict(toy), model.predict(toy))


@pytest.mark.parametrize(("objective", "bonus"), [("crf", 0.5), ("softmax", 0.5), ("structured-max-margin", 0.25)])
def test_without_development_data_it_is_the_usual_one(objective, bonus, small, toy):
    assert dr.Tagger(**small, objective=objective, margin=2.0).fit(toy)._model.bonus == bonus


def test_parts_of_speech_have_none(small):
    corpus = dr.Corpus.from_sentences([["a", "b"]], [["X", "Y"]])
    assert dr.Tagger(**small).fit(corpus)._model.bonus == 0.0


def test_a_bonus_that_is_no_number_is_refused(tmp_path, trained):
    trained.save(tmp_path / "model")
    file = tmp_path / "model" / "config.json"
    file.write_text(file.read_text().replace('"chunk_bonus": 0.5', '"chunk_bonus": NaN'))
    with pytest.raises(dr.ModelError, match="chunk_bonus must be a finite number"):
        dr.load(tmp_path / "model")
