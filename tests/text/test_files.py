import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.files import blocks_of, decoded, read_blocks, read_lines, read_text


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
        (gzip.compress("é\n".encode(), mtime=0), "é\n"),
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


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_empty_files(write, content):
    with pytest.raises(InputError, match=r"words\.conll: the file is empty"):
        read_lines(write(content))


def test_damaged_gzip(write):
    with pytest.raises(InputError, match="damaged gzip file"):
        read_text(write(gzip.compress(b"some words" * 50, mtime=0)[:-12]))


class TestBlocks:
    TEXT = "\ufeffAda\r\nsings\r\r\n\n東京 é\r🙂\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-7", "gb18030"])
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
    def test_joined_they_are_the_text(self, write, encoding, size):
        content = self.TEXT.encode(encoding)
        assert "".join(read_blocks(write(content), encoding, size)) == "Ada\nsings\r\n\n東京 é\r🙂\n"
        assert "".join(read_blocks(write(gzip.compress(content, mtime=0)), encoding, size)) == read_text(
            write(content), encoding
        )

    @given(st.lists(st.sampled_from(["\r", "\n", "é", "a", "\ufeff"]), max_size=12).map("".join), st.integers(1, 20))
    def test_bytes_may_be_cut_anywhere(self, text, size):
        content = text.encode()
        blocks = [content[i : i + size] for i in range(0, len(content), size)]
        expected = text.removeprefix("\ufeff").replace("\r\n", "\n")
        assert "".join(decoded(blocks, "utf-8", lambda *_: "")) == expected

    def test_they_end_with_a_line_if_its_end_is_near(self):
        assert list(blocks_of(io.BytesIO(b"one\ntwo\nthree\n"), 5)) == [b"one\ntwo\n", b"three\n"]
        assert list(blocks_of(io.BytesIO(b"a very long line\nb"), 4)) == [b"a very l", b"ong line", b"\nb"]

    @pytest.mark.parametrize(
        ("content", "encoding", "message"),
        [
            (b"ok\n" * 9 + b"Mal\xe9\tO\nx\n", "utf-8", r":10: byte 0xe9 is not utf-8: '"),
            (b"ok\n" * 9 + b"caf\xc3", "utf-8", r":10: byte 0xc3 is not utf-8: '"),
            ("ok\n".encode("utf-16-le") * 9 + b"\x00\xdc", "utf-16-le", r":10: byte 0x00 is not utf-16-le: "),
        ],
    )
    def test_errors_have_the_number_of_the_line_in_the_file(self, write, content, encoding, message):
        path = write(content)
        with pytest.raises(InputError) as whole:
            read_text(path, encoding)
        for size in (4, 5, 7):
            with pytest.raises(InputError, match=message):
                list(read_blocks(path, encoding, size))
        assert whole.match(message)

    def test_damage_is_told_where_it_is_reached(self, write):
        words = "".join(f"word {number}\n" for number in range(100_000)).encode()
        blocks = read_blocks(write(gzip.compress(words, mtime=0)[:-12]), size=1000)
        assert next(blocks).startswith("word 0\n")
        with pytest.raises(InputError, match="damaged gzip file"):
            list(blocks)

    def test_codecs_that_are_of_no_text_are_no_encodings(self, write):
        with pytest.raises(InputError, match="there is no encoding 'base64'"):
            read_text(write(b"YQ=="), "base64")
