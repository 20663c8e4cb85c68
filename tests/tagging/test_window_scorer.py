import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError

TINY = {"dimension": 8, "hidden": 10, "minimum_count": 1, "epochs": 40, "batch": 8, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def scorer(toy):
    return dr.WindowScorer(**TINY).fit(toy)


def test_the_sizes_of_the_lecture(toy):
    scorer = dr.WindowScorer(window=5, dimension=4, hidden=8, activation="sigmoid", epochs=1).fit(toy)
    shapes = {name: parameter.shape for name, parameter in scorer.network.parameters.items()}
    assert shapes == {
        "lookup1.vectors": (len(scorer.vocabulary), 4),
        "dense1.weight": (8, 20),
        "dense1.bias": (8,),
        "dense2.weight": (1, 8),
    }


def test_scores_are_those_of_the_formula(scorer):
    value = {name: parameter.value.astype(float) for name, parameter in scorer.network.parameters.items()}
    ids = [1, 1, *scorer.vocabulary.ids(["ada", "lives", "here"]).tolist(), 1, 1]
    expected = []
    for t in range(3):
        x = value["lookup1.vectors"][ids[t : t + 5]].reshape(-1)
        a = np.tanh(value["dense1.weight"] @ x + value["dense1.bias"])
        expected.append(value["dense2.weight"][0] @ a)
    np.testing.assert_allclose(scorer.score("Ada lives here"), expected, rtol=1e-5, atol=1e-5)
    assert np.array_equal(scorer.score(["Ada", "lives", "here"]), scorer.score("Ada lives here"))


def test_true_windows_score_higher_than_corrupted_ones(scorer, toy):
    pairs = scorer.compare(toy)
    names = sum(label != "O" for n in range(toy.sentences) for label in toy.sentence_labels(n))
    assert (pairs.pairs, pairs.right) == (names, 1.0)
    assert pairs.violations < 0.1
    scores = dict(zip(toy.words(0), scorer.score(toy.words(0)), strict=True))
    assert min(scores["Ada"], scores["Lovelace"], scores["Paris"]) > max(scores["lives"], scores["in"], scores["."])


def test_loss_falls_and_is_told_after_each_epoch(toy):
    epochs = []
    scorer = dr.WindowScorer(**TINY).fit(toy, on_epoch=epochs.append)
    assert epochs == scorer.history.epochs
    assert len(epochs) == 40
    assert epochs[-1].loss < 0.1 < epochs[0].loss


def test_same_seed_same_scores(toy):
    scores = [dr.WindowScorer(**{**TINY, "epochs": 2, "seed": s}).fit(toy).score("Ada lives") for s in (1, 1, 2)]
    assert np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


def test_comparison_draws_its_pairs_from_a_seed(toy):
    scorer = dr.WindowScorer(**{**TINY, "epochs": 1}).fit(toy)
    assert scorer.compare(toy, seed=3) == scorer.compare(toy, seed=3)
    assert len({scorer.compare(toy, seed=seed) for seed in range(9)}) > 1


def test_a_wider_margin_is_violated_more_often(toy):
    narrow, wide = (dr.WindowScorer(**{**TINY, "epochs": 1}, margin=margin).fit(toy) for margin in (0.001, 100.0))
    assert wide.compare(toy).violations == 1.0 > narrow.compare(toy).violations


def test_vectors_give_the_dimension_and_are_found_by_folded_words(toy):
    vectors = dr.WordVectors(("Paris", "1066", "2024"), np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.float32))
    scorer = dr.WindowScorer(**{**TINY, "epochs": 1, "learning_rate": 1e-30}, vectors=vectors).fit(toy)
    table = scorer.network.parameters["lookup1.vectors"].value
    assert table.shape == (len(scorer.vocabulary), 3)
    assert table[scorer.vocabulary.ids(["paris", "0000"])].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_files_will_do(toy, tmp_path):
    lines = [f"{word} {label}" for word, label in zip(toy.words(0), toy.sentence_labels(0), strict=True)]
    (tmp_path / "a.conll").write_text("\n".join(lines) + "\n")
    (tmp_path / "v.txt").write_text("paris 1 2\n")
    scorer = dr.WindowScorer(**{**TINY, "epochs": 1}, vectors=tmp_path / "v.txt").fit(tmp_path / "a.conll")
    assert scorer.compare(tmp_path / "a.conll").pairs == 3


def test_no_words_no_scores(scorer):
    assert scorer.score("").shape == scorer.score([]).shape == (0,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 4}, "a window has a word in its middle, so its size is odd, not 4"),
        ({"window": -1}, "a window has a word in its middle, so its size is odd, not -1"),
        ({"margin": 0.0}, "a margin must be above 0, not 0.0"),
        ({"batch": 0}, "a batch needs at least one pair, not 0"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError) as error:
        dr.WindowScorer(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize("settings", [{"hidden": 0}, {"epochs": 0}, {"activation": "foo"}, {"learning_rate": -1.0}])
def test_settings_found_out_by_training(settings, toy):
    with pytest.raises(InputError):
        dr.WindowScorer(**{**TINY, **settings}).fit(toy)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, r"this corpus has no labels; a label column is needed"),
        ([["O", "O"]], r"both words in names and words labelled O are needed to make pairs"),
        ([["B-A", "I-A"]], r"both words in names and words labelled O are needed to make pairs"),
    ],
)
def test_corpora_without_pairs_are_refused_and_leave_the_scorer_untrained(labels, message):
    scorer = dr.WindowScorer(**TINY)
    with pytest.raises(InputError, match=rf"^bad.conll: {message}"):
        scorer.fit(dr.Corpus.from_sentences([["a", "b"]], labels, source="bad.conll"))
    for use in (lambda: scorer.network, lambda: scorer.vocabulary, lambda: scorer.score("a")):
        with pytest.raises(InputError, match=r"^this scorer is not trained yet; call fit\(train\) first$"):
            use()
