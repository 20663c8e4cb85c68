import numpy as np
from benchmarks.peers.batches import WindowBatches
from hypothesis import given
from hypothesis import strategies as st

FORMS, WORDS, FEATURES, TOKENS = 9, 6, 7, 40


def arrays(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        "windows": random.integers(0, FORMS, (TOKENS, 3), dtype=np.int32),
        "labels": random.integers(0, 4, TOKENS, dtype=np.int32),
        "order": random.permutation(TOKENS),
        "word_of_form": random.integers(0, WORDS, FORMS, dtype=np.int32),
        "features_of_form": random.integers(0, FEATURES, (FORMS, 2), dtype=np.int32),
        "words": np.zeros((WORDS, 2), np.float32),
        "features": np.zeros((FEATURES, 2), np.float32),
    }


@given(st.integers(0, 1000), st.integers(1, 10), st.booleans(), st.integers(0, 20))
def test_a_batch_looks_up_what_the_corpus_has(seed: int, size: int, padded: bool, number: int) -> None:
    data = arrays(seed)
    batches = WindowBatches(data, size, padded=padded)
    batch = batches[number]
    begin = number % batches.count * size
    tokens = data["order"][begin : begin + size]
    forms = data["windows"][tokens]
    assert np.array_equal(batch.words[batch.word_of_form[batch.windows]], data["word_of_form"][forms])
    assert np.array_equal(batch.features[batch.features_of_form[batch.windows]], data["features_of_form"][forms])
    assert np.array_equal(batch.labels, data["labels"][tokens])


@given(st.integers(0, 1000), st.integers(1, 10))
def test_rows_are_distinct_and_padded_ones_lie_behind_the_table(seed: int, size: int) -> None:
    data = arrays(seed)
    plain, padded = (WindowBatches(data, size, padded=choice) for choice in (False, True))
    shapes = set()
    for number in range(plain.count):
        batch, filled = plain[number], padded[number]
        assert len(set(batch.words.tolist())) == len(batch.words)
        assert len(set(batch.features.tolist())) == len(batch.features)
        assert np.array_equal(filled.words[: len(batch.words)], batch.words)
        assert np.all(filled.words[len(batch.words) :] == WORDS)
        assert np.all(filled.features[len(batch.features) :] == FEATURES)
        shapes.add(tuple(array.shape for array in filled))
    assert len(shapes) == 1
