"""Text: corpora and their formats, label schemes, word features, vocabularies, word vectors, windows."""

from deltarule.text.characters import cut_into_characters, read_characters
from deltarule.text.conll import parse_conll, read_conll
from deltarule.text.conllu import parse_conllu, read_conllu
from deltarule.text.corpus import Corpus, CorpusBuilder
from deltarule.text.features import (
    CAPITALISATIONS,
    FEATURES,
    affixes,
    capitalisation,
    feature_columns,
    fold,
    shape,
)
from deltarule.text.files import FilePath, read_blocks, read_text
from deltarule.text.form_numbers import FormNumbers
from deltarule.text.lexicon import MATCHES, Lexicon, join_matches, split_matches
from deltarule.text.passages import PASSAGE, passage_offsets
from deltarule.text.plain import read_plain, split_sentences, tokenise
from deltarule.text.plain_blocks import plain_corpora
from deltarule.text.reading import read_corpus
from deltarule.text.recognition import recognise_scheme
from deltarule.text.schemes import SCHEMES, Span, convert, encode, legal_transitions, spans
from deltarule.text.sentence_blocks import conll_corpora, conll_token_blocks, conllu_corpora
from deltarule.text.token_block import TokenBlock, whole_passages
from deltarule.text.units import UNITS, Unit
from deltarule.text.vectors import WordVectors, read_vectors
from deltarule.text.vocabulary import BOUNDARY, UNKNOWN, Vocabulary
from deltarule.text.windows import window_positions

__all__ = [
    "BOUNDARY",
    "CAPITALISATIONS",
    "FEATURES",
    "MATCHES",
    "PASSAGE",
    "SCHEMES",
    "UNITS",
    "UNKNOWN",
    "Corpus",
    "CorpusBuilder",
    "FilePath",
    "FormNumbers",
    "Lexicon",
    "Span",
    "TokenBlock",
    "Unit",
    "Vocabulary",
    "WordVectors",
    "affixes",
    "capitalisation",
    "conll_corpora",
    "conll_token_blocks",
    "conllu_corpora",
    "convert",
    "cut_into_characters",
    "encode",
    "feature_columns",
    "fold",
    "join_matches",
    "legal_transitions",
    "parse_conll",
    "parse_conllu",
    "passage_offsets",
    "plain_corpora",
    "read_blocks",
    "read_characters",
    "read_conll",
    "read_conllu",
    "read_corpus",
    "read_plain",
    "read_text",
    "read_vectors",
    "recognise_scheme",
    "shape",
    "spans",
    "split_matches",
    "split_sentences",
    "tokenise",
    "whole_passages",
    "window_positions",
]
