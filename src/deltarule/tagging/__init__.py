"""Tagging: the tagger, its network, its decoding, its evaluation and its files."""

from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.evaluation import Evaluation, Score, evaluate_labels
from deltarule.tagging.model import TaggingModel
from deltarule.tagging.model_files import check_writable
from deltarule.tagging.tagged import Entity, TaggedSentence, TaggedText, Token
from deltarule.tagging.tagger import Progress, Tagger

__all__ = [
    "Entity",
    "Evaluation",
    "Progress",
    "Score",
    "TaggedSentence",
    "TaggedText",
    "Tagger",
    "TaggerConfig",
    "TaggingModel",
    "Token",
    "check_writable",
    "evaluate_labels",
]
