"""Tagging: the tagger, its network, its decoding, its evaluation and its files."""

from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.confusions import Confusion, Example
from deltarule.tagging.evaluation import Evaluation, Score, evaluate_labels
from deltarule.tagging.explain import explain
from deltarule.tagging.model import TaggingModel
from deltarule.tagging.tagged import Entity, TaggedSentence, TaggedText, Token
from deltarule.tagging.tagger import Progress, Tagger
from deltarule.tagging.window_scorer import PairScores, WindowScorer

__all__ = [
    "Confusion",
    "Entity",
    "Evaluation",
    "Example",
    "PairScores",
    "Progress",
    "Score",
    "TaggedSentence",
    "TaggedText",
    "Tagger",
    "TaggerConfig",
    "TaggingModel",
    "Token",
    "WindowScorer",
    "evaluate_labels",
    "explain",
]
