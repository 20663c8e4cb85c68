import numpy as np
import pytest

from deltarule.text import BOUNDARY
from deltarule.vectors import VectorConfig, numbered_text
from deltarule.vectors.numbered_text import NumberedText
from deltarule.vectors.window_pairs import WindowPairs


def pairs_of(text, **settings):
    config = VectorConfig(**{"window": 3, "batch": 16, "subsample": 0.0, "minimum_count": 1, **settings})
    return WindowPairs(text, config)


@pytest.fixture
def numbered(text):
    with NumberedText([text]) as numbered:
        yield numbered


def windows(feeds):
    return feeds["words"][feeds["true"]], feeds["words"][feeds["corrupted"]]


def test_each_token_is_once_in_the_middle_of_its_true_window(numbered):
    (part,) = numbered.sentences()
    expected = []
    for a, b in zip(part.offsets[:-1], part.offsets[1:], strict=True):
        padded = [BOUNDARY, *part.words[a:b].tolist(), BOUNDARY]
        expected += [tuple(padded[i : i + 3]) for i in range(b - a)]
    batches = list(pairs_of(numbered).batches(1))
    found = [tuple(window) for feeds in batches for window in windows(feeds)[0].tolist()]
    assert sorted(found) == sorted(expected)
    assert found != expected  # shuffled
    assert len(batches) == pairs_of(numbered).steps_an_epoch


def test_corruptions_differ_in_the_middle_and_nowhere_else(numbered):
    for feeds in pairs_of(numbered).batches(1):
        true, corrupted = windows(feeds)
        assert (true[:, [0, 2]] == corrupted[:, [0, 2]]).all()
        assert (true[:, 1] != corrupted[:, 1]).all()
        assert corrupted[:, 1].min() > BOUNDARY
        assert len(np.unique(feeds["words"])) == len(feeds["words"])


def test_corrupting_words_are_drawn_by_smoothed_counts(numbered):
    pairs = pairs_of(numbered)
    drawn = pairs._draw(200_000, np.random.default_rng(0))
    expected = numbered.counts**0.75 / (numbered.counts**0.75).sum()
    found = np.bincount(drawn, minlength=len(expected) + 2)[2:] / len(drawn)
    assert np.abs(found - expected).max() < 5 * np.sqrt(expected.max() / len(drawn))


def test_epochs_differ_and_are_the_same_each_time(numbered):
    first, again, second = ([f["words"].tolist() for f in pairs_of(numbered).batches(e)] for e in (1, 1, 2))
    assert first == again != second


@pytest.mark.parametrize("tokens", [1 << 20, 50])
def test_batches_can_be_skipped(numbered, monkeypatch, tokens):
    monkeypatch.setattr(numbered_text, "_TOKENS", tokens)
    every = list(pairs_of(numbered, subsample=0.02).batches(1))
    assert len(every) > 10
    for skipped in range(len(every) + 2):
        rest = list(pairs_of(numbered, subsample=0.02).batches(1, skipped))
        assert len(rest) == max(0, len(every) - skipped)
        for feeds, expected in zip(rest, every[skipped:], strict=True):
            for name in expected:
                assert (feeds[name] == expected[name]).all()


def test_subsampling_leaves_out_frequent_middles(numbered):
    middles = np.concatenate(
        [windows(f)[0][:, 1] for e in range(40) for f in pairs_of(numbered, subsample=0.02).batches(e)]
    )
    found = np.bincount(middles, minlength=len(numbered.counts) + 2)[2:] / 40
    expected = numbered.counts * np.minimum(1, np.sqrt(0.02 * numbered.tokens / numbered.counts))
    assert np.allclose(found, expected, atol=5 * np.sqrt(numbered.counts.max() / 40))
    assert found.sum() < 0.9 * numbered.tokens


def test_unknown_words_are_in_the_middle_of_no_window(text):
    with NumberedText([text], 11) as numbered:
        for feeds in pairs_of(numbered).batches(1):
            assert windows(feeds)[0][:, 1].min() > BOUNDARY
