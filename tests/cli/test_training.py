import pytest

from deltarule.cli.training import TrainingDisplay, say
from deltarule.tagging import Evaluation, Score
from deltarule.training import Epoch

EVALUATION = Evaluation(10, 0.9, Score(1, 2, 4), {})


def test_a_row_is_printed_as_soon_as_its_epoch_is_done(capsys):
    with TrainingDisplay(2) as display:
        display.progress.step(1, 0.5)
        display.progress.epoch(Epoch(1, 0.12345, 0.5, 1.26, True), EVALUATION)
        assert capsys.readouterr().out == (
            "      epoch       loss  precision     recall         F1   accuracy    seconds\n"
            "          1     0.1235      50.00      25.00      33.33      90.00        1.3\n"
        )
        display.progress.epoch(Epoch(2, 0.1, None, 0.04, True), None)
        assert capsys.readouterr().out == (
            "          2     0.1000          –          –          –          –        0.0\n"
        )


def test_rows_are_kept_for_json_and_nothing_is_printed_when_quiet(capsys):
    with TrainingDisplay(1, quiet=True) as display:
        display.progress.vectors(0.5)
        display.progress.epoch(Epoch(1, 0.5, 0.3, 1.5, False), EVALUATION)
    assert display.rows == [
        {"epoch": 1, "loss": 0.5, "seconds": 1.5, "best": False}
        | {"precision": 0.5, "recall": 0.25, "f1": pytest.approx(1 / 3), "accuracy": 0.9}
    ]
    assert capsys.readouterr() == ("", "")


def test_what_is_said_goes_to_standard_error_unwrapped(capsys):
    say("[model] " + "x" * 300)
    assert capsys.readouterr() == ("", "[model] " + "x" * 300 + "\n")
