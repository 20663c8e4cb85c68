import gzip

import pytest

from deltarule.errors import InputError
from deltarule.text.reading import read_corpus

CONLLU = "1\tVédée\t_\tPROPN\tNNP\t_\t0\troot\t_\t_\n"


@pytest.mark.parametrize("name", ["a.conllu", "a.CONLLU", "a.conllu.gz"])
def test_conllu_by_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(CONLLU.encode()) if name.endswith("gz") else CONLLU.encode())
    assert read_corpus(path).sentence_labels(0) == ["PROPN"]
    assert read_corpus(str(path), field="xpos").sentence_labels(0) == ["NNP"]


@pytest.mark.parametrize("name", ["a.conll", "a.txt", "a.tsv", "conllu"])
def test_columns_otherwise(tmp_path, name):
    path = tmp_path / name
    path.write_text("1\tVédée\tO\n", encoding="latin-1")
    corpus = read_corpus(path, columns=(1, 2), encoding="latin-1")
    assert (corpus.words(0), corpus.sentence_labels(0)) == (["Védée"], ["O"])
    with pytest.raises(InputError, match=":1: byte 0xe9 is not utf-8"):
        read_corpus(path)


def test_unlabelled(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Museums\nin\n\nParis\n")
    corpus = read_corpus(path, labelled=False)
    assert (len(corpus), corpus.sentences, corpus.labels) == (3, 2, None)


def test_columns_of_a_conllu_file_are_no_choice(tmp_path):
    path = tmp_path / "a.conllu"
    path.write_text(CONLLU)
    with pytest.raises(InputError, match=r"a\.conllu: CoNLL-U has its own columns; choose the label by field"):
        read_corpus(path, columns=(1, 3))
