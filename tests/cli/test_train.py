import json
import re
import signal
import subprocess
import sys

import pytest

import deltarule as dr
from deltarule.cli import training as display_module


def test_training_prints_a_row_an_epoch_and_writes_the_model(deltarule, corpus, small_options, tmp_path):
    model = tmp_path / "model"
    outcome = deltarule("train", corpus, "--dev", corpus, "-o", model, "--epochs", 3, *small_options)
    assert outcome.code == 0
    heading, *rows = outcome.out.splitlines()
    assert heading.split() == ["epoch", "loss", "precision", "recall", "F1", "accuracy", "seconds"]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert all(len(row) == len(heading) for row in rows)
    assert outcome.err == (
        f"model written to {model}; next: deltarule evaluate {model} TEST, or: deltarule tag {model} FILE\n"
    )
    assert dr.load(model).config.epochs == 3


def test_without_development_data_scores_are_left_open(deltarule, corpus, small_options, tmp_path):
    outcome = deltarule("train", corpus, "-o", tmp_path / "model", "--epochs", 1, *small_options)
    assert outcome.out.splitlines()[1].split()[2:6] == ["–"] * 4


def test_json_is_one_object(deltarule, corpus, small_options, tmp_path):
    model = tmp_path / "model"
    code, out, err = deltarule("train", corpus, "--dev", corpus, "-o", model, "--epochs", 2, "--json", *small_options)
    assert (code, err, out.count("\n")) == (0, "", 1)
    result = json.loads(out)
    assert result["model"] == str(model)
    assert [sorted(epoch) for epoch in result["epochs"]] == [
        ["accuracy", "best", "epoch", "f1", "loss", "precision", "recall", "seconds"]
    ] * 2


def test_options_reach_the_settings_and_go_before_the_file(deltarule, corpus, tmp_path):
    (tmp_path / "my.toml").write_text("hidden = 9\nepochs = 7\nminimum_count = 1\n")
    (tmp_path / "v.txt").write_text("paris 1 2\nlondon 3 4\n")
    options = {
        "--config": tmp_path / "my.toml",
        "--vectors": tmp_path / "v.txt",
        "--objective": "max-margin",
        "--window": 3,
        "--members": 2,
        "--activation": "relu",
        "--epochs": 1,
        "--batch": 10,
        "--learning-rate": 0.005,
        "--dropout": 0.1,
        "--patience": 2,
        "--seed": 4,
    }
    arguments = [part for option in options.items() for part in option]
    outcome = deltarule("train", corpus, "-o", tmp_path / "model", *arguments, "--frozen-vectors", "--no-context")
    assert outcome.code == 0, outcome.err
    assert dr.load(tmp_path / "model").config == dr.TaggerConfig(
        hidden=9,
        minimum_count=1,
        vectors=str(tmp_path / "v.txt"),
        objective="max-margin",
        window=3,
        members=2,
        activation="relu",
        epochs=1,
        batch=10,
        learning_rate=0.005,
        dropout=0.1,
        patience=2,
        seed=4,
        trainable_vectors=False,
        context=False,
    )
    parameters = dr.load(tmp_path / "model").model.network.parameters
    assert (parameters["hidden.weight"].shape[0], "hidden2.weight" in parameters) == (9, True)
    assert "hidden3.weight" not in parameters


def test_columns_field_and_encoding(deltarule, small_options, tmp_path):
    (tmp_path / "a.conll").write_bytes("1 café NN B-X\n2 à DT O\n".encode("latin-1"))
    arguments = ("--columns", "1,2", "--encoding", "latin-1", "--epochs", 1, *small_options)
    assert deltarule("train", tmp_path / "a.conll", "-o", tmp_path / "a", *arguments).code == 0
    assert dr.load(tmp_path / "a").model.labelling.names == ("DT", "NN")
    (tmp_path / "b.conllu").write_text("1\tDogs\tdog\tNOUN\tNNS\t_\t0\troot\t_\t_\n\n")
    arguments = ("--field", "xpos", "--epochs", 1, *small_options)
    assert deltarule("train", tmp_path / "b.conllu", "-o", tmp_path / "b", *arguments).code == 0
    assert dr.load(tmp_path / "b").model.labelling.names == ("NNS",)


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, (), "{file}: there is no such file; check the path"),
        (b"", (), "{file}: the file is empty; one token a line was expected"),
        (b"a O\nb\n", (), "{file}:2: expected 2 columns, found 1: 'b'; every token needs the columns of the first"),
        (b"caf\xe9 O\n", (), "{file}:1: byte 0xe9 is not utf-8: 'caf\\\\xe9 O'; name the file's encoding with"),
        (b"a O\n", ("--encoding", "klingon"), "{file}: there is no encoding 'klingon'; try utf-8 or latin-1"),
        (b"a\nb\n", (), "{file}:1: expected a token and a label, found one column: 'a'"),
        (b"a B-X\nb NOUN\n", (), "{file}: sentence 1 has the label 'NOUN', which is not a chunk label"),
        (b"a O\n", ("--columns", "0"), "--columns takes two numbers such as 0,3 or 0,-1, not '0'"),
        (b"a O\n", ("--columns", "0,7"), "{file}: there is no column 7 among 2; columns are counted from 0"),
        (b"a O\n", ("--members", "0"), "setting 'members': input should be greater than or equal to 1, not 0"),
        (b"a O\n", ("--window", "4"), "setting 'window': a window has a word in its middle, so its size is odd"),
        (b"a O\n", ("--objective", "hinge"), "setting 'objective': input should be 'softmax', 'max-margin', 'crf' or"),
        (b"a O\n", ("--activation", "f"), "setting 'activation': unknown activation 'f'; choose one of: identity"),
        (b"a O\n", ("--dev", "none.conll"), "none.conll: there is no such file"),
        (b"a O\n", ("--vectors", "none.txt"), "none.txt: there is no such file"),
        (b"a O\n", ("--config", "none.toml"), "none.toml: cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_input_that_cannot_be_used_is_one_line_and_exit_code_2(content, arguments, message, deltarule, tmp_path):
    file = tmp_path / "x.conll"
    if content is not None:
        file.write_bytes(content)
    code, out, err = deltarule("train", file, "-o", tmp_path / "model", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: " + message.format(file=file))
    assert not (tmp_path / "model").exists()


def test_a_directory_is_no_corpus(deltarule, tmp_path):
    code, _, err = deltarule("train", tmp_path, "-o", tmp_path / "model")
    assert (code, err) == (2, f"error: {tmp_path}: this is a directory; name a file in it\n")


@pytest.mark.parametrize("place", [".", "train.conll", "train.conll/model"])
def test_a_model_that_could_not_be_written_is_refused_before_training(place, deltarule, corpus, tmp_path):
    code, out, err = deltarule("train", corpus, "-o", tmp_path / place)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {tmp_path / place} ")
    assert corpus.exists()


def test_numbers_without_end_exit_with_1_and_save_the_best_epoch(deltarule, corpus, tmp_path):
    model = tmp_path / "model"
    options = ("--hidden", 5, "--learning-rate", 1e30, "--batch", 99, "--no-context")
    code, out, err = deltarule("train", corpus, "-o", model, *options)
    assert (code, len(out.splitlines())) == (1, 2)
    told, error = err.splitlines()
    assert told == f"training stopped early; the best epoch so far is saved in {model}"
    assert re.match(r"error: the loss became (nan|inf) at step 2: it first appeared in <hidden.preactivation", error)
    assert dr.load(model).config.learning_rate == 1e30


def test_numbers_without_end_in_the_first_epoch_save_nothing(deltarule, corpus, tmp_path):
    code, _, err = deltarule("train", corpus, "-o", tmp_path / "model", "--learning-rate", 1e30, "--batch", 1)
    assert (code, err.count("\n")) == (1, 1)
    assert not (tmp_path / "model").exists()


def test_ctrl_c_exits_with_130_and_saves_the_best_epoch(deltarule, corpus, small_options, tmp_path, monkeypatch):
    class Interrupted(display_module.TrainingDisplay):
        def _print(self, row):
            super()._print(row)
            if row["epoch"] == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr("deltarule.cli.train.TrainingDisplay", Interrupted)
    model = tmp_path / "model"
    code, out, err = deltarule("train", corpus, "-o", model, "--epochs", 9, *small_options)
    assert (code, len(out.splitlines())) == (130, 3)
    assert err == f"training stopped early; the best epoch so far is saved in {model}\ninterrupted\n"
    assert dr.load(model).tag("Paris").labels


def test_the_signal_of_ctrl_c(corpus, tmp_path):
    command = [sys.executable, "-c", "from deltarule.cli import main; main()", "train", str(corpus)]
    command += ["-o", str(tmp_path / "model"), "--epochs", "1000000", "--hidden", "5"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().split()[0] == "epoch"
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.endswith("interrupted\n")
    dr.load(tmp_path / "model")


def test_lexicons(deltarule, corpus, small_options, tmp_path):
    (tmp_path / "cities.txt").write_text("Paris\nUlan Bator\n", encoding="utf-8")
    options = ("--lexicon", f"LOC={tmp_path / 'cities.txt'}", "--epochs", "2", *small_options)
    assert deltarule("train", corpus, "-o", tmp_path / "m", *options).code == 0
    assert (tmp_path / "m" / "lexicon" / "LOC.txt").read_text(encoding="utf-8") == "Paris\nUlan Bator\n"
    text = "in Ulan Bator\nParis\n"
    lines = deltarule("tag", tmp_path / "m", "--input", "text", stdin=text.encode()).out.splitlines()
    assert [line.split("\t")[0] for line in lines if line] == text.split()
    code, _, err = deltarule("train", corpus, "-o", tmp_path / "n", "--lexicon", "cities.txt")
    assert code == 2
    assert "--lexicon takes a name and a file such as LOC=cities.txt" in err


def test_a_report_is_written(deltarule, corpus, tmp_path, small_options):
    outcome = deltarule(
        "train",
        corpus,
        "--dev",
        corpus,
        "-o",
        tmp_path / "m",
        "--epochs",
        2,
        *small_options,
        "--report",
        tmp_path / "r.html",
    )
    assert outcome.code == 0
    assert "report written to" in outcome.err
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Confusion matrix" in page
    assert "hidden (relu)" in page
    assert "hidden2 (tanh)" in page


def test_a_report_that_cannot_be_written_is_refused_before_training(
    deltarule, corpus, tmp_path, small_options, monkeypatch
):
    arguments = ("train", corpus, "-o", tmp_path / "m", *small_options, "--report")
    outcome = deltarule(*arguments, tmp_path / "nowhere" / "r.html")
    assert outcome.code == 2
    assert "there is no directory" in outcome.err
    monkeypatch.setattr("deltarule.explaining.report.find_spec", lambda name: None)
    outcome = deltarule(*arguments, tmp_path / "r.html")
    assert outcome.code == 2
    assert "pip install 'deltarule[report]'" in outcome.err
    assert outcome.out == ""
    assert not (tmp_path / "m").exists()


def test_a_training_that_goes_astray_is_reported_too(deltarule, corpus, tmp_path):
    arguments = ("--hidden", 5, "--learning-rate", 1e30, "--batch", 99, "--report", tmp_path / "r.html")
    outcome = deltarule("train", corpus, "-o", tmp_path / "m", *arguments)
    assert outcome.code == 1
    assert "report written to" in outcome.err
    assert "stopped early" in (tmp_path / "r.html").read_text(encoding="utf-8")
