from deltarule.tagging.confusions import find_confusions
from deltarule.text import Span


def errors(gold, predicted, plain=False):
    words = [[f"w{i}" for i in range(len(sentence.split()))] for sentence in gold]
    found = find_confusions([s.split() for s in gold], [s.split() for s in predicted], words.__getitem__, plain)
    return [(c.error, c.expected, c.predicted, c.count) for c in found]


def test_what_is_right_is_no_confusion():
    assert errors(["B-A I-A O", "O"], ["B-A E-A O", "O"]) == []


def test_each_kind_of_error():
    assert errors(["B-A I-A O"], ["O O O"]) == [("missed", "A", "", 1)]
    assert errors(["O O O"], ["O B-A O"]) == [("invented", "", "A", 1)]
    assert errors(["B-A I-A O"], ["O B-A O"]) == [("boundary", "A", "A", 1)]
    assert errors(["B-A I-A O"], ["B-B I-B O"]) == [("type", "A", "B", 1)]
    assert errors(["B-A I-A O"], ["O B-B I-B"]) == [("type and boundary", "A", "B", 1)]


def test_a_chunk_is_paired_with_the_prediction_that_shares_most_with_it_and_the_rest_is_invented():
    assert errors(["B-A I-A I-A"], ["B-B B-A I-A"]) == [("boundary", "A", "A", 1), ("invented", "", "B", 1)]


def test_the_commonest_come_first_and_ties_in_alphabetical_order():
    gold, predicted = ["X Y Z", "X Y Z"], ["A Y A", "A B Z"]
    assert errors(gold, predicted, plain=True) == [
        ("label", "X", "A", 2),
        ("label", "Y", "B", 1),
        ("label", "Z", "A", 1),
    ]


def test_words_that_have_no_type_are_named_by_their_characters():
    gold, predicted = [["B", "E", "S", "B", "E"]], [["S", "B", "E", "B", "E"]]
    (confusion,) = find_confusions(gold, predicted, lambda _: list("由于我们来"))
    assert (confusion.error, confusion.expected, confusion.predicted) == ("boundary", "由于 我", "由 于我")
    (example,) = confusion.examples
    assert example.expected == (Span(0, 2, ""), Span(2, 3, ""))
    assert confusion.as_dict()["examples"][0] == {
        "words": ["由", "于", "我", "们", "来"],
        "expected": [{"start": 0, "end": 2, "type": ""}, {"start": 2, "end": 3, "type": ""}],
        "predicted": [{"start": 0, "end": 1, "type": ""}, {"start": 1, "end": 3, "type": ""}],
    }


def test_three_sentences_are_kept_as_examples():
    found = find_confusions([["S-A"]] * 5, [["O"]] * 5, lambda number: [f"word {number}"])
    assert found[0].count == 5
    assert [example.words for example in found[0].examples] == [("word 0",), ("word 1",), ("word 2",)]
