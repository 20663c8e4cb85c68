import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deltarule.kernels.tagged_lines import write_lines

WORDS = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1, max_size=5)
LABELS = ("O", "B-LOC", "I-LOC", "É", "")


@given(st.lists(st.lists(st.tuples(WORDS, st.integers(0, 4)), max_size=5), max_size=5), st.booleans())
def test_every_token_has_a_line_and_sentences_an_empty_one_behind_them(sentences, with_confidences):
    words = [word.encode() for sentence in sentences for word, _ in sentence]
    labels = np.array([label for sentence in sentences for _, label in sentence], np.int16)
    ends = np.cumsum([0, *map(len, words)], dtype=np.int32)
    offsets = np.cumsum([0, *map(len, sentences)])
    names = [label.encode() for label in LABELS]
    lines = np.empty(100_000, np.uint8)
    drawn = np.random.default_rng(len(words)).random(len(words)).astype(np.float32)
    drawn[:1], drawn[1:2] = 1, 0.99996
    confidences = drawn if with_confidences else np.zeros(0, np.float32)
    written = iter([f"\t{confidence:.4f}" for confidence in drawn] if with_confidences else [""] * len(words))
    size = write_lines(
        np.frombuffer(b"".join(words), np.uint8), ends[:-1], ends[1:], offsets,
        labels, np.frombuffer(b"".join(names), np.uint8), np.cumsum([0, *map(len, names)]), confidences, lines,
    )  # fmt: skip
    expected = "".join(
        "".join(f"{word}\t{LABELS[label]}{next(written)}\n" for word, label in sentence) + "\n"
        for sentence in sentences
        if sentence
    )
    assert lines[:size].tobytes().decode() == expected
