"""Characters as units: Chinese divided into words."""

import os
from pathlib import Path

import numpy as np
import pytest

import deltarule as dr
from deltarule.text import cut_into_characters, read_characters

SENTENCES = """\
我 来到 北京 大学 。
他们 在 图书馆 看 书 。
北京 的 天气 很 好 。
我们 的 大学 在 上海 。
他 买 了 iPhone 15 手机 。
图书馆 有 200 本 书 ， 很 好 。
你 来 上海 看 我们 ！
天气 好 ， 他们 来到 图书馆 。
"""
DATA = Path(os.environ.get("DELTARULE_DATA", ""))
GSD = DATA / "segmentation" / "ud-chinese-gsdsimp"


@pytest.fixture(scope="module")
def conllu(tmp_path_factory):
    """The sentences above as CoNLL-U."""
    path = tmp_path_factory.mktemp("segmentation") / "toy.conllu"
    sentences = [
        "".join(f"{i}\t{word}\t_\tX\t_\t_\t_\t_\t_\t_\n" for i, word in enumerate(line.split(), start=1))
        for line in SENTENCES.splitlines()
    ]
    path.write_text("\n".join(sentences) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def segmenter(conllu, small):
    """A segmenter that knows these sentences by heart."""
    return dr.Tagger(unit="character", pair_dimension=10, **{**small, "epochs": 40}).fit(conllu)


def test_it_learns_to_divide_text_into_words(segmenter, conllu):
    evaluation = segmenter.evaluate(conllu)
    assert list(evaluation.types) == [""]
    assert evaluation.overall.gold == len(SENTENCES.split())
    assert evaluation.overall.f1 == 1
    assert evaluation.tokens == len("".join(SENTENCES.split()))
    assert segmenter.model.labelling.scheme == "BMES"


def test_words_of_a_text(segmenter):
    tagged = segmenter.tag("我来到北京大学。他们看书。")
    assert tagged.words == ["我", "来到", "北京", "大学", "。", "他们", "看", "书", "。"]
    assert str(tagged) == "我 来到 北京 大学 。 他们 看 书 。"
    assert [tagged.text[word.start : word.end] for word in tagged.entities] == tagged.words
    assert [sentence["words"][-1] for sentence in tagged.as_dicts(begin=10)] == [
        {"text": "。", "start": 17, "end": 18},
        {"text": "。", "start": 22, "end": 23},
    ]


@pytest.mark.parametrize("text", ["我 来到北 京大学。", "他买了i Phone\u300015\n手 机", " 图书\n馆 ", "\n", ""])
def test_no_word_reaches_across_white_space_and_white_space_stays(segmenter, text):
    tagged = segmenter.tag(text)
    assert not any(character.isspace() for word in tagged.words for character in word)
    assert "".join(tagged.words) == "".join(text.split())
    assert {len(text) - len(str(tagged).replace(" ", "")) for text in [text.replace(" ", "")]} == {0}


def test_letters_and_digits_hold_together(segmenter):
    assert segmenter.tag("他买了Kindle 27手机。").words == ["他", "买", "了", "Kindle", "27", "手机", "。"]


def test_tokens_that_are_given_are_cut_too(segmenter):
    assert segmenter.tag(["我来", "到"]).words == ["我", "来到"]
    assert segmenter.tag([]).words == []


@pytest.mark.parametrize("threads", [1, 2])
def test_kernels_label_characters_as_the_reference_does(segmenter, threads):
    corpus = read_characters("我在北京图书馆看书，天气很好！他来上海大学。" * 3)
    model = segmenter.model
    sentences = model.sentences(corpus)
    scores = model.reference_scores(sentences, np.arange(corpus.sentences))
    expected = model.labelling.decoder.decode(scores, corpus.sentence_offsets)
    assert model.predict(corpus, threads).tolist() == expected.tolist()


def test_characters_with_bmes_labels_train_the_same_segmenter(segmenter, conllu, small, tmp_path):
    corpus = cut_into_characters(dr.read_corpus(conllu))
    lines = [
        "".join(f"{c}\t{label}\n" for c, label in zip(corpus.words(i), corpus.sentence_labels(i), strict=True))
        for i in range(corpus.sentences)
    ]
    (tmp_path / "toy.conll").write_text("\n".join(lines), encoding="utf-8")
    other = dr.Tagger(unit="character", pair_dimension=10, **{**small, "epochs": 40}).fit(tmp_path / "toy.conll")
    assert other.evaluate(tmp_path / "toy.conll").overall == segmenter.evaluate(conllu).overall
    for name, parameter in segmenter.model.network.parameters.items():
        assert np.array_equal(parameter.value, other.model.network.parameters[name].value)


def test_names_can_be_labelled_by_characters(small):
    corpus = dr.Corpus.from_sentences([["我", "在", "北京"], ["他", "来"]], [["O", "O", "B-LOC"], ["O", "O"]])
    tagger = dr.Tagger(unit="character", pair_dimension=10, **{**small, "epochs": 30}).fit(corpus)
    tagged = tagger.tag("我在北京")
    assert str(tagged) == "我在[LOC 北京]"
    assert (tagged.segmented, tagged.words, tagged.labels) == (False, list("我在北京"), ["O", "O", "B-LOC", "I-LOC"])


def test_a_model_on_disk_is_the_same_segmenter(segmenter, tmp_path):
    segmenter.save(tmp_path / "model")
    loaded = dr.load(tmp_path / "model")
    assert loaded.config.unit == "character"
    text = "我们在北京看天气。"
    assert loaded.tag(text) == segmenter.tag(text)


def test_vectors_of_words_of_one_character_are_used(conllu, small):
    vectors = dr.WordVectors(("我", "我们", "馆"), np.arange(12, dtype=np.float32).reshape(3, 4))
    tagger = dr.Tagger(vectors, unit="character", trainable_vectors=False, **small).fit(conllu)
    words = tagger.model.encoder.vocabularies["word"]
    assert "我们" not in words
    table = tagger.model.network.parameters["word.vectors"].value
    assert table[words.ids(["我", "馆"])].tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]


def test_gradients_agree(segmenter, conllu):
    feeds = segmenter.model.example_feeds(dr.read_corpus(conllu), 3, seed=0)
    assert dr.gradient_check(segmenter.model.network.loss, feeds=feeds, sample=20)


def test_features_are_those_of_the_unit():
    assert dr.Tagger(unit="character").config.features == ("word", "pair", "kinds")
    with pytest.raises(dr.InputError, match="unknown features shape; choose from: word, pair"):
        dr.Tagger(unit="character", features=["shape"])
    with pytest.raises(dr.InputError, match="setting 'unit'"):
        dr.Tagger(unit="letter")


@pytest.mark.skipif(
    not GSD.is_dir(), reason="set DELTARULE_DATA to the folder of corpora that docs/results.md describes"
)
def test_chinese_is_segmented_well_above_a_baseline_without_pairs():
    tagger = dr.Tagger(unit="character").fit(GSD / "train.conllu")
    assert tagger.evaluate(GSD / "test.conllu").overall.f1 > 0.84
