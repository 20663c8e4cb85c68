import gzip

import pytest

from deltarule.errors import InputError
from deltarule.text.files import read_lines, read_text


@pytest.fixture
def write(tmp_path):
    def write_bytes(content, name="words.conll"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_bytes


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\nb\n", "a\nb\n"),
        (b"a\r\nb\r\n", "a\nb\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        ("é\u2028b\x85\n".encode(), "é\u2028b\x85\n"),
        (gzip.compress("é\n".encode()), "é\n"),
    ],
)
def test_read_text(write, content, text):
    assert read_text(write(content)) == text


def test_lines_end_at_line_feeds_only(write):
    assert read_lines(write("a\u2028b\x0cc\r\n\r\nd".encode())) == ["a\u2028b\x0cc", "", "d"]


def test_other_encodings(write):
    assert read_text(write(b"\xe9"), "latin-1") == "é"
    assert read_text(write("é".encode("utf-16")), "utf-16") == "é"


def test_wrong_encoding_names_line_and_byte(write):
    path = write(b"ok\tO\nMal\xe9\tB-LOC\nx\tO\n")
    with pytest.raises(InputError) as raised:
        read_text(path)
    assert str(raised.value) == (
        f"{path}:2: byte 0xe9 is not utf-8: 'Mal\\\\xe9\\tB-LOC'; "
        "name the file's encoding with --encoding (encoding=...), latin-1 for example"
    )


def test_unknown_encoding(write):
    with pytest.raises(InputError, match="there is no encoding 'klingon'"):
        read_text(write(b"a"), "klingon")


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(InputError, match=r"absent\.conll: there is no such file"):
        read_text(tmp_path / "absent.conll")
    with pytest.raises(InputError, match="this is a directory"):
        read_text(tmp_path)


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", gzip.compress(b"")])
def test_empty_files(write, content):
    with pytest.raises(InputError, match=r"words\.conll: the file is empty"):
        read_lines(write(content))


def test_damaged_gzip(write):
    with pytest.raises(InputError, match="damaged gzip file"):
        read_text(write(gzip.compress(b"some words" * 50)[:-12]))
