import json

import deltarule as dr

TEXT = "Museums in Paris are amazing"


def test_a_table_and_a_trace(deltarule, model):
    outcome = deltarule("explain", model, TEXT, "--word", "Paris", "--weight", "hidden[3,14]")
    assert outcome.code == 0
    assert f"'Paris' in '{TEXT}': S-LOC (written B-LOC)" in outcome.out
    trace = dr.load(model).trace(TEXT, "Paris", "hidden[3,14]")
    assert str(trace) in outcome.out


def test_json_is_what_python_says(deltarule, model):
    outcome = deltarule("explain", model, TEXT, "--number", "2", "--weight", "hidden[3,14]", "--json")
    printed, tagger = json.loads(outcome.out), dr.load(model)
    trace = printed.pop("trace")
    assert printed == json.loads(json.dumps(tagger.explain(TEXT, 2).to_dict()))
    assert trace == json.loads(json.dumps(tagger.trace(TEXT, 2, "hidden[3,14]").to_dict()))


def test_a_page(deltarule, model, tmp_path):
    outcome = deltarule("explain", model, TEXT, "--word", "Paris", "--html", tmp_path / "why.html")
    assert (outcome.code, outcome.out) == (0, "")
    assert "written to" in outcome.err
    assert (tmp_path / "why.html").read_text(encoding="utf-8") == dr.load(model).explain(TEXT, "Paris").to_html()


def test_errors_say_what_to_do(deltarule, model, tmp_path):
    outcome = deltarule("explain", model, TEXT)
    assert (outcome.code, outcome.err) == (
        2,
        "error: say which word to explain: --word WORD, or --number N, counted from 0\n",
    )
    outcome = deltarule("explain", model, TEXT, "--word", "Rome")
    assert outcome.code == 2
    assert "'Rome' is not in the text" in outcome.err
    outcome = deltarule("explain", model, TEXT, "--word", "Paris", "--html", tmp_path / "no" / "x.html")
    assert outcome.code == 2
    assert "there is no directory" in outcome.err
    outcome = deltarule("explain", model, TEXT, "--word", "Paris", "--weight", "hidden[99,0]")
    assert outcome.code == 2
    assert "beyond the shape of hidden.weight, (20, " in outcome.err
