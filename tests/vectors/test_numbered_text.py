import gzip
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text import UNKNOWN, fold, read_plain
from deltarule.vectors import numbered_text
from deltarule.vectors.numbered_text import NumberedText


def folded_sentences(content):
    corpus = read_plain(content)
    return [list(map(fold, corpus.words(i))) for i in range(corpus.sentences)]


def sentences_of(numbered):
    found = []
    for part in numbered.sentences():
        words = [numbered.vocabulary[number] if number != UNKNOWN else None for number in part.words.tolist()]
        found += [words[a:b] for a, b in zip(part.offsets[:-1], part.offsets[1:], strict=True)]
    return found


def test_words_sentences_and_counts_are_those_of_the_whole_text(text):
    expected = folded_sentences(text.read_text())
    counts = Counter(word for sentence in expected for word in sentence)
    with NumberedText([text]) as numbered:
        assert sentences_of(numbered) == expected
        assert sentences_of(numbered) == expected  # in every epoch again
        assert dict(zip(numbered.vocabulary.entries, numbered.counts.tolist(), strict=True)) == counts
        assert numbered.tokens == sum(counts.values())
        assert "0000" in numbered.vocabulary


def test_rare_words_are_unknown(text):
    text.write_text("a b. a b. a c.")
    with NumberedText([text], 2) as numbered:
        assert numbered.vocabulary.entries == (".", "a", "b")
        assert numbered.counts.tolist() == [3, 3, 2]
        assert sentences_of(numbered) == [["a", "b", ".", "a", "b", ".", "a", None, "."]]


@given(st.integers(1, 60), st.integers(1, 40), st.lists(st.sampled_from(["A b. ", "C d!\n\n", "e ", "F"]), min_size=9))
@settings(max_examples=40, deadline=None)
def test_streaming_equals_reading_the_whole(tmp_path_factory, block, tokens, parts):
    path = tmp_path_factory.mktemp("texts") / "t.txt"
    path.write_text("A b " + "".join(parts))
    with NumberedText([path]) as whole, pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbered_text, "_BLOCK", block)
        patch.setattr(numbered_text, "_TOKENS", tokens)
        with NumberedText([path]) as streamed:
            assert sentences_of(streamed) == sentences_of(whole) == folded_sentences(path.read_text())
            assert streamed.counts.tolist() == whole.counts.tolist()


def test_several_files_and_gzip(text, tmp_path):
    packed = tmp_path / "b.txt.gz"
    packed.write_bytes(gzip.compress(text.read_bytes()))
    fractions = []
    with NumberedText([text, packed], progress=fractions.append) as both, NumberedText([text]) as one:
        assert sentences_of(both) == sentences_of(one) * 2
        assert (both.counts == 2 * one.counts).all()
        assert both.digest != one.digest
    assert fractions == sorted(fractions)
    assert {0.5, 1.0} <= set(fractions)
    assert max(fractions) == 1


def test_the_digest_tells_texts_apart(tmp_path):
    digests = set()
    for number, content in enumerate(["a b. C d.", "a b c d.", "a b. C e.", "C d. a b."]):
        path = tmp_path / f"{number}.txt"
        path.write_text(content)
        with NumberedText([path]) as numbered:
            digests.add(numbered.digest)
    assert len(digests) == 4


def test_texts_that_cannot_be_used(tmp_path):
    (tmp_path / "a.txt").write_text("word")
    with pytest.raises(InputError, match=r"a\.txt: fewer than two words occur 1 times or more in 1 words; give more"):
        NumberedText([tmp_path / "a.txt"])
    (tmp_path / "b.txt").write_bytes("café".encode("latin-1"))
    with pytest.raises(InputError, match=r"b\.txt:1: byte 0xe9 is not utf-8"):
        NumberedText([tmp_path / "b.txt"])
    with pytest.raises(InputError, match="no such file"):
        NumberedText([tmp_path / "absent.txt"])
    (tmp_path / "c.txt").write_bytes(np.random.default_rng(0).bytes(20).replace(b"\n", b""))
    with pytest.raises(InputError):
        NumberedText([tmp_path / "c.txt"])
