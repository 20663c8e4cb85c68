import os
import signal

import numpy as np
import pytest

import deltarule as dr
from deltarule.vectors import numbered_text


class StopError(Exception):
    pass


def interrupted_at(step, text, checkpoint, **settings):
    """Train until Ctrl-C comes during some step."""
    steps = 0

    def count(*_):
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGINT)

    # In the background of a shell, processes ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            dr.train_vectors(text, checkpoint=checkpoint, progress=dr.VectorProgress(step=count), **settings)
        assert steps == step
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("step", [1, 7, 15])
@pytest.mark.parametrize("tokens", [1 << 20, 100])
def test_interrupted_and_resumed_is_uninterrupted_to_the_last_bit(step, tokens, text, tmp_path, small, monkeypatch):
    monkeypatch.setattr(numbered_text, "_TOKENS", tokens)
    whole = dr.train_vectors(text, subsample=0.01, **small)
    checkpoint = tmp_path / "v.checkpoint"
    interrupted_at(step, text, checkpoint, subsample=0.01, **small)
    assert checkpoint.exists()
    resumed = dr.train_vectors(text, checkpoint=checkpoint, resume=True, subsample=0.01, **small)
    assert resumed.words == whole.words
    assert resumed.matrix.tobytes() == whole.matrix.tobytes()
    assert not checkpoint.exists()


def test_a_crash_loses_only_what_is_behind_the_last_checkpoint(text, tmp_path, small):
    whole = dr.train_vectors(text, **small)

    def crash(report):
        if report.epoch == 2:
            raise StopError

    checkpoint = tmp_path / "v.checkpoint"
    with pytest.raises(StopError):
        dr.train_vectors(text, checkpoint=checkpoint, progress=dr.VectorProgress(report=crash), **small)
    reports = []
    progress = dr.VectorProgress(report=reports.append)
    resumed = dr.train_vectors(text, checkpoint=checkpoint, resume=True, progress=progress, **small)
    assert [report.epoch for report in reports] == [3]
    assert resumed.matrix.tobytes() == whole.matrix.tobytes()


def test_a_checkpoint_is_not_overwritten_and_fits_its_training_only(text, tmp_path, small):
    checkpoint = tmp_path / "v.checkpoint"
    with pytest.raises(dr.InputError, match="there is no checkpoint to resume from; train without --resume"):
        dr.train_vectors(text, checkpoint=checkpoint, resume=True, **small)
    interrupted_at(2, text, checkpoint, **small)
    with pytest.raises(dr.InputError, match="an interrupted training stands; go on from it with --resume"):
        dr.train_vectors(text, checkpoint=checkpoint, **small)
    with pytest.raises(dr.InputError, match="other settings: window was 3, not 5; resume with the same"):
        dr.train_vectors(text, checkpoint=checkpoint, resume=True, **{**small, "window": 5})
    other = tmp_path / "other.txt"
    other.write_text(text.read_text() + "More text.")
    with pytest.raises(dr.InputError, match="the texts are not those that training began with"):
        dr.train_vectors(other, checkpoint=checkpoint, resume=True, **small)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    with pytest.raises(dr.InputError, match=r"cannot be read: .*; delete it and train anew"):
        dr.train_vectors(text, checkpoint=checkpoint, resume=True, **small)


def test_what_is_not_to_be_resumed_needs_a_name(text, small):
    with pytest.raises(dr.InputError, match="to resume, name the checkpoint"):
        dr.train_vectors(text, resume=True, **small)
    with pytest.raises(dr.InputError, match="there is no text to learn from"):
        dr.train_vectors([], **small)
    with pytest.raises(dr.InputError, match="no setting 'size'; the settings are: dimension, window"):
        dr.train_vectors(text, size=5)
    with pytest.raises(dr.InputError, match="setting 'window': a window has a word in its middle"):
        dr.train_vectors(text, window=4)


def test_blocks_and_threads_make_no_difference(text, small, monkeypatch):
    whole = dr.train_vectors([text], **small)
    monkeypatch.setattr(numbered_text, "_BLOCK", 37)
    assert dr.train_vectors(text, **{**small, "threads": 2}).matrix.tobytes() == whole.matrix.tobytes()


def test_reports_and_learning(text, small):
    reports, steps, read = [], [], []
    progress = dr.VectorProgress(read.append, lambda *step: steps.append(step), reports.append)
    settings = {**small, "epochs": 30, "subsample": 0.0, "minimum_count": 1}
    vectors = dr.train_vectors(text, show=["cat"], progress=progress, **settings)
    assert read[-1] == 1
    assert [report.epoch for report in reports] == list(range(1, 31))
    assert len({report.windows for report in reports}) == 1
    assert [done for _, done, _, _ in steps] == sorted(done for _, done, _, _ in steps)
    assert steps[-1][:2] == (30, 1.0)
    assert reports[0].violators > 0.9
    assert reports[-1].violators < 0.4
    assert reports[-1].loss < 0.3 * reports[0].loss
    assert reports[-1].neighbours["cat"] == [word for word, _ in vectors.nearest("cat", 5)]
    assert np.sqrt(np.mean(np.square(vectors.matrix))) == pytest.approx(0.2, rel=1e-5)
    assert vectors.words[:2] == ("the", ".")
    assert {"cat", "0000"} <= set(vectors.words)
