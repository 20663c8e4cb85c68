import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.tagging.evaluation import Evaluation, Score, evaluate_labels

# Worked by hand from the rules of conlleval: gold labels, predicted labels, and chunks correct, predicted, gold.
CONLLEVAL_CASES = [
    # well-formed labels
    ("B-A I-A O B-B", "B-A I-A O B-B", 2, 2, 2),
    ("B-A I-A O", "B-A O O", 0, 1, 1),
    ("B-A O", "B-B O", 0, 1, 1),
    ("O O O", "O O O", 0, 0, 0),
    ("B-A B-A", "B-A I-A", 0, 1, 2),
    ("B-A I-A B-A", "B-A I-A I-A", 0, 1, 2),
    # IOB1: chunks that touch, and labels that touch but are of different types
    ("I-A I-A B-A", "I-A I-A B-A", 2, 2, 2),
    ("I-A B-A I-A", "I-A I-A I-A", 0, 1, 2),
    ("I-A I-B I-B", "I-A I-B I-B", 2, 2, 2),
    ("I-A I-B", "I-A I-A", 0, 1, 2),
    # IOB1 against IOB2
    ("I-A I-A O I-B", "B-A I-A O B-B", 2, 2, 2),
    ("I-A B-A", "B-A B-A", 2, 2, 2),
    # E and S
    ("B-A E-A S-A", "B-A E-A S-A", 2, 2, 2),
    ("B-A E-A", "B-A I-A", 1, 1, 1),
    ("S-A S-A", "B-A E-A", 0, 1, 2),
    ("S-A O", "B-A O", 1, 1, 1),
    ("B-A I-A E-A", "B-A E-A E-A", 0, 2, 1),
    ("B-A E-A I-A", "B-A E-A S-A", 2, 2, 2),
    ("O E-A", "O S-A", 1, 1, 1),
    # the type changes inside a chunk
    ("B-A I-A I-A", "B-A I-B I-A", 0, 3, 1),
    ("B-A I-B", "B-A B-B", 2, 2, 2),
    ("B-A E-B", "S-A S-B", 2, 2, 2),
    # ill-formed I after O, and at the beginning
    ("O B-A I-A", "O I-A I-A", 1, 1, 1),
    ("B-A O I-A", "B-A O B-A", 2, 2, 2),
    ("I-A O", "B-A O", 1, 1, 1),
    # word segmentation
    ("B E S B M E", "B E S B E S", 2, 4, 3),
]


@pytest.mark.parametrize(("gold", "predicted", "correct", "found", "wanted"), CONLLEVAL_CASES)
def test_chunks_by_conlleval(gold, predicted, correct, found, wanted):
    result = evaluate_labels([gold.split()], [predicted.split()])
    assert result.overall == Score(correct, found, wanted)


def test_chunks_end_with_their_sentence():
    assert evaluate_labels([["B-A"], ["I-A"]], [["B-A"], ["I-A"]]).overall == Score(2, 2, 2)


def test_scores_per_type():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O"]]
    predicted = [["B-PER", "I-PER", "O", "B-ORG"], ["B-LOC", "B-LOC"]]
    result = evaluate_labels(gold, predicted)
    assert result == Evaluation(
        6, 4 / 6, Score(2, 4, 3), {"LOC": Score(1, 2, 2), "ORG": Score(0, 1, 0), "PER": Score(1, 1, 1)}
    )
    assert list(result.types) == ["LOC", "ORG", "PER"]
    assert (result.overall.precision, result.overall.recall) == (0.5, 2 / 3)
    assert result.overall.f1 == pytest.approx(4 / 7, abs=1e-15)


def test_accuracy_compares_labels_not_chunks():
    result = evaluate_labels([["I-A", "O"]], [["B-A", "O"]])
    assert (result.accuracy, result.overall.f1) == (0.5, 1.0)


def test_plain_labels_count_token_by_token():
    gold = [["NOUN", "VERB", "NOUN"], ["O"]]
    predicted = [["NOUN", "NOUN", "NOUN"], ["O"]]
    result = evaluate_labels(gold, predicted, plain=True)
    assert result == Evaluation(
        4, 0.75, Score(3, 4, 4), {"NOUN": Score(2, 3, 2), "O": Score(1, 1, 1), "VERB": Score(0, 0, 1)}
    )


def test_ratios_are_zero_where_undefined():
    score = Score(0, 0, 0)
    assert (score.precision, score.recall, score.f1) == (0.0, 0.0, 0.0)
    assert evaluate_labels([], []) == Evaluation(0, 0.0, score, {})


def test_as_dict_is_ready_for_json():
    result = evaluate_labels([["B-A", "O", "B-B"]], [["B-A", "B-A", "O"]])
    assert json.loads(json.dumps(result.as_dict())) == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "accuracy": 1 / 3,
        "tokens": 3,
        "tokens_per_second": None,
        "types": {
            "A": {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "correct": 1, "predicted": 2, "gold": 1},
            "B": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "correct": 0, "predicted": 0, "gold": 1},
        },
    }


def test_speed_where_the_time_was_measured():
    timed = replace(evaluate_labels([["O"] * 6], [["O"] * 6]), seconds=0.5)
    assert timed.tokens_per_second == timed.as_dict()["tokens_per_second"] == 12


labels = st.lists(st.sampled_from(["O", "B-A", "I-A", "E-A", "S-A", "B-B", "I-B"]), max_size=8)


@given(st.lists(st.tuples(labels, labels), max_size=5))
def test_laws_of_evaluation(pairs):
    gold = [one[: len(other)] for one, other in pairs]
    predicted = [other[: len(one)] for one, other in pairs]
    result = evaluate_labels(gold, predicted)
    swapped = evaluate_labels(predicted, gold)
    assert (result.overall.precision, result.overall.f1) == (swapped.overall.recall, swapped.overall.f1)
    totals = zip(*((score.correct, score.predicted, score.gold) for score in result.types.values()), strict=True)
    assert Score(*(map(sum, totals) if result.types else (0, 0, 0))) == result.overall
    perfect = evaluate_labels(gold, gold).overall
    assert perfect.correct == perfect.predicted == perfect.gold == result.overall.gold


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([["O"]], [], "1 gold sentences but 0 predicted"),
        ([["O"], ["O", "O"]], [["O"], ["O"]], "sentence 2 has 2 gold labels but 1 predicted"),
        ([["NOUN"]], [["NOUN"]], "'NOUN' is not a chunk label"),
    ],
)
def test_labels_that_do_not_fit(gold, predicted, message):
    with pytest.raises(InputError, match=message):
        evaluate_labels(gold, predicted)
