import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.text.plain import read_plain, split_sentences, tokenise


def tokens_of(text):
    return [text[start:end] for start, end in tokenise(text)]


def sentences_of(text):
    corpus = read_plain(text)
    return [" ".join(corpus.words(i)) for i in range(corpus.sentences)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ""),
        ("Museums in Paris are amazing", "Museums in Paris are amazing"),
        ("I don't, can't, DON'T.", "I do n't , ca n't , DO N'T ."),
        ("Marta's dogs' I'd've we'll", "Marta 's dogs ' I 'd 've we 'll"),
        ("It’s Ann’s, isn’t it", "It ’s Ann ’s , is n’t it"),
        ("O'Brien o'clock rock'n'roll", "O'Brien o'clock rock'n'roll"),
        ("a well-known, U.S.-led mother-in-law's", "a well-known , U.S.-led mother-in-law 's"),
        ("1,200 3.5 10:30, 1/2. -5 .5 3-5", "1,200 3.5 10:30 , 1/2 . -5 .5 3-5"),
        ("1,200's 1939–45 $5 50% 3rd 5kg", "1,200 's 1939 – 45 $ 5 50 % 3rd 5kg"),
        ("(in 1999)-5", "( in 1999 ) - 5"),
        ("See http://a.b/c?d=1. (www.x.org/y)", "See http://a.b/c?d=1 . ( www.x.org/y )"),
        ("Mail x.y@z.co.uk, or amazon.com!", "Mail x.y@z.co.uk , or amazon.com !"),
        ("@bob's #NFL #1 a@ #", "@bob 's #NFL #1 a @ #"),
        ("Great :) ;-) =( <3 note:(see", "Great :) ;-) =( <3 note : ( see"),
        ("Mr. Fox, Dr. Ito, J. R. Roe etc.", "Mr. Fox , Dr. Ito , J. R. Roe etc."),
        ("the U.S. at 5 p.m., e.g. here", "the U.S. at 5 p.m. , e.g. here"),
        ("No. 5 is no. So did I. Then", "No. 5 is no . So did I . Then"),
        ("wait... what… no..", "wait ... what … no .."),
        ("so--yes ''x'' ``y`` \"z\"", "so -- yes '' x '' `` y `` \" z \""),
        ("what?! (a/b)", "what ? ! ( a / b )"),
        ("AT&T R&D a&b", "AT&T R&D a & b"),
        ("你好，东京タワー", "你 好 ， 东 京 タ ワ ー"),
        ("서울은 좋다", "서울은 좋다"),
        ("हिन्दी में। cafe\u0301 naïve", "हिन्दी में । cafe\u0301 naïve"),
        ("hi👍🏽👩‍💻❤️🇫🇷🇩🇪", "hi 👍🏽 👩‍💻 ❤️ 🇫🇷 🇩🇪"),
        ("end.Next snake_case", "end . Next snake_case"),
    ],
)
def test_tokens(text, tokens):
    assert tokens_of(text) == tokens.split()


texts = st.one_of(
    st.text(),
    st.text(st.sampled_from("ab.,:;-'’@#()1 2\n\"A&/中\u0301")),
    st.lists(st.sampled_from(["don't", "U.S.", "\n\n", " ", "1,2", "http://", "Mr.", "'", "x@y.zz", ":)", "…"])).map(
        "".join
    ),
)


@given(texts)
def test_tokens_cover_all_but_white_space(text):
    offsets = tokenise(text)
    position = 0
    for start, end in offsets:
        assert text[position:start].strip() == ""
        assert start < end
        assert not any(character.isspace() for character in text[start:end])
        position = end
    assert text[position:].strip() == ""


@given(texts)
def test_sentences_and_offsets_of_a_corpus(text):
    corpus = read_plain(text, "note")
    offsets = tokenise(text)
    assert list(zip(corpus.starts.tolist(), corpus.ends.tolist(), strict=True)) == offsets
    words = [word for i in range(corpus.sentences) for word in corpus.words(i)]
    assert words == [text[start:end] for start, end in offsets]
    assert corpus.sentence_offsets.tolist() == split_sentences(text, offsets)
    assert (corpus.text, corpus.source, corpus.documents) == (text, "note", int(bool(words)))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One .", "Two !", "Three ?", "Four"]),
        ("He said: no. then left.", ["He said : no . then left ."]),
        ("In 5. 7 more.", ["In 5 . 7 more ."]),
        ('"Go." She went. "Why?" he asked.', ['" Go . "', "She went .", '" Why ? " he asked .']),
        ("(Yes.) (No.) [Ok!]", ["( Yes . )", "( No . )", "[ Ok ! ]"]),
        ("“Go!” ‘Now.’ “So?” ¿Qué?", ["“ Go ! ”", "‘ Now . ’", "“ So ? ”", "¿ Qué ?"]),
        ("What?! Well... Yes… No", ["What ? !", "Well ...", "Yes …", "No"]),
        ("Dr. Ito of the U.S. Army, p.m. Then", ["Dr. Ito of the U.S. Army , p.m. Then"]),
        ("A title\n\nA line\nbroken\n \t\nEnd", ["A title", "A line broken", "End"]),
        ("a\r\n\r\nb\r\nc", ["a", "b c"]),
        ("\n\n a \n\n\n\n b\n\n", ["a", "b"]),
        ("你好。好！1吗？", ["你 好 。", "好 ！", "1 吗 ？"]),
        ("Да. Нет. да", ["Да .", "Нет . да"]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences(text, sentences):
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    "piece", ["a.", "-", "ab.", ".+", "1,", "a'", "n't", "@a", "x-", "\u0301", "'s", "://", "a@a."]
)
def test_time_is_linear_in_odd_texts(piece):
    started = time.perf_counter()
    tokenise(piece * 20_000)
    assert time.perf_counter() - started < 2
