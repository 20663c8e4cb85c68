import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.tagging.batches import Sentences, cut_by_tokens
from deltarule.tagging.encoding import FormEncoder

texts = st.lists(st.lists(st.sampled_from(["a", "B", "c1", "dd"]), max_size=5), min_size=1, max_size=8).filter(any)


def sentences_of(text, window=3, labels=None):
    corpus = dr.Corpus.from_sentences(text)
    encoder = FormEncoder.of_corpus(corpus, ["word", "shape"], minimum=1)
    return Sentences(corpus, encoder.encode(corpus.forms), window, labels), encoder


def padded_windows(sentence, window):
    reach = window // 2
    padded = ["<boundary>"] * reach + [word.lower().replace("1", "0") for word in sentence] + ["<boundary>"] * reach
    return [padded[t : t + window] for t in range(len(sentence))]


@given(texts, st.sampled_from([1, 3, 5, 7]), st.randoms(use_true_random=False))
def test_feeds_hold_the_window_around_every_token_of_a_batch(text, window, random):
    sentences, encoder = sentences_of(text, window)
    batch = np.array(random.sample(range(len(text)), random.randint(1, len(text))))
    feeds = sentences.feeds(batch)
    vocabulary = encoder.vocabularies["word"]
    windows = [[vocabulary[word] for word in row] for row in feeds["word"][feeds["positions"]].tolist()]
    assert windows == [row for number in batch for row in padded_windows(text[number], window)]


def test_feeds_hold_each_distinct_form_once_after_the_boundary():
    sentences, encoder = sentences_of([["a", "a", "B"], ["dd"], ["a"]])
    feeds = sentences.feeds(np.array([2, 0]))
    vocabulary = encoder.vocabularies["word"]
    assert [vocabulary[word] for word in feeds["word"].tolist()] == ["<boundary>", "a", "b"]
    assert feeds["positions"].tolist() == [[0, 1, 0], [0, 1, 1], [1, 1, 2], [1, 2, 0]]
    assert feeds.keys() == {"word", "shape", "positions"}


def test_labels_follow_their_tokens():
    sentences, _ = sentences_of([["a", "a", "B"], ["dd"], ["a"]], labels=np.arange(5, dtype=np.int32))
    assert sentences.feeds(np.array([2, 0]))["labels"].tolist() == [4, 0, 1, 2]


def test_context_features_follow_their_tokens():
    corpus = dr.Corpus.from_sentences([["a", "a", "B"], ["dd"], ["a"]])
    encoder = FormEncoder.of_corpus(corpus, ["word"], minimum=1)
    context = np.arange(10, dtype=np.float32).reshape(5, 2)
    feeds = Sentences(corpus, encoder.encode(corpus.forms), 3, context=context).feeds(np.array([2, 0]))
    assert feeds["context"].tolist() == context[[4, 0, 1, 2]].tolist()


@given(texts, st.integers(1, 3000), st.integers(0, 99), st.booleans())
def test_stacks_hold_the_feeds_of_all_batches(text, tokens, seed, whole):
    labels = np.arange(sum(map(len, text)), dtype=np.int32)
    corpus = dr.Corpus.from_sentences(text)
    encoded = FormEncoder.of_corpus(corpus, ["word", "shape"], minimum=1).encode(corpus.forms)
    sentences = Sentences(corpus, encoded, 3, labels, whole, labels[:, None] / np.float32(2))
    stacks = list(sentences.stacks(tokens, np.random.default_rng(seed)))
    batches = list(sentences.batches(tokens, np.random.default_rng(seed)))
    feeds = [stack.feeds(number) for stack in stacks for number in range(len(stack))]
    assert len(feeds) == len(batches)
    for own, batch in zip(feeds, batches, strict=True):
        expected = sentences.feeds(batch)
        assert (
            own.keys()
            == expected.keys()
            == {"word", "shape", "positions", "context", "labels"} | ({"lengths"} if whole else set())
        )
        for name, array in own.items():
            np.testing.assert_array_equal(array, expected[name])


@given(texts, st.integers(1, 12), st.none() | st.integers(0, 99))
def test_batches_cover_every_sentence_that_has_words_once(text, tokens, seed):
    sentences, _ = sentences_of(text)
    batches = list(sentences.batches(tokens, None if seed is None else np.random.default_rng(seed)))
    covered = np.concatenate(batches).tolist()
    filled = [number for number, sentence in enumerate(text) if sentence]
    assert sorted(covered) == filled
    if seed is None:
        assert covered == filled
    assert all(len(batch) for batch in batches)
    # The last sentence of a batch is the only one that may reach beyond its size.
    assert all(sum(len(text[number]) for number in batch[1:-1]) < tokens for batch in batches)


def test_shuffling_differs_from_epoch_to_epoch_but_not_from_run_to_run():
    sentences, _ = sentences_of([["a"]] * 50)

    def two_epochs(seed):
        random = np.random.default_rng(seed)
        return [np.concatenate(list(sentences.batches(10, random))).tolist() for _ in range(2)]

    assert two_epochs(1) == two_epochs(1)
    assert two_epochs(1)[0] != two_epochs(1)[1]
    assert two_epochs(1) != two_epochs(2)


@pytest.mark.parametrize(
    ("lengths", "tokens", "batches"),
    [
        ([2, 2, 2, 2], 4, [[0, 1], [2, 3]]),
        ([3, 3, 3], 4, [[0, 1], [2]]),  # the second begins before the fourth token, the third after it
        ([9, 1, 1], 4, [[0], [1, 2]]),
        ([1, 1], 100, [[0, 1]]),
        ([5, 5], 1, [[0], [1]]),
        ([], 4, []),
    ],
)
def test_cut_where_the_running_number_of_tokens_passes_a_multiple(lengths, tokens, batches):
    cut = cut_by_tokens(np.arange(len(lengths)), np.array(lengths, int), tokens)
    assert [part.tolist() for part in cut] == batches
