import json

from rich.console import Console

from deltarule.cli import errors
from deltarule.cli.errors import marked_example
from deltarule.tagging import Example
from deltarule.text import Span

WRONG = "Mary O\nvisits O\nLondon B-PER\n. O\n"  # a sentence that the model knows with other labels


def test_errors_with_their_sentences(deltarule, model, tmp_path):
    (tmp_path / "a.conll").write_text(WRONG)
    code, out, err = deltarule("evaluate", model, tmp_path / "a.conll", "--errors")
    assert (code, err) == (0, "")
    assert out.split("tokens a second\n")[1] == (
        "\nerrors, with what was expected in [ ] and what was predicted in { }\n"
        "     1  invented PER\n"
        "    {PER Mary} visits London .\n"
        "     1  type: PER → LOC\n"
        "    Mary visits [PER {LOC London}] .\n"
    )


def test_so_many_kinds_as_asked_for(deltarule, model, tmp_path):
    (tmp_path / "a.conll").write_text(WRONG)
    out = deltarule("evaluate", model, tmp_path / "a.conll", "--errors", "--shown", "1").out
    assert "invented PER" in out
    assert "type" not in out.split("second\n")[1]


def test_no_errors(deltarule, model, corpus):
    assert deltarule("evaluate", model, corpus, "--errors").out.endswith("\n\nno errors\n")


def test_errors_as_json(deltarule, model, tmp_path):
    (tmp_path / "a.conll").write_text(WRONG)
    found = json.loads(deltarule("evaluate", model, tmp_path / "a.conll", "--errors", "--json").out)["errors"]
    assert [(one["error"], one["expected"], one["predicted"], one["count"]) for one in found] == [
        ("invented", "", "PER", 1),
        ("type", "PER", "LOC", 1),
    ]
    assert found[0]["examples"][0]["words"] == ["Mary", "visits", "London", "."]
    assert "errors" not in json.loads(deltarule("evaluate", model, tmp_path / "a.conll", "--json").out)


def test_parts_of_speech(deltarule, pos_model, tmp_path):
    (tmp_path / "a.conll").write_text("Dogs NOUN\nbark NOUN\n")
    out = deltarule("evaluate", pos_model, tmp_path / "a.conll", "--errors").out
    assert "     1  label: NOUN → VERB\n    Dogs [NOUN {VERB bark}]\n" in out


def test_far_words_are_left_out_and_crossing_chunks_shown():
    words = tuple("abcdefghijklmnopqrstuvwxyz")
    example = Example(words, (Span(10, 12, "A"),), (Span(11, 13, "A"),))
    assert marked_example(example).plain == "… c d e f g h i j [A k {A l] m} n o p q r s t u …"


def test_colours_on_a_terminal(monkeypatch, deltarule, model, tmp_path):
    (tmp_path / "a.conll").write_text(WRONG)
    monkeypatch.setattr(errors, "output", Console(force_terminal=True, color_system="standard", highlight=False))
    out = deltarule("evaluate", model, tmp_path / "a.conll", "--errors").out
    assert "\x1b[1;32mLondon\x1b[0m" in out  # expected and predicted
    assert "\x1b[1;31mMary\x1b[0m" in out  # only predicted
