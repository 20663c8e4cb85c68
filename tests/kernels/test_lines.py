import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.kernels.lines import find_tokens
from deltarule.text.conll import add_conll_lines, find_layout
from deltarule.text.corpus import CorpusBuilder

PIECES = [
    "a",
    "é",
    "東京",
    "#",
    "-",
    "-D",
    "-DOCSTART-",
    "newdoc",
    "=",
    "\t",
    "\t",
    " ",
    " ",
    "\n",
    "\n",
    "\n",
    "\r",
    "\u00a0",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def found(text, tabs, width):
    """The tokens of each sentence by the kernel; None where it leaves the text to the parser of lines."""
    content = np.frombuffer(text.encode(), np.uint8)
    lines = text.count("\n") + 1
    starts, ends, offsets = np.empty(lines, np.int32), np.empty(lines, np.int32), np.empty(lines + 1, np.int64)
    sentences = find_tokens(content, tabs, width, starts, ends, offsets)
    if sentences < 0:
        return None
    places = list(zip(starts, ends, strict=True))[: offsets[sentences]]
    tokens = [content[begin:end].tobytes().decode() for begin, end in places]
    return [tokens[offsets[i] : offsets[i + 1]] for i in range(sentences)]


def parsed(text):
    """Layout and sentences by the parser of lines."""
    lines = list(enumerate(text.split("\n"), start=1))
    layout = find_layout(lines, False, "x")
    builder = CorpusBuilder("x")
    add_conll_lines(builder, lines, layout, labelled=False)
    corpus = builder.build()
    return layout, [corpus.words(i) for i in range(corpus.sentences)]


@given(TEXTS)
def test_what_bytes_tell_is_what_the_parser_says(text):
    try:
        layout, sentences = parsed(text)
    except InputError:
        return
    by_bytes = found(text, layout.tabs, layout.width)
    assert by_bytes is None or by_bytes == sentences


@given(TEXTS)
def test_lines_that_are_errors_are_left_to_the_parser(text):
    lines = list(enumerate(text.split("\n"), start=1))
    try:
        layout = find_layout(lines, False, "x")
    except InputError:
        return
    try:
        add_conll_lines(CorpusBuilder("x"), lines, layout, labelled=False)
    except InputError:
        assert found(text, layout.tabs, layout.width) is None


def test_common_texts_are_not_left_to_the_parser():
    assert found("Ada\nsings\n.\n\n \t\n#1\n#tag\n-\n--\n", False, 1) == [
        ["Ada", "sings", "."],
        ["#1", "#tag", "-", "--"],
    ]
    assert found("# a comment\nAda NNP\n  sings   VBZ \n", False, 2) == [["Ada", "sings"]]
    assert found("#comment\nNew York\tB-LOC\n#\tO\n\u00a0\tO\n", True, 2) == [["New York", "#", "\u00a0"]]


def test_marks_of_documents_and_what_may_be_one_are_left_to_the_parser():
    for text in ("-DOCSTART-\n", "-Do\n", "# newdoc id = 7\nAda\n", "#\u00a0newdoc x\n"):
        assert found(text, False, 1) is None
    assert found("# NN\n", False, 2) is None
    assert found("Ada\tO\n\tO\n", True, 2) is None
    assert found("Ada\tO\nsings\n", True, 2) is None


def test_without_columns_every_line_is_a_token_as_it_stands():
    assert found("# a\n -D\t\n\n\n \nend", False, 0) == [["# a", " -D\t"], [" ", "end"]]


def test_texts_without_tokens():
    for text in ("", "\n", "\n\n \n"):
        assert found(text, False, 1) == []
