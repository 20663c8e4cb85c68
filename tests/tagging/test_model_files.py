import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import deltarule as dr
from deltarule.errors import InputError, ModelError
from deltarule.model_directories import check_writable
from deltarule.tagging import model_files
from deltarule.tagging.model_files import load_model, save_model
from deltarule.text import FEATURES


@pytest.fixture
def saved(trained, tmp_path):
    save_model(tmp_path / "model", trained.model)
    return tmp_path / "model"


def contents(directory):
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


class TestContents:
    def test_a_model_is_a_description_weights_and_vocabularies_as_text(self, saved, trained):
        vocabularies = {f"vocabulary/{name}.txt" for name in FEATURES}
        assert set(contents(saved)) == {"config.json", "weights.safetensors"} | vocabularies
        words = (saved / "vocabulary" / "word.txt").read_text(encoding="utf-8").splitlines()
        assert tuple(words) == trained.model.encoder.vocabularies["word"].entries

    def test_the_description(self, saved, trained):
        description = json.loads((saved / "config.json").read_text(encoding="utf-8"))
        assert description == {
            "format": 1,
            "kind": "tagger",
            "labels": ["B-LOC", "B-ORG", "B-PER", "E-LOC", "E-ORG", "E-PER", "O", "S-LOC", "S-PER"],
            "scheme": "IOB2",
            "word_dimension": 10,
            "context_dimension": 0,
            "temperature": 1.0,
            "chunk_bonus": 0.5,
            "settings": trained.config.model_dump(mode="json"),
        }

    def test_weights_have_the_names_and_values_of_the_parameters(self, saved, trained):
        weights = load_file(saved / "weights.safetensors")
        parameters = trained.model.network.parameters
        assert weights.keys() == parameters.keys()
        assert all(np.array_equal(weights[name], parameters[name].value) for name in weights)

    def test_vectors_of_context_are_kept(self, tmp_path, random_model, made_up_corpus):
        model, text = random_model(0, vectors=3), made_up_corpus(1)
        save_model(tmp_path / "model", model)
        weights = load_file(tmp_path / "model" / "weights.safetensors")
        assert weights["context.vectors"].shape == (len(model.encoder.vocabularies["word"]), 3)
        assert weights["context.weight"].shape == weights["context2.weight"].shape == (21, 19)
        assert np.array_equal(load_model(tmp_path / "model").predict(text), model.predict(text))

    def test_there_is_no_pickle_in_it(self, saved):
        assert not any(content.startswith(b"\x80") for content in contents(saved).values())

    def test_everyone_who_may_read_new_files_may_read_a_model(self, saved, tmp_path):
        (tmp_path / "file").touch()
        modes = {path.stat().st_mode for path in saved.rglob("*") if path.is_file()}
        assert modes == {(tmp_path / "file").stat().st_mode}


class TestSaving:
    def test_a_model_read_again_has_the_same_files(self, saved, tmp_path):
        save_model(tmp_path / "again", load_model(saved))
        assert contents(tmp_path / "again") == contents(saved)

    def test_nothing_is_left_beside_the_model(self, saved, trained):
        save_model(saved, trained.model)
        assert [path.name for path in saved.parent.iterdir()] == ["model"]

    def test_missing_directories_above_are_made(self, trained, tmp_path):
        save_model(tmp_path / "a" / "b", trained.model)
        assert load_model(tmp_path / "a" / "b").labelling == trained.model.labelling

    def test_an_empty_directory_will_do(self, trained, tmp_path):
        (tmp_path / "empty").mkdir()
        save_model(tmp_path / "empty", trained.model)
        assert (tmp_path / "empty" / "config.json").exists()

    @pytest.mark.parametrize("moment", ["writing", "renaming"])
    def test_a_failure_leaves_the_old_model_whole(self, moment, saved, trained, monkeypatch):
        before = contents(saved)

        def fail(*_):
            raise OSError(28, "No space left on device")

        rename = Path.rename
        if moment == "writing":
            monkeypatch.setattr(model_files.Vocabulary, "write", fail)
        else:
            monkeypatch.setattr(Path, "rename", lambda path, to: fail() if path.name == "new" else rename(path, to))
        with pytest.raises(OSError, match="No space left"):
            save_model(saved, trained.model)
        assert contents(saved) == before
        assert [path.name for path in saved.parent.iterdir()] == ["model"]

    def test_a_link_to_a_model_stays_a_link(self, saved, trained, tmp_path):
        (tmp_path / "latest").symlink_to("model")
        (saved / "weights.safetensors").write_bytes(b"")
        save_model(tmp_path / "latest", trained.model)
        assert (tmp_path / "latest").is_symlink()
        load_model(saved)


class TestCheckWritable:
    def test_models_and_names_not_taken_yet_can_be_written(self, saved, tmp_path):
        check_writable(saved)
        check_writable(tmp_path / "new" / "newer")

    def test_a_directory_of_other_things_is_never_overwritten(self, trained, tmp_path):
        (tmp_path / "thesis.txt").write_text("years of work")
        for refuse in (check_writable, lambda path: save_model(path, trained.model)):
            with pytest.raises(InputError, match=re.escape(f"{tmp_path} exists and is no deltarule model")):
                refuse(tmp_path)
        assert contents(tmp_path) == {"thesis.txt": b"years of work"}

    def test_other_programs_configurations_are_no_models(self, tmp_path):
        (tmp_path / "config.json").write_text('{"name": "something else"}')
        with pytest.raises(InputError, match="is no deltarule model"):
            check_writable(tmp_path)

    def test_a_file_where_a_directory_should_be(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(InputError, match="exists and is no deltarule model"):
            check_writable(tmp_path / "file")
        with pytest.raises(InputError, match=r"model cannot be made in .*file, which is no writable directory"):
            check_writable(tmp_path / "file" / "model")


def edit(saved, **changes):
    path = saved / "config.json"
    description = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({key: value for key, value in description.items() if value != "remove"}))


def edit_weights(saved, change):
    weights = load_file(saved / "weights.safetensors")
    change(weights)
    save_file(weights, saved / "weights.safetensors")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-9])


SETTINGS = dr.TaggerConfig().model_dump(mode="json")
DAMAGE = {
    "missing": (shutil.rmtree, r"model is no deltarule model: .* train one with: deltarule train"),
    "a file": (lambda m: (shutil.rmtree(m), m.touch()), "model is no deltarule model"),
    "no config": (lambda m: (m / "config.json").unlink(), "model is no deltarule model"),
    "config not json": (lambda m: truncate(m / "config.json"), "model is no deltarule model"),
    "config a list": (lambda m: (m / "config.json").write_text("[]"), "model is no deltarule model"),
    "other version": (
        lambda m: edit(m, format=99),
        r"model has model format 99, and this version of deltarule reads 1",
    ),
    "no labels": (lambda m: edit(m, labels="remove"), r"model/config.json lacks or garbles 'labels'"),
    "labels no list": (lambda m: edit(m, labels=7), r"model/config.json lacks or garbles 'int'"),
    "other labels": (
        lambda m: edit(m, labels=["O"]),
        r"weights.safetensors: output.weight should have shape \(1, 20\)",
    ),
    "numbers as labels": (lambda m: edit(m, labels=list(range(9))), r"model/config.json"),
    "no scheme": (lambda m: edit(m, scheme="remove"), r"model/config.json lacks or garbles 'scheme'"),
    "unknown scheme": (lambda m: edit(m, scheme="IOB7"), r"model is damaged: there is no label scheme 'IOB7'"),
    "other dimension": (lambda m: edit(m, word_dimension=11), r"word.vectors should have shape \(\d+, 11\), found"),
    "bad dimension": (lambda m: edit(m, word_dimension=-1), r"model is damaged: "),
    "no temperature": (lambda m: edit(m, temperature=0), "model is damaged: its temperature must be above 0, not 0.0"),
    "cold": (lambda m: edit(m, temperature="cold"), "model is damaged: could not convert string to float"),
    "unknown setting": (lambda m: edit(m, settings={"hiden": 1}), r"model/config.json: there is no setting 'hiden'"),
    "no settings": (lambda m: edit(m, settings=None), r"model/config.json"),
    "other network": (
        lambda m: edit(m, settings={**SETTINGS, "hidden": 7}),
        r"vectors should have shape|hidden.weight",
    ),
    "no vocabulary": (
        lambda m: (m / "vocabulary" / "word.txt").unlink(),
        r"vocabulary.word.txt: there is no such file",
    ),
    "cut vocabulary": (lambda m: truncate(m / "vocabulary" / "word.txt"), r"vocabulary.word.txt: the last line is not"),
    "short vocabulary": (
        lambda m: (m / "vocabulary" / "word.txt").write_text("paris\n"),
        r"weights.safetensors: word.vectors should have shape \(3, 10\)",
    ),
    "no weights": (lambda m: (m / "weights.safetensors").unlink(), r"weights.safetensors cannot be read"),
    "cut weights": (lambda m: truncate(m / "weights.safetensors"), r"weights.safetensors cannot be read"),
    "pickled weights": (
        lambda m: (m / "weights.safetensors").write_bytes(b"\x80\x04."),
        r"weights.safetensors cannot be read",
    ),
    "a weight missing": (
        lambda m: edit_weights(m, lambda w: w.pop("output.bias")),
        r"weights.safetensors: output.bias should have shape \(9,\), found None; train the model again",
    ),
    "a weight of another shape": (
        lambda m: edit_weights(m, lambda w: w.update({"output.bias": np.zeros(8, np.float32)})),
        r"weights.safetensors: output.bias should have shape \(9,\), found \(8,\)",
    ),
}


def test_models_without_a_temperature_are_read(saved):
    edit(saved, temperature="remove")
    assert load_model(saved).temperature == 1.0


@pytest.mark.parametrize("objective", ["crf", "structured-max-margin"])
def test_learned_transitions_are_saved_and_checked(objective, toy, small, tmp_path):
    tagger = dr.Tagger(**{**small, "objective": objective, "epochs": 5}).fit(toy)
    tagger.save(tmp_path / "model")
    again = dr.load(tmp_path / "model")
    for name in ("transitions", "start", "end"):
        value = tagger.model.network.parameters[name].value
        assert value.any()
        assert np.array_equal(again.model.network.parameters[name].value, value)
    assert again.predict(toy) == tagger.predict(toy)
    assert np.array_equal(again.probabilities(toy), tagger.probabilities(toy))
    edit_weights(tmp_path / "model", lambda w: w.pop("transitions"))
    with pytest.raises(ModelError, match=r"transitions should have shape \(9, 9\), found None"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_model_that_cannot_be_used_is_named_with_what_is_wrong(damage, message, saved):
    damage(saved)
    with pytest.raises(ModelError, match=message) as error:
        load_model(saved)
    assert str(error.value).startswith(str(saved))
