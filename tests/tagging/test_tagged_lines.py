import os
import re
from dataclasses import replace

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import NonFiniteError
from deltarule.tagging.compiled_scores import CompiledScores
from deltarule.text import FormNumbers, TokenBlock, whole_passages


def blocks_of(corpus, sentences):
    """The text of a corpus in blocks of about so many sentences, cut to whole passages."""
    words = [corpus.words(i) for i in range(corpus.sentences)]
    begins = set(corpus.document_offsets.tolist())
    parts = [range(i, min(i + sentences, len(words))) for i in range(0, len(words), sentences)]
    return whole_passages(
        TokenBlock.of_corpus(
            dr.Corpus.from_sentences([words[i] for i in part]), [i - part.start for i in part if i in begins]
        )
        for part in parts
    )


def lines_of(model, blocks, threads=1):
    return b"".join(model.tagged_lines(blocks, threads)).decode()


def expected(model, corpus):
    """The same from the labels of the whole corpus, token by token."""
    labels = iter(model.labelling.written(model.predict(corpus), corpus))
    words = (corpus.words(i) for i in range(corpus.sentences))
    return "".join("".join(f"{word}\t{next(labels)}\n" for word in own) + "\n" for own in words if own)


@pytest.mark.parametrize("sentences", [1, 3, 100])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_blocks_have_the_labels_that_the_whole_text_has(sentences, threads, random_model, made_up_corpus):
    model, text = random_model(1, vectors=5), made_up_corpus(2, 200)
    text = replace(text, document_offsets=np.array([0, 1, 4, 4, 70, 115, 200], np.int32))
    assert lines_of(model, blocks_of(text, sentences), threads) == expected(model, text)


@pytest.mark.parametrize(("limit", "capacity"), [(1, 1), (10, 4), (40, 40), (1000, 3)])
def test_the_labels_do_not_depend_on_what_is_remembered(limit, capacity, random_model, made_up_corpus, monkeypatch):
    model, text = random_model(1, vectors=5), made_up_corpus(2, 150)
    monkeypatch.setattr(CompiledScores, "capacity", capacity)
    monkeypatch.setattr(FormNumbers.__init__, "__defaults__", (limit,))
    assert lines_of(model, blocks_of(text, 2), 3) == expected(model, text)


def test_every_form_is_encoded_once(random_model, made_up_corpus, monkeypatch):
    model, text = random_model(1), made_up_corpus(2)
    encode, encoded = type(model.encoder).encode, []

    def counting(encoder, forms):
        encoded.extend(forms)
        return encode(encoder, forms)

    monkeypatch.setattr(type(model.encoder), "encode", counting)
    lines_of(model, blocks_of(text, 2))
    assert sorted(encoded) == sorted(text.forms)


def test_labels_are_written_in_the_scheme_of_the_training_corpus(random_model, made_up_corpus):
    model = random_model(1, members=1, objective="softmax")
    assert set(re.findall(r"\t(\w)", lines_of(model, blocks_of(made_up_corpus(2), 9)))) == {"O", "B", "I"}


def test_no_blocks_have_no_lines(random_model):
    assert lines_of(random_model(1), []) == ""
    assert lines_of(random_model(1), [TokenBlock.of_corpus(dr.Corpus.from_sentences([]))]) == ""


@pytest.mark.parametrize("threads", [1, 2])
def test_scores_that_are_not_finite_are_an_error(threads, random_model, made_up_corpus):
    model = random_model(1)
    model.network.parameters["output.bias"].value[0] = np.nan
    with pytest.raises(NonFiniteError, match=r"^the scores of labels are infinite or NaN"):
        lines_of(model, blocks_of(made_up_corpus(2), 2), threads)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is measured on Linux")
def test_memory_does_not_grow_with_the_text(random_model, made_up_corpus):
    model, blocks = random_model(1, vectors=5), list(blocks_of(made_up_corpus(2, 2000), 500))
    lines = model.tagged_lines((blocks[i % len(blocks)] for i in range(450)), 2)

    def pages():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1])

    for _ in range(50):
        next(lines)
    before = pages()
    assert sum(len(part) for part in lines) > 5_000_000
    assert (pages() - before) * os.sysconf("SC_PAGE_SIZE") < 30_000_000
