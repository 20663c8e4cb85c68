import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from deltarule.errors import InputError
from deltarule.text import vectors
from deltarule.text.vectors import read_vectors


@pytest.fixture
def write(tmp_path):
    def write_bytes(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_bytes


def as_dict(word_vectors):
    return dict(zip(word_vectors.words, word_vectors.matrix.tolist(), strict=True))


EXPECTED = {"the": [0.5, -1.25, 2.0], "été": [3.0, 0.25, -0.125]}


@pytest.mark.parametrize(
    "content",
    [
        "the 0.5 -1.25 2.0\nété 3.0 0.25 -0.125\n",
        "the 0.5 -1.25 2.0\nété 3.0 0.25 -0.125",
        "2 3\nthe 0.5 -1.25 2.0 \nété 3.0 0.25 -0.125 \n",
        "the 0.5 -1.25 2\r\nété 3 0.25 -0.125\r\n",
        "the\t0.5\t-1.25\t2.0\nété\t3.0\t0.25\t-0.125\n",
        "the 5e-1 -1.25 2.0\n\nété 3.0 2.5E-1 -1.25e-01\n\n",
        "the 0.5 -1.25 2.0\nété 3.0 0.25 -0.125\nthe 9.0 9.0 9.0\n",
    ],
)
def test_forms_of_text_files(write, content):
    for path in (write(content), write(gzip.compress(content.encode()), "zipped.txt")):
        word_vectors = read_vectors(path)
        assert as_dict(word_vectors) == EXPECTED
        assert word_vectors.matrix.dtype == np.float32
        assert (len(word_vectors), word_vectors.dimension) == (2, 3)


def test_words_with_spaces(write):
    content = "the 0.5 1.5\n. . . 0.5 2.5\nat name@domain.com 1.5 -1.0\n\u00a0 1.0 2.0\n"
    assert as_dict(read_vectors(write(content))) == {
        "the": [0.5, 1.5],
        ". . .": [0.5, 2.5],
        "at name@domain.com": [1.5, -1.0],
        "\u00a0": [1.0, 2.0],
    }


def test_words_that_look_like_numbers(write):
    assert list(as_dict(read_vectors(write("1.5 0.5 1.5\nnan 1.0 2.0\n. 1.0 2.0\n")))) == ["1.5", "nan", "."]


def test_words_that_are_not_utf8_do_no_harm(write):
    assert read_vectors(write(b"a 0.5\n\xff 1.5\n")).words == ("a", "\ufffd")


def test_limit(write):
    content = "a 0.5\nb 1.5\nc 2.5\n"
    assert read_vectors(write(content), limit=2).words == ("a", "b")
    assert read_vectors(write(f"3 1\n{content}"), limit=1).words == ("a",)
    assert read_vectors(write(content), limit=9).words == ("a", "b", "c")


@given(
    st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3), min_size=1),
    st.sampled_from(["{:.4f}", "{!r}", "{:.9e}", "{:g}"]),
)
@settings(max_examples=50)
def test_values_are_those_of_python(tmp_path_factory, rows, style):
    path = tmp_path_factory.mktemp("vectors") / "v.txt"
    written = [[style.format(value) for value in row] for row in rows]
    path.write_text("".join(f"w{i} {' '.join(row)}\n" for i, row in enumerate(written)))
    expected = np.array([[float(value) for value in row] for row in written])
    with np.errstate(over="ignore"):
        expected = expected.astype(np.float32)
    if np.isfinite(expected).all():
        assert read_vectors(path).matrix.tobytes() == expected.tobytes()


def test_blocks_and_progress(write, monkeypatch):
    monkeypatch.setattr(vectors, "_BLOCK", 64)
    lines = [f"word{i} {i}.25 -{i}.5 1e-{i % 9}" for i in range(4000)]
    fractions = []
    word_vectors = read_vectors(write("\n".join(lines)), progress=fractions.append)
    assert word_vectors.words == tuple(f"word{i}" for i in range(4000))
    assert word_vectors.matrix[:, 0].tolist() == [i + 0.25 for i in range(4000)]
    assert word_vectors.matrix[13].tolist() == [13.25, -13.5, np.float32(1e-4)]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] == 1
    assert len(fractions) <= 101


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a 0.5 1.5\nb 0.5\n", "vectors.txt:2: expected a word and 2 values, found 1: 'b 0.5'"),
        ("a 0.5 1.5\nb 0.5 1.5 2.5\n", "vectors.txt:2: expected a word and 2 values, found 3: 'b 0.5 1.5 2.5'"),
        ("a 0.5 1.5\nb 0.5\nc 0.5 1.5 2.5\n", "vectors.txt:2: expected"),
        ("a 0.5 1.5\n 0.5 1.5\n", "vectors.txt:2: expected a word and 2 values, found 1"),
        ("2 2\na 0.5 1.5\n\nb 0.5 x\n", "vectors.txt:4: 'x' is not a finite number: 'b 0.5 x'"),
        ("a 0.5\nb nan\n", "vectors.txt:2: 'nan' is not a finite number"),
        ("a 0.5\nb -inf\n", "vectors.txt:2: '-inf' is not a finite number"),
        ("a 0.5\nb 1e39\n", "vectors.txt:2: '1e39' is not a finite number"),
        ("", "vectors.txt:1: expected a word and the values of its vector"),
        ("word\n", "vectors.txt:1: expected a word and the values of its vector: 'word'"),
        ("0 3\n", "vectors.txt:1: no vectors announced"),
        ("3 1\na 0.5\n", "vectors.txt: 3 vectors announced, 1 found; download"),
    ],
)
def test_damaged_files(write, content, message):
    with pytest.raises(InputError, match=message):
        read_vectors(write(content))


def test_line_numbers_count_over_blocks(write, monkeypatch):
    monkeypatch.setattr(vectors, "_BLOCK", 64)
    lines = [f"word{i} {i}.25" for i in range(100)]
    lines[71] = "broken one.5"
    with pytest.raises(InputError, match=r"vectors\.txt:72: 'one\.5' is not a finite number"):
        read_vectors(write("\n".join(lines)))


def test_files_that_cannot_be_read(write, tmp_path):
    with pytest.raises(InputError, match=r"absent\.txt: there is no such file"):
        read_vectors(tmp_path / "absent.txt")
    with pytest.raises(InputError, match="this is a directory"):
        read_vectors(tmp_path)
    with pytest.raises(InputError, match=r"cannot be read: .*download the file again"):
        read_vectors(write(gzip.compress(b"a 0.5\n" * 5000)[:-20]))


WORDS = ("king", "queen", "apple", "naïve", "o'clock", "0000")


@pytest.fixture
def word_vectors():
    matrix = np.random.default_rng(0).normal(size=(len(WORDS), 4)).astype(np.float32)
    return vectors.WordVectors(WORDS, matrix)


@pytest.mark.parametrize("suffix", [".txt", ".vec", ".txt.gz", ".vec.gz", ".safetensors"])
def test_written_vectors_are_read_again(suffix, word_vectors, tmp_path):
    path = tmp_path / f"v{suffix}"
    path.write_text("old")
    word_vectors.save(path)
    first = path.read_bytes()
    read = read_vectors(path)
    assert read.words == WORDS
    exact = suffix == ".safetensors"
    assert np.abs(read.matrix - word_vectors.matrix).max() <= (0 if exact else 5.1e-7)
    assert read_vectors(path, limit=2).words == WORDS[:2]
    word_vectors.save(path)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_that_of_word2vec(tmp_path):
    vectors.WordVectors(("a", "b"), np.array([[1, -0.5], [0.25, 3e-9]], np.float32)).save(tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_text() == "2 2\na 1.000000 -0.500000\nb 0.250000 0.000000\n"


@pytest.mark.parametrize("separator", [b"", b"\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_word2vec_binary(separator, packed, word_vectors, tmp_path):
    rows = [w.encode() + b" " + row.tobytes() + separator for w, row in zip(WORDS, word_vectors.matrix, strict=True)]
    content = b"6 4\n" + b"".join(rows)
    path = tmp_path / ("v.bin.gz" if packed else "v.bin")
    path.write_bytes(gzip.compress(content) if packed else content)
    fractions = []
    read = read_vectors(path, progress=fractions.append)
    assert read.words == WORDS
    assert read.matrix.tobytes() == word_vectors.matrix.tobytes()
    assert fractions == [1.0]
    assert read_vectors(path, limit=3).words == WORDS[:3]
    path.write_bytes(content[:-4])
    with pytest.raises(InputError, match="6 vectors announced, 5 found; download the file again"):
        read_vectors(path)


def test_damaged_binary_and_safetensors(word_vectors, tmp_path):
    path = tmp_path / "v.bin"
    path.write_bytes(b"a 1.0\n")
    with pytest.raises(InputError, match=r"v\.bin:1: expected the number of vectors and their dimension"):
        read_vectors(path)
    path.write_bytes(b"1 1\na " + np.array([np.nan], "<f4").tobytes())
    with pytest.raises(InputError, match="the vector of 'a', number 1, has values that are not finite"):
        read_vectors(path)
    path = tmp_path / "v.safetensors"
    with pytest.raises(InputError, match="no such file"):
        read_vectors(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        read_vectors(path)
    path.write_bytes(save({"weights": np.zeros(2, np.float32)}))
    with pytest.raises(InputError, match="there is no tensor 'vectors' nor 'words' in it"):
        read_vectors(path)
    path.write_bytes(save({"vectors": np.zeros((2, 3), np.float32), "words": np.frombuffer(b"a", np.uint8)}))
    with pytest.raises(InputError, match=r"1 words and vectors of float32 of shape \(2, 3\) do not fit"):
        read_vectors(path)
    path.write_bytes(save({"vectors": np.full((1, 3), np.inf, np.float32), "words": np.frombuffer(b"a", np.uint8)}))
    with pytest.raises(InputError, match="not finite"):
        read_vectors(path)


def test_files_that_cannot_be_written(word_vectors, tmp_path):
    with pytest.raises(InputError, match=r"v\.bin: the end of the name says how vectors are written; choose \.txt"):
        word_vectors.save(tmp_path / "v.bin")
    (tmp_path / "d.txt").mkdir()
    with pytest.raises(InputError, match="this is a directory"):
        word_vectors.save(tmp_path / "d.txt")
    with pytest.raises(InputError, match="is no writable directory"):
        word_vectors.save(tmp_path / "absent" / "v.txt")
    (tmp_path / "v.txt").write_text("old")
    with pytest.raises(InputError, match=r"the word 'a\\nb' cannot be written on a line"):
        vectors.WordVectors(("a\nb",), np.zeros((1, 2), np.float32)).save(tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_text() == "old"


@given(st.integers(2, 30), st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_neighbours_are_those_of_largest_cosine(size, count, seed):
    matrix = np.random.default_rng(seed).normal(size=(size, 3)).astype(np.float32)
    found = vectors.WordVectors(tuple(f"w{i}" for i in range(size)), matrix).nearest("w1", count)
    exact = matrix.astype(np.float64)
    cosines = exact @ exact[1] / (np.linalg.norm(exact, axis=1) * np.linalg.norm(exact[1]))
    expected = sorted((c for i, c in enumerate(cosines) if i != 1), reverse=True)[:count]
    assert [cosine for _, cosine in found] == pytest.approx(expected, abs=1e-5)
    assert [cosines[int(word[1:])] for word, _ in found] == pytest.approx(expected, abs=1e-5)


def test_neighbours_of_folded_and_unknown_words(word_vectors):
    assert word_vectors.nearest("KING", 2) == word_vectors.nearest("king", 2)
    assert word_vectors.nearest("1984", 2) == word_vectors.nearest("0000", 2)
    with pytest.raises(InputError, match="there is no vector of 'quen'; did you mean 'queen'"):
        word_vectors.nearest("quen")
    with pytest.raises(InputError, match="there is no vector of 'zzz'; choose a word of the file"):
        word_vectors.nearest("zzz")
    with pytest.raises(InputError, match="at least one neighbour"):
        word_vectors.nearest("king", 0)
    assert vectors.WordVectors(("a",), np.ones((1, 2), np.float32)).nearest("a") == []
    assert vectors.WordVectors(("a", "b"), np.zeros((2, 2), np.float32)).nearest("a") == [("b", 0.0)]
