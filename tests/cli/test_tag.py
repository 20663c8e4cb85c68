import gzip
import io
import json
import re
import sys

import pytest

import deltarule as dr
from deltarule.cli import display, main

CONLL = "Ada\tB-PER\nlives\tO\nin\tO\nParis\tB-LOC\n.\tO\n\n"


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text.txt").write_text("Ada lives in Paris.\n", encoding="utf-8")
    return tmp_path / "text.txt"


def test_plain_text_from_a_file(deltarule, model, text):
    assert deltarule("tag", model, text) == (0, CONLL, "")


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input(arguments, deltarule, model):
    assert deltarule("tag", model, *arguments, stdin=b"Ada lives in Paris.") == (0, CONLL, "")


@pytest.mark.parametrize(
    "tokens",
    [
        "Ada\nlives\nin\nParis\n.\n",
        "Ada\tO\nlives\tO\nin\tO\nParis\tO\n.\tO\n",  # labels that are there are left out
        "# a comment in a file of tokens\nAda\nlives\nin\nParis\n.\n",
        "\ufeffAda\r\nlives\r\nin\r\nParis\r\n.\r\n",
    ],
)
def test_tokens_one_a_line(tokens, deltarule, model):
    assert deltarule("tag", model, stdin=tokens.encode()) == (0, CONLL, "")


def test_sentences_of_tokens_end_at_empty_lines(deltarule, model):
    out = deltarule("tag", model, stdin=b"Ada\nlives\nin\nParis\n.\n\n\nMary\nvisits\nLondon\n.").out
    assert out == CONLL + "Mary\tB-PER\nvisits\tO\nLondon\tB-LOC\n.\tO\n\n"


def test_rare_characters_do_not_end_lines(deltarule, model):
    out = deltarule("tag", model, "--format", "json", stdin="a\u2028b\nParis\n".encode()).out
    assert [token["text"] for token in json.loads(out)["tokens"]] == ["a\u2028b", "Paris"]


def test_probabilities_of_labels(deltarule, model, text):
    lines = [line.split("\t") for line in deltarule("tag", model, text, "--probabilities").out.splitlines() if line]
    assert [line[:2] for line in lines] == [line.split("\t") for line in CONLL.splitlines() if line]
    out = deltarule("tag", model, text, "--probabilities", "--format", "json").out
    tokens = json.loads(out)["tokens"]
    assert [f"{token['probability']:.4f}" for token in tokens] == [probability for _, _, probability in lines]
    assert all(0.3 < token["probability"] <= 1 for token in tokens)


def test_marked_text_has_no_place_for_probabilities(deltarule, model, text):
    assert deltarule("tag", model, text, "--probabilities", "--format", "text") == (
        2,
        "",
        "error: --format text has no place for probabilities; choose --format conll or --format json\n",
    )


def test_the_kind_of_input_can_be_told(deltarule, model):
    assert deltarule("tag", model, "--input", "text", stdin=b"Ada\nlives.").out.count("\n") == 4
    columns = b"Ada O\nlives O\nin O\nParis O\n. O\n"
    assert deltarule("tag", model, "--input", "tokens", stdin=columns).out == CONLL


def test_conll_files_are_read_as_such(deltarule, model, tmp_path):
    (tmp_path / "a.conll").write_text("Ada NNP O\nlives VB O\nin IN O\nParis NNP O\n. . O\n")
    assert deltarule("tag", model, tmp_path / "a.conll").out == CONLL
    (tmp_path / "a.conll").write_text("Ada lives in Paris.")
    assert deltarule("tag", model, tmp_path / "a.conll", "--input", "text").out == CONLL


def test_conllu_files_are_read_as_such(deltarule, model, tmp_path):
    words = ["Ada", "lives", "in", "Paris", "."]
    rows = [f"{number}\t{word}\t_\tX\t_\t_\t0\troot\t_\t_\n" for number, word in enumerate(words, start=1)]
    (tmp_path / "a.conllu").write_text("".join(rows))
    assert deltarule("tag", model, tmp_path / "a.conllu").out == CONLL


def test_windows_line_ends_and_byte_order_marks_are_no_tokens(deltarule, model):
    assert deltarule("tag", model, stdin="\ufeffAda lives in Paris.\r\n".encode()).out == CONLL


class TestFormats:
    SOURCE = "Ada lives in Paris. Zoë 🙂\n\nMuseums in Paris are amazing".encode()

    def test_json_has_a_sentence_a_line_with_offsets_into_the_text(self, deltarule, model):
        lines = deltarule("tag", model, "--format", "json", stdin=self.SOURCE).out.splitlines()
        text, sentences = self.SOURCE.decode(), [json.loads(line) for line in lines]
        assert [sentence["text"] for sentence in sentences] == [
            "Ada lives in Paris.", "Zoë 🙂", "Museums in Paris are amazing"
        ]  # fmt: skip
        assert all(text[s["start"] : s["end"]] == s["text"] for s in sentences)
        pieces = [piece for s in sentences for piece in (*s["tokens"], *s["entities"])]
        assert all(text[piece["start"] : piece["end"]] == piece["text"] for piece in pieces)
        assert sentences[2]["entities"] == [{"text": "Paris", "type": "LOC", "start": 38, "end": 43}]
        assert sentences[2]["tokens"][0] == {"text": "Museums", "label": "O", "start": 27, "end": 34}

    def test_text_has_the_entities_in_brackets(self, deltarule, model):
        out = deltarule("tag", model, "--format", "text", stdin=b"Museums in Paris\n\n are amazing\n").out
        assert out == "Museums in [LOC Paris]\n\n are amazing\n"

    def test_text_has_other_labels_behind_the_words(self, deltarule, pos_model):
        assert deltarule("tag", pos_model, "--format", "text", stdin=b"Dogs bark").out == "Dogs/NOUN bark/VERB\n"

    def test_brackets_in_the_text_are_no_colours(self, deltarule, model):
        text = "[bold]Museums in Paris[/]"
        out = deltarule("tag", model, "--format", "text", stdin=text.encode()).out
        assert out == f"{dr.load(model).tag(text)}\n"
        assert "[LOC Paris]" in out
        assert re.sub(r"\[[A-Z]{3} (.+?)\](?!\])", r"\1", out) == f"{text}\n"

    def test_a_terminal_has_entities_in_colour(self, model, monkeypatch):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        screen = Terminal()
        monkeypatch.setattr(sys, "argv", ["deltarule", "tag", str(model), "--format", "text"])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Museums in Paris\n")))
        monkeypatch.setattr("deltarule.cli.tag.output", display.Console(file=screen, force_terminal=True))
        with pytest.raises(SystemExit):
            main()
        assert screen.getvalue().startswith("Museums in \x1b[")
        assert screen.getvalue().count("\n") == 1


class TestOutputFile:
    def test_results_go_to_the_file_and_nothing_is_left_beside_it(self, deltarule, model, text, tmp_path):
        assert deltarule("tag", model, text, "-o", tmp_path / "out.conll") == (0, "", "")
        assert (tmp_path / "out.conll").read_text() == CONLL
        assert (tmp_path / "out.conll").stat().st_mode == text.stat().st_mode
        assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "out.conll"}

    def test_a_file_can_be_tagged_in_place_and_keeps_its_mode(self, deltarule, model, text):
        text.chmod(0o600)
        assert deltarule("tag", model, text, "-o", text).code == 0
        assert text.read_text() == CONLL
        assert text.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
    def test_a_failure_leaves_the_old_file_whole(self, failure, deltarule, model, text, tmp_path, monkeypatch):
        def break_off(*_):
            yield b"half"
            raise failure

        monkeypatch.setattr("deltarule.cli.tag._conll_lines", break_off)
        (tmp_path / "out").write_text("old")
        code, _, err = deltarule("tag", model, text, "-o", tmp_path / "out")
        assert (code, err) in {(130, "interrupted\n"), (2, "error: file: No space left on device\n")}
        assert (tmp_path / "out").read_text() == "old"
        assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "out"}

    def test_a_device_is_written_to_not_replaced(self, deltarule, model, text, tmp_path):
        (tmp_path / "nowhere").symlink_to("/dev/null")
        assert deltarule("tag", model, text, "-o", tmp_path / "nowhere") == (0, "", "")
        assert (tmp_path / "nowhere").is_char_device()

    def test_places_that_cannot_be(self, deltarule, model, text, tmp_path):
        nowhere = tmp_path / "none" / "out"
        errors = [deltarule("tag", model, text, "-o", place).err for place in (tmp_path, nowhere)]
        assert errors == [
            f"error: {tmp_path}: this is a directory; name a file in it\n",
            f"error: {nowhere}: there is no directory {nowhere.parent}\n",
        ]


class TestBlocks:
    """Texts are read and written in blocks, which nobody can tell from the result."""

    SENTENCE = "Ada lives in Paris. Mary (née Zoë) visits London!\n"
    PLAIN = "\n\n  " + SENTENCE * 3 + "\n" + SENTENCE * 2 + "Museums in Paris are amazing\n\n\n"
    TOKENS = "Ada\nlives\n\n#Paris\nis\nZoë\n \n-DOCSTART-\n\n# a comment\n\nLondon\n.\n\n\nMary\nvisits\nParis\n"
    COLUMNS = "# newdoc\nAda\tO\nlives\tO\n\n-DOCSTART-\tO\n\nin\tO\nParis\tO\n\t\nMary\tO\n"
    CONLLU = "# newdoc\n1\tAda\t_\tX\t_\t_\t0\troot\t_\t_\n\n1\tParis\t_\tX\t_\t_\t0\troot\t_\t_\n\n"

    @pytest.fixture
    def outputs(self, deltarule, model, tmp_path, monkeypatch):
        """What comes out for blocks of all sizes."""

        def run(content, *arguments, name="text.txt", sizes=(1, 7, 50, 1 << 20)):
            (tmp_path / name).write_bytes(content)
            found = set()
            for size in sizes:
                monkeypatch.setattr("deltarule.cli.tag._BLOCK", size)
                found.add(deltarule("tag", model, tmp_path / name, *arguments))
            return found

        return run

    @pytest.mark.parametrize("form", ["conll", "json", "text"])
    @pytest.mark.parametrize(
        ("text", "name"),
        [(PLAIN, "a.txt"), (TOKENS, "a.txt"), (COLUMNS, "a.txt"), (COLUMNS, "a.conll"), (CONLLU, "a.conllu")],
    )
    def test_the_result_is_that_of_the_whole_text(self, text, name, form, outputs):
        (outcome,) = outputs(text.encode(), "--format", form, name=name)
        assert (outcome.code, outcome.err) == (0, "")
        assert "Paris" in outcome.out

    def test_places_in_json_are_those_in_the_text(self, outputs):
        (outcome,) = outputs(self.PLAIN.encode(), "--format", "json", sizes=(30,))
        sentences = [json.loads(line) for line in outcome.out.splitlines()]
        assert all(self.PLAIN[s["start"] : s["end"]] == s["text"] for s in sentences)
        pieces = [piece for s in sentences for piece in (*s["tokens"], *s["entities"])]
        assert all(self.PLAIN[piece["start"] : piece["end"]] == piece["text"] for piece in pieces)
        assert len(pieces) > 50

    def test_places_of_tokens_are_those_in_the_tokens_joined(self, outputs):
        (outcome,) = outputs(self.TOKENS.encode(), "--format", "json", sizes=(5,))
        joined = "Ada lives\n#Paris is Zoë\nLondon .\nMary visits Paris"
        sentences = [json.loads(line) for line in outcome.out.splitlines()]
        assert [joined[s["start"] : s["end"]] for s in sentences] == joined.split("\n")
        assert [joined[t["start"] : t["end"]] for s in sentences for t in s["tokens"]] == joined.split()

    def test_marked_text_is_the_text_with_its_marks(self, outputs):
        (outcome,) = outputs(self.PLAIN.encode(), "--format", "text")
        unmarked = outcome.out.replace("[PER ", "").replace("[LOC ", "").replace("]", "")
        assert unmarked == self.PLAIN.rstrip("\n") + "\n"

    @pytest.mark.parametrize(
        ("content", "arguments"),
        [
            (("\ufeff" + TOKENS).replace("\n", "\r\n").encode(), ()),
            (gzip.compress(TOKENS.encode(), mtime=0), ()),
            (TOKENS.encode("latin-1"), ("--encoding", "latin-1")),
            (TOKENS.encode("utf-16"), ("--encoding", "utf-16")),
        ],
    )
    def test_line_ends_compression_and_encodings(self, content, arguments, outputs):
        assert outputs(content, *arguments) == outputs(self.TOKENS.encode())

    def test_standard_input_is_read_in_blocks_too(self, deltarule, model, outputs, monkeypatch):
        (outcome,) = outputs(self.TOKENS.encode())
        monkeypatch.setattr("deltarule.cli.tag._BLOCK", 9)
        assert deltarule("tag", model, stdin=self.TOKENS.encode()) == outcome

    @pytest.mark.parametrize("threads", [1, 2, 3])
    @pytest.mark.parametrize("form", ["conll", "json"])
    def test_threads_change_nothing(self, threads, form, outputs):
        (outcome,) = outputs(self.TOKENS.encode(), "--format", form)
        assert outputs(self.TOKENS.encode(), "--format", form, "--threads", threads, sizes=(10,)) == {outcome}

    @pytest.mark.parametrize("form", ["conll", "json"])
    def test_errors_have_the_number_of_the_line_in_the_file(self, form, outputs, tmp_path):
        long = "Ada\tO\n\n" * 500 + "Paris\n"
        (outcome,) = outputs(long.encode(), "--format", form, "-o", tmp_path / "out", sizes=(100, 1 << 20))
        assert outcome.code == 2
        assert outcome.err.startswith(
            f"error: {tmp_path / 'text.txt'}:1001: expected 2 columns, found 1: 'Paris'; every"
        )
        assert {path.name for path in tmp_path.iterdir()} == {"text.txt"}
        (outcome,) = outputs(b"Ada\n\n" * 500 + b"Zo\xeb\n", "--format", form, sizes=(100, 1 << 20))
        assert outcome.err.startswith(f"error: {tmp_path / 'text.txt'}:1001: byte 0xeb is not utf-8: 'Zo\\\\xeb'")

    def test_white_space_at_the_beginning_may_be_longer_than_a_block(self, outputs):
        (outcome,) = outputs(b"\n" * 100 + b"Ada\n")
        assert outcome.out == "Ada\tO\n\n"
        (outcome,) = outputs(b" \n" * 100)
        assert outcome.err.endswith("text.txt: there is nothing to tag\n")

    def test_a_text_that_begins_like_tokens_is_known_by_its_first_thousand_lines(self, outputs):
        (outcome,) = outputs(b"Ada\n" * 990 + b"Ada lives in Paris.\n", "--format", "text")
        assert outcome.code == 0
        assert outcome.out.count("\n") == 991
        (outcome,) = outputs(b"Ada\n" * 1000 + b"Ada lives in Paris.\n")
        assert ":1001: expected 1 column, found 4" in outcome.err

    def test_at_least_one_thread_is_needed(self, outputs):
        (outcome,) = outputs(b"Ada\n", "--threads", "0")
        assert (outcome.code, outcome.err) == (2, "error: at least one thread is needed, not 0\n")


class TestErrors:
    @pytest.mark.parametrize(
        ("stdin", "arguments", "message"),
        [
            (b"", (), "standard input: there is nothing to tag"),
            (b" \n\n", (), "standard input: there is nothing to tag"),
            (b"caf\xe9", (), "standard input is not utf-8: unexpected end of data; give its --encoding"),
            (b"cafe", ("--encoding", "klingon"), "there is no encoding 'klingon'; try utf-8 or latin-1"),
            (b"a\tO\nb\n", ("--input", "tokens"), "standard input:2: expected 2 columns, found 1: 'b'; every token"),
        ],
    )
    def test_standard_input_that_cannot_be_used(self, stdin, arguments, message, deltarule, model):
        code, out, err = deltarule("tag", model, *arguments, stdin=stdin)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"error: {message}")

    def test_other_encodings_on_request(self, deltarule, model):
        out = deltarule("tag", model, "--encoding", "latin-1", stdin=b"caf\xe9 in Paris").out
        assert [line.split("\t")[0] for line in out.splitlines()] == ["café", "in", "Paris", ""]

    def test_files_that_cannot_be_used(self, deltarule, model, tmp_path):
        (tmp_path / "latin.txt").write_bytes(b"one\ncaf\xe9\n")
        none = tmp_path / "none"
        assert deltarule("tag", model, none).err == f"error: {none}: there is no such file; check the path\n"
        assert deltarule("tag", model, tmp_path).err == f"error: {tmp_path}: this is a directory; name a file in it\n"
        assert deltarule("tag", model, tmp_path / "latin.txt").err.startswith(
            f"error: {tmp_path / 'latin.txt'}:2: byte 0xe9 is not utf-8: 'caf\\\\xe9'"
        )

    def test_models_that_cannot_be_used(self, deltarule, text, tmp_path):
        assert deltarule("tag", tmp_path, text).code == 2
        assert deltarule("tag", tmp_path, text).err.startswith(f"error: {tmp_path} is no deltarule model")


def test_the_command_says_what_the_library_says(deltarule, model):
    source = "Mary visits London. Ada, in Paris!"
    rows = [line.split("\t") for line in deltarule("tag", model, stdin=source.encode()).out.splitlines() if line]
    assert rows == [[token.text, token.label] for token in dr.load(model).tag(source).tokens]


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory):
    """A model that knows by heart how four sentences divide into words."""
    directory = tmp_path_factory.mktemp("segmenter")
    sentences = ["我 来到 北京 。", "我 来到", "北京", "北京 我 。"]
    words = [enumerate(sentence.split(), start=1) for sentence in sentences]
    rows = "\n".join("".join(f"{i}\t{word}\t_\tX" + "\t_" * 6 + "\n" for i, word in own) for own in words)
    (directory / "train.conllu").write_text(rows, encoding="utf-8")
    settings = {"hidden": 20, "learning_rate": 0.01, "dropout": 0.0, "minimum_count": 1, "epochs": 40}
    dr.Tagger(unit="character", **settings).fit(directory / "train.conllu").save(directory / "model")
    return directory / "model"


def test_a_segmenter_puts_spaces_between_words(deltarule, segmenter):
    text = "我来到北京。\n\n 我 来到北京。"
    assert deltarule("tag", segmenter, stdin=text.encode()).out == "我 来到 北京 。\n\n 我 来到 北京 。\n"


def test_a_segmenter_writes_columns_and_json(deltarule, segmenter):
    columns = deltarule("tag", segmenter, "--format", "conll", stdin="我来到\n北京".encode()).out
    assert columns == "我\tS\n来\tB\n到\tE\n\n北\tB\n京\tE\n\n"
    lines = deltarule("tag", segmenter, "--format", "json", stdin="我来到\n北京".encode()).out.splitlines()
    assert json.loads(lines[1]) == {
        "text": "北京", "start": 4, "end": 6, "words": [{"text": "北京", "start": 4, "end": 6}]
    }  # fmt: skip


def test_a_segmenter_divides_words_that_stand_in_columns_anew(deltarule, segmenter, tmp_path):
    (tmp_path / "a.conll").write_text("我来\n到\n\n北\n京\n", encoding="utf-8")
    assert deltarule("tag", segmenter, tmp_path / "a.conll").out == "我 来到\n北京\n"
    assert deltarule("tag", segmenter, tmp_path / "a.conll", "--format", "conll").out.startswith("我\tS\n来\tB\n")


def test_blocks_do_not_change_how_text_is_segmented(deltarule, segmenter, monkeypatch):
    text = "我来到北京。我来到。\n北京我。\n" * 20
    whole = deltarule("tag", segmenter, stdin=text.encode()).out
    monkeypatch.setattr("deltarule.cli.tag._BLOCK", 16)
    monkeypatch.setattr("deltarule.cli.tag._FIRST_LINES", 1)
    assert deltarule("tag", segmenter, stdin=text.encode()).out == whole
    assert whole.replace(" ", "") == text
