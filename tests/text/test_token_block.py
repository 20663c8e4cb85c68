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
