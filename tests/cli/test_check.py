import json

import pytest

from deltarule.graph.operations.activations import Tanh


def test_right_gradients_pass_with_exit_code_0(deltarule, model):
    code, out, err = deltarule("check", model, "--sample", 5, "--sentences", 2)
    assert (code, err) == (0, "")
    for name in ("hidden.weight", "hidden2.weight", "context3.weight", "output3.bias", "transitions2", "end3"):
        assert f"\n{name} " in out
    assert out.splitlines()[-1].startswith("passed: ")
    assert "0 wrong" in out.splitlines()[-1]


def test_a_wrong_gradient_fails_with_exit_code_1(deltarule, model, monkeypatch):
    right = Tanh.backward
    monkeypatch.setattr(Tanh, "backward", lambda *arguments: tuple(1.001 * signal for signal in right(*arguments)))
    code, out, err = deltarule("check", model, "--sample", 5, "--json")
    assert (code, err) == (1, "")
    report = json.loads(out)
    verdicts = {row["name"]: row["verdict"] for row in report["parameters"]}
    assert report["passed"] is False
    assert verdicts["hidden2.weight"] == verdicts["hidden2.bias"] == "wrong"  # below the wrong operation
    assert verdicts["output2.weight"] == verdicts["output2.bias"] == "agrees"  # above it
    assert verdicts["hidden.weight"] == verdicts["hidden3.weight"] == "agrees"  # of rectified neurons


def test_same_seed_same_figures(deltarule, model):
    def figures(seed):
        report = json.loads(deltarule("check", model, "--sample", 5, "--json", "--seed", seed).out)
        return [(row["name"], row["worst_index"], row["analytic"]) for row in report["parameters"]]

    assert figures(1) == figures(1) != figures(2)


def test_the_text_may_be_one_s_own_without_labels(deltarule, model, tmp_path):
    (tmp_path / "words.txt").write_text("Ada\nlives\n")
    assert deltarule("check", model, "--data", tmp_path / "words.txt", "--sample", 2).code == 0


@pytest.mark.parametrize("content", [None, ""])
def test_texts_that_cannot_be_used(content, deltarule, model, tmp_path):
    if content is not None:
        (tmp_path / "words.txt").write_text(content)
    code, out, err = deltarule("check", model, "--data", tmp_path / "words.txt")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {tmp_path / 'words.txt'}: ")


def test_a_model_that_is_not_there(deltarule, tmp_path):
    assert deltarule("check", tmp_path / "none").code == 2
