import json

import numpy as np
import pytest

import deltarule as dr

SENTENCES = "The cat sat. The dog sat. A cat ran to a dog. Did the dog run? The cat slept.\n"
SMALL = ("--dimension", "6", "--hidden", "8", "--epochs", "2", "--threads", "1")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(SENTENCES * 5, encoding="utf-8")
    return path


@pytest.fixture
def trained(tmp_path):
    path = tmp_path / "animals.txt"
    dr.WordVectors(("cat", "dog", "rug"), np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)).save(path)
    return path


@pytest.mark.parametrize("name", ["v.txt", "v.vec.gz", "v.safetensors"])
def test_training_writes_what_the_tagger_reads(name, deltarule, text, corpus, tmp_path, small_options):
    code, out, err = deltarule("vectors", "train", text, "-o", tmp_path / name, "--show", "cat", *SMALL)
    assert code == 0, err
    rows = out.splitlines()
    assert rows[0].split() == ["epoch", "loss", "violators", "windows/s", "seconds"]
    assert [row.split()[0] for row in rows[1:]] == ["1", "cat:", "2", "cat:"]
    assert f"vectors of 6 written to {tmp_path / name}; next: deltarule vectors nearest {tmp_path / name} WORD" in err
    assert dr.read_vectors(tmp_path / name).dimension == 6
    assert not (tmp_path / f"{name}.checkpoint").exists()
    code, _, err = deltarule(
        "train", corpus, "--vectors", tmp_path / name, "-o", tmp_path / "m", "--epochs", "1", *small_options
    )
    assert code == 0, err


def test_json(deltarule, text, tmp_path):
    code, out, err = deltarule("vectors", "train", text, text, "-o", tmp_path / "v.txt", "--json", *SMALL)
    assert (code, err, out.count("\n")) == (0, "", 1)
    found = json.loads(out)
    assert (found["vectors"], found["dimension"]) == (str(tmp_path / "v.txt"), 6)
    assert found["words"] == len(dr.read_vectors(tmp_path / "v.txt"))
    assert [report["epoch"] for report in found["reports"]] == [1, 2]
    assert set(found["reports"][0]) == {
        "epoch", "loss", "violators", "windows", "seconds", "windows_per_second", "neighbours"
    }  # fmt: skip


def test_interrupted_and_resumed(deltarule, text, tmp_path, monkeypatch):
    whole, resumed = tmp_path / "whole.safetensors", tmp_path / "resumed.safetensors"
    assert deltarule("vectors", "train", text, "-o", whole, *SMALL).code == 0

    step, done = dr.Trainer.step, []

    def interrupted(self, feeds=None):
        if done:
            raise KeyboardInterrupt
        done.append(step(self, feeds))
        return done[0]

    with monkeypatch.context() as patch:
        patch.setattr(dr.Trainer, "step", interrupted)
        code, _, err = deltarule("vectors", "train", text, "-o", resumed, *SMALL)
    # A text this short has one step an epoch, and a checkpoint at the end of each.
    assert code == 130
    assert f"where it stands is in {resumed}.checkpoint: the same command with --resume goes on" in err
    assert not resumed.exists()
    assert deltarule("vectors", "train", text, "-o", resumed, *SMALL).code == 2
    code, out, err = deltarule("vectors", "train", text, "-o", resumed, "--resume", *SMALL)
    assert (code, out.splitlines()[1].split()[0]) == (0, "2")
    assert resumed.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{text}", "-o", "v.bin"), "v.bin: the end of the name says how vectors are written; choose .txt"),
        (("absent.txt", "-o", "v.txt"), "absent.txt: there is no such file; check the path"),
        (("{text}", "-o", "v.txt", "--window", "4"), "setting 'window': a window has a word in its middle"),
        (("{text}", "-o", "v.txt", "--resume"), "v.txt.checkpoint: there is no checkpoint to resume from"),
    ],
)
def test_what_cannot_be_used(arguments, message, deltarule, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = deltarule("vectors", "train", *(str(text) if a == "{text}" else a for a in arguments))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {message}")


def test_nearest(deltarule, trained):
    code, out, err = deltarule("vectors", "nearest", trained, "cat", "Dog", "-n", "1")
    assert (code, err) == (0, "")
    assert out == "word\tneighbour\tcosine\ncat\tdog\t0.800\nDog\tcat\t0.800\n"
    out = deltarule("vectors", "nearest", trained, "cat", "--json").out
    found = json.loads(out)["cat"]
    assert [row["word"] for row in found] == ["dog", "rug"]
    assert [row["cosine"] for row in found] == pytest.approx([0.8, 0], abs=1e-6)


def test_nearest_of_an_unknown_word_suggests_others(deltarule, trained):
    code, out, err = deltarule("vectors", "nearest", trained, "cat", "dogg")
    assert (code, out) == (2, "")
    assert err == f"error: {trained}: there is no vector of 'dogg'; did you mean 'dog'?\n"
