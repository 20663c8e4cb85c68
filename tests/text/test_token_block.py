import deltarule as dr
from deltarule.text.conll import Layout
from deltarule.text.token_block import TokenBlock


def tokens(block):
    return [block.text[a:b].tobytes().decode() for a, b in zip(block.starts, block.ends, strict=True)]


def test_tokens_are_places_in_the_bytes_of_the_lines():
    block = TokenBlock.of_lines("é\tO\nAda\tO\n\nsings\tO", Layout(True, 2))
    assert (tokens(block), block.sentence_offsets.tolist(), len(block)) == (["é", "Ada", "sings"], [0, 2, 3], 3)


def test_what_bytes_do_not_explain_is_no_block():
    assert TokenBlock.of_lines("Ada\tO\n-DOCSTART-\tO\n", Layout(True, 2)) is None


def test_the_tokens_of_a_corpus():
    corpus = dr.Corpus.from_sentences([["Ada", "é"], [], ["Ada", "# a b", " "]])
    block = TokenBlock.of_corpus(corpus)
    assert (tokens(block), block.sentence_offsets.tolist()) == (["Ada", "é", "Ada", "# a b", " "], [0, 2, 2, 5])
    assert len(TokenBlock.of_corpus(dr.Corpus.from_sentences([]))) == 0


def test_a_block_is_cut_and_joined_again():
    corpus = dr.Corpus.from_sentences([["Ada", "é"], [], ["sings"], ["now"]], documents=[1, 3])
    block = TokenBlock.of_corpus(corpus, [1, 3, 4])
    for sentence in range(5):
        before, behind = block.cut(sentence)
        assert (before.sentences, behind.sentences) == (sentence, 4 - sentence)
        assert behind.document_begins.tolist() == [begin - sentence for begin in (1, 3, 4) if begin >= sentence]
        again = before.followed_by(behind)
        assert (tokens(again), again.sentence_offsets.tolist()) == (["Ada", "é", "sings", "now"], [0, 2, 2, 3, 4])
        assert again.document_begins.tolist() == [1, 3, 4]
        assert again.passage_offsets.tolist() == [0, 1, 3, 4]
