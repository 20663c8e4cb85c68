import dataclasses

import pytest

from deltarule.tagging.tagged import Entity, TaggedText, Token
from deltarule.text import read_plain

TEXT = "Müller 🙂 met Ada Lovelace.\n\nNew York!  "
LABELS = ["B-PER", "O", "O", "B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O"]


@pytest.fixture
def tagged():
    return TaggedText.of_corpus(read_plain(TEXT), LABELS, chunks=True)


def test_offsets_of_tokens_entities_and_sentences_point_into_the_text(tagged):
    for piece in (*tagged.tokens, *tagged.entities):
        assert TEXT[piece.start : piece.end] == piece.text
    assert [TEXT[s.start : s.end] for s in tagged.sentences] == ["Müller 🙂 met Ada Lovelace.", "New York!"]


def test_entities_are_chunks_with_their_inner_spaces(tagged):
    assert tagged.entities == (
        Entity("Müller", "PER", 0, 6),
        Entity("Ada Lovelace", "PER", 13, 25),
        Entity("New York", "LOC", 28, 36),
    )
    assert [entity for s in tagged.sentences for entity in s.entities] == list(tagged.entities)


def test_labels_and_tokens(tagged):
    assert tagged.labels == LABELS
    assert tagged.tokens[1] == Token("🙂", "O", 7, 8)
    assert [len(sentence.tokens) for sentence in tagged.sentences] == [6, 3]


def test_entities_are_shown_in_brackets(tagged):
    assert str(tagged) == "[PER Müller] 🙂 met [PER Ada Lovelace].\n\n[LOC New York]!  "


def test_labels_are_shown_behind_tokens_where_there_are_no_entities():
    tagged = TaggedText.of_corpus(read_plain("Dogs bark."), ["NOUN", "VERB", "O"], chunks=False)
    assert str(tagged) == "Dogs/NOUN bark/VERB."
    assert tagged.entities == ()


def test_dicts_are_as_json_has_them(tagged):
    last = tagged.as_dicts()[1]
    assert (last["text"], last["start"], last["end"]) == ("New York!", 28, 37)
    assert last["tokens"][0] == {"text": "New", "label": "B-LOC", "start": 28, "end": 31}
    assert last["entities"] == [{"text": "New York", "type": "LOC", "start": 28, "end": 36}]


def test_places_may_be_told_in_a_larger_text(tagged):
    def pieces(sentences):
        return [piece for s in sentences for piece in (s, *s["tokens"], *s["entities"])]

    for here, there in zip(pieces(tagged.as_dicts()), pieces(tagged.as_dicts(begin=1000)), strict=True):
        assert (there["start"], there["end"]) == (here["start"] + 1000, here["end"] + 1000)
        assert there["text"] == here["text"]


def test_chunks_do_not_reach_across_sentences():
    tagged = TaggedText.of_corpus(read_plain("Ada\n\nLovelace"), ["B-PER", "I-PER"], chunks=True)
    assert [entity.text for entity in tagged.entities] == ["Ada", "Lovelace"]


def test_a_text_of_nothing():
    tagged = TaggedText.of_corpus(read_plain(" \n"), [], chunks=True)
    assert (tagged.sentences, tagged.tokens, tagged.labels, str(tagged)) == ((), (), [], " \n")


def test_tagged_texts_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Token("a", "O", 0, 1).label = "B-X"
