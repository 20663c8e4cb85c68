import json

import pytest

import deltarule as dr
from deltarule.cli.evaluate import show_evaluation
from deltarule.tagging import Evaluation, Score


def test_the_table_and_the_line_below_it(capsys):
    scores = {"LOC": Score(1, 2, 3), "PER": Score(0, 0, 1)}
    show_evaluation(Evaluation(1200, 0.875, Score(1, 2, 4), scores, seconds=0.01))
    assert capsys.readouterr().out == (
        "type\tprecision\trecall\tF1\tgold\tpredicted\n"
        "LOC\t50.00\t33.33\t40.00\t3\t2\n"
        "PER\t0.00\t0.00\t0.00\t1\t0\n"
        "all\t50.00\t25.00\t33.33\t4\t2\n"
        "accuracy 87.50 % of 1,200 tokens, 120,000 tokens a second\n"
    )


def test_evaluating_a_model(deltarule, model, corpus):
    code, out, err = deltarule("evaluate", model, corpus)
    assert (code, err) == (0, "")
    assert [line.split("\t")[0] for line in out.splitlines()[:-1]] == ["type", "LOC", "PER", "all"]
    assert "all\t100.00\t100.00\t100.00\t5\t5\naccuracy 100.00 % of 15 tokens, " in out


def test_json_is_one_object_with_the_figures(deltarule, model, corpus):
    code, out, err = deltarule("evaluate", model, corpus, "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    figures = json.loads(out)
    assert [figures[name] for name in ("precision", "recall", "f1", "accuracy", "tokens")] == [1, 1, 1, 1, 15]
    assert figures["tokens_per_second"] > 0
    assert figures["types"]["LOC"] == {
        "precision": 1, "recall": 1, "f1": 1, "correct": 3, "predicted": 3, "gold": 3
    }  # fmt: skip
    assert {**figures, "tokens_per_second": None} == {
        **dr.load(model).evaluate(corpus).as_dict(),
        "tokens_per_second": None,
    }


def test_columns_and_encoding(deltarule, model, tmp_path):
    (tmp_path / "a.conll").write_bytes("O café\nB-LOC Paris\n".encode("latin-1"))
    code, out, _ = deltarule(
        "evaluate", model, tmp_path / "a.conll", "--columns", "1,0", "--encoding", "latin-1", "--json"
    )
    assert (code, json.loads(out)["tokens"]) == (0, 2)


def test_parts_of_speech_are_counted_token_by_token(deltarule, pos_model, tmp_path):
    (tmp_path / "a.conllu").write_text(
        "1\tDogs\tdog\tNOUN\t_\t_\t0\troot\t_\t_\n2\tbark\tbark\tX\t_\t_\t1\tdep\t_\t_\n\n"
    )
    out = deltarule("evaluate", pos_model, tmp_path / "a.conllu").out
    assert "NOUN\t100.00\t100.00\t100.00\t1\t1\n" in out
    assert "accuracy 50.00 % of 2 tokens" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\nb\n", "{file}:1: expected a token and a label, found one column: 'a'"),
        ("", "{file}: the file is empty"),
        ("a NOUN\n", "{file}: the tagger was trained on chunk labels, but 'NOUN' is not a chunk label"),
    ],
)
def test_a_corpus_that_cannot_be_used(content, message, deltarule, model, tmp_path):
    (tmp_path / "x.conll").write_text(content)
    code, out, err = deltarule("evaluate", model, tmp_path / "x.conll")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: " + message.format(file=tmp_path / "x.conll"))


def test_a_model_that_is_not_there(deltarule, corpus, tmp_path):
    code, out, err = deltarule("evaluate", tmp_path / "none", corpus)
    assert (code, out) == (2, "")
    assert err == (
        f"error: {tmp_path / 'none'} is no deltarule model: it has no readable config.json;"
        " train one with: deltarule train\n"
    )
