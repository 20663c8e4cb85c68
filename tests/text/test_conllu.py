import pytest

from deltarule.errors import InputError
from deltarule.text.conllu import parse_conllu, read_conllu


def row(number, form, upos, xpos):
    return "\t".join([number, form, "_", upos, xpos, "_", "0", "root", "_", "_"])


LINES = [
    "# newdoc id = a",
    "# text = I don't.",
    row("1", "I", "PRON", "PRP"),
    row("2-3", "don't", "_", "_"),
    row("2", "do", "AUX", "VBP"),
    row("3", "n't", "PART", "RB"),
    row("3.1", "know", "VERB", "VB"),
    row("4", ".", "PUNCT", "."),
    "",
    "# newpar",
    row("1", "No", "INTJ", "UH"),
    "",
    "# newdoc",
    row("1", "#", "SYM", "NN"),
]


def test_words_without_ranges_and_empty_nodes():
    corpus = parse_conllu(LINES)
    assert [corpus.words(i) for i in range(3)] == [["I", "do", "n't", "."], ["No"], ["#"]]
    assert corpus.sentence_labels(0) == ["PRON", "AUX", "PART", "PUNCT"]
    assert corpus.document_offsets.tolist() == [0, 2, 3]


def test_xpos():
    assert parse_conllu(LINES, "xpos").sentence_labels(0) == ["PRP", "VBP", "RB", "."]


def test_read_from_a_file(tmp_path):
    path = tmp_path / "a.conllu"
    path.write_bytes("\r\n".join([*LINES, "", ""]).encode())
    corpus = read_conllu(path)
    assert len(corpus) == 6
    assert corpus.source == str(path)


def test_unknown_field():
    with pytest.raises(InputError, match=r"there is no field 'feats' .* choose upos or xpos"):
        parse_conllu(LINES, "feats")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1\tAda\tO", r"a\.conllu:2: expected 10 columns divided by tabs, found 3: '1\\tAda\\tO'"),
        (row("x", "Ada", "NOUN", "NN"), r"a\.conllu:2: expected a word number"),
        (row("0", "Ada", "NOUN", "NN"), r"a\.conllu:2: expected a word number"),
        (row("1", "", "NOUN", "NN"), r"a\.conllu:2: expected a word number, a form and a label in columns 1, 2 and 4"),
        (row("1", "Ada", "", "NN"), r"a\.conllu:2: expected a word number"),
    ],
)
def test_malformed_lines(line, message):
    with pytest.raises(InputError, match=message):
        parse_conllu([row("1", "Ada", "PROPN", "NNP"), line], source="a.conllu")


def test_only_comments():
    with pytest.raises(InputError, match=r"a\.conllu: there are no words in it"):
        parse_conllu(["# newdoc"], source="a.conllu")
