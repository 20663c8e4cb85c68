import io
import json

import pytest
from rich.console import Console

from deltarule.cli import display
from deltarule.cli.display import coloured, evaluation_rows, print_json, print_table, progress_bar
from deltarule.tagging import Evaluation, Score, TaggedText
from deltarule.text import read_plain


def tagged(text, labels, chunks=True):
    return TaggedText.of_corpus(read_plain(text), labels.split(), chunks)


@pytest.fixture
def terminal(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(display, "output", Console(file=screen, force_terminal=True, width=60, color_system=None))
    return screen


def test_json_is_one_line_with_letters_as_they_are(capsys):
    print_json({"a": "Zoë", "b": [1, None]})
    out = capsys.readouterr().out
    assert out == '{"a": "Zoë", "b": [1, null]}\n'
    assert json.loads(out) == {"a": "Zoë", "b": [1, None]}


def test_a_piped_table_has_tabs(capsys):
    print_table(("type", "F1"), [["LOC", "50.00"], ["all", "7.00"]])
    assert capsys.readouterr().out == "type\tF1\nLOC\t50.00\nall\t7.00\n"


def test_a_table_on_a_terminal_is_ruled_and_numbers_are_right_aligned(terminal):
    print_table(("type", "F1"), [["LOC", "50.00"], ["all", "7.00"]])
    lines = terminal.getvalue().splitlines()
    assert [line for line in lines if "LOC" in line or "all" in line] == ["│ LOC  │ 50.00 │", "│ all  │  7.00 │"]


def test_rows_are_per_cent_and_counts():
    evaluation = Evaluation(9, 0.5, Score(1, 2, 3), {"LOC": Score(1, 1, 3)})
    assert evaluation_rows(evaluation) == [
        ["LOC", "100.00", "33.33", "50.00", "3", "1"],
        ["all", "50.00", "33.33", "40.00", "3", "2"],
    ]


def test_entities_have_a_colour_for_each_type():
    text = coloured(tagged("Ada met Mary in Paris\n", "B-PER O B-PER O B-LOC"))
    assert text.plain == " Ada PER  met  Mary PER  in  Paris LOC "
    styles = {str(span.style) for span in text.spans}
    assert styles == {
        "bold black on cyan", "bold black on cyan italic", "bold black on magenta", "bold black on magenta italic"
    }  # fmt: skip


def test_labels_that_mark_no_chunks_are_shown_too():
    assert coloured(tagged("Dogs bark", "NOUN VERB", chunks=False)).plain == " Dogs NOUN   bark VERB "


def test_text_without_labels_is_shown_as_it_is():
    assert coloured(tagged("[red] nothing", "O O O O")).plain == "[red] nothing"


def test_the_bar_shows_nothing_when_piped(capsys):
    with progress_bar() as bar:
        bar.update(bar.add_task("x", total=1.0), completed=0.5)
    assert capsys.readouterr() == ("", "")


def test_rows_appear_above_the_bar_not_behind_it(terminal, monkeypatch):
    # A bar on another stream than the rows does not know of them: they were printed behind it, on its line.
    monkeypatch.setattr(display, "status", Console(file=terminal, force_terminal=True, width=60, color_system=None))
    with progress_bar() as bar:
        bar.add_task("epoch 1", total=1.0)
        bar.refresh()
        display.output.print("a row of the table")
    lines = [line.split("\x1b[2K")[-1].strip("\r") for line in terminal.getvalue().split("\n")]
    assert "a row of the table" in [line.strip() for line in lines]
