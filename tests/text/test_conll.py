import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.conll import parse_conll, read_conll


def sentences_of(corpus):
    return [list(zip(corpus.words(i), corpus.sentence_labels(i), strict=True)) for i in range(corpus.sentences)]


def parse(text, **options):
    return parse_conll(text.split("\n"), source="train.conll", **options)


fields = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), min_size=1)
sentences = st.lists(st.lists(st.tuples(fields, fields), min_size=1), min_size=1)


@given(sentences)
def test_tokens_come_back(written):
    """Any token may stand between tabs, unless its line looks like a comment or a document's beginning."""
    kept = [
        [(form, label) for form, label in words if not form.startswith("# ") and form != "-DOCSTART-"]
        for words in written
    ]
    kept = [[pair for pair in words if "".join(pair).strip(" ")] for words in kept]
    kept = [words for words in kept if words]
    if not kept:
        return
    lines = [line for words in kept for line in [*map("\t".join, words), ""]]
    assert sentences_of(parse_conll(lines)) == kept


def test_tabs_spaces_and_line_ends(tmp_path):
    expected = [[("Ada", "B-PER"), ("slept", "O")], [("Yes", "O")]]
    for content in (
        "Ada\tB-PER\nslept\tO\n\nYes\tO\n",
        "Ada B-PER\nslept    O\n\n\n\nYes O",
        "\ufeffAda\tB-PER\r\nslept\tO\r\n \t\r\nYes\tO\r\n\r\n",
    ):
        path = tmp_path / "words.conll"
        path.write_bytes(content.encode())
        assert sentences_of(read_conll(path)) == expected
        path.write_bytes(gzip.compress(content.encode()))
        assert sentences_of(read_conll(path)) == expected


def test_tokens_between_tabs_may_contain_spaces():
    corpus = parse("New York\tB-LOC\n1\u00a0000\tO\n\u3000\tO")
    assert corpus.words(0) == ["New York", "1\u00a0000", "\u3000"]


def test_tokens_between_spaces_may_contain_other_white_space():
    assert parse("1\u00a0000 O\n\u3000 O").words(0) == ["1\u00a0000", "\u3000"]


def test_columns():
    text = "1 Ada NNP B-PER\n2 slept VBD O"
    assert sentences_of(parse(text)) == [[("1", "B-PER"), ("2", "O")]]
    assert sentences_of(parse(text, columns=(1, 2))) == [[("Ada", "NNP"), ("slept", "VBD")]]
    assert sentences_of(parse(text, columns=(-3, -1))) == [[("Ada", "B-PER"), ("slept", "O")]]


@pytest.mark.parametrize("start", ["-DOCSTART-", "-DOCSTART- -X- O", "-DOCSTART-\tO", "# newdoc", "# newdoc id = 7"])
def test_documents(start):
    for divider in " \t":
        token = f"Ada{divider}O"
        corpus = parse("\n".join([start, "", token, "", token, start, token, "", start, start, token]))
        assert corpus.document_offsets.tolist() == [0, 2, 3, 4]
        assert len(corpus) == 4


def test_a_token_may_begin_like_a_document_start():
    assert parse("-DOCSTART-ing\tO\n-\tO").words(0) == ["-DOCSTART-ing", "-"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#\tO\n#NFL\tO\nwow\tO", ["#", "#NFL", "wow"]),
        ("# O\n#NFL O\nwow O", ["#", "#NFL", "wow"]),
        ("#NFL\tO\n#\tO", ["#NFL", "#"]),
        ("#NFL O", ["#NFL"]),
        ("# sent_id = 5\nwow\tO", ["wow"]),
        ("# text = #NFL\tO\nwow\tO", ["wow"]),
        ("# sent_id = 5\nwow UH I-X O", ["wow"]),
        ("# NN I-NP O\nwow UH I-X O", ["#", "wow"]),
        ("# newdoc\nwow O", ["wow"]),
        ("#comment\n#two words here\nwow\tO", ["wow"]),
        ("#comment\nwow O", ["wow"]),
        ("##NFL\tO\nwow\tO", ["##NFL", "wow"]),
    ],
)
def test_comments_and_tokens_that_begin_like_them(text, words):
    assert parse(text).words(0) == words


def test_one_column_for_tagging():
    corpus = parse("# newdoc\nMuseums\n#\n#NFL\n# a comment\nParis\n\nYes", labelled=False)
    assert [corpus.words(0), corpus.words(1)] == [["Museums", "#", "#NFL", "Paris"], ["Yes"]]
    assert corpus.labels is None


def test_labels_are_left_aside_for_tagging():
    corpus = parse("Ada B-PER", labelled=False)
    assert corpus.words(0) == ["Ada"]
    assert corpus.labels is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ada\tO\n\nParis", "train.conll:3: expected 2 columns, found 1: 'Paris'; every token needs"),
        ("Ada O\nParis X O", "train.conll:2: expected 2 columns, found 3: 'Paris X O'; .* divided by spaces"),
        ("Ada\tO\nParis O", "train.conll:2: expected 2 columns, found 1: 'Paris O'; .* divided by tabs"),
        ("Ada", "train.conll:1: expected a token and a label, found one column: 'Ada'; divide them by a tab"),
        ("# x\n\nAda", "train.conll:3: expected a token and a label"),
        ("Ada\t", "train.conll:1: empty token or label: 'Ada\\\\t'"),
        ("Ada\tO\n\tO", "train.conll:2: empty token or label"),
        ("# newdoc\n\n# only comments", "train.conll: there are no tokens in it"),
        ("-DOCSTART- O", "train.conll: there are no tokens in it"),
    ],
)
def test_malformed_lines(text, message):
    with pytest.raises(InputError, match=message):
        parse(text)


def test_more_columns_where_one_was_expected():
    with pytest.raises(InputError, match=r"train\.conll:2: expected 1 column, found 2: 'two words'"):
        parse("Ada\ntwo words", labelled=False)


@pytest.mark.parametrize("columns", [(2, 1), (0, 2), (-3, 1)])
def test_columns_that_are_not_there(columns):
    with pytest.raises(InputError, match=r"there is no column -?\d among 2; columns are counted from 0"):
        parse("Ada O", columns=columns)


@pytest.mark.parametrize("columns", [(0, 0), (1, -1)])
def test_one_column_cannot_be_both(columns):
    with pytest.raises(InputError, match="cannot be both token and label"):
        parse("Ada O", columns=columns)
