"""Word vectors learned from plain text: true windows of words should score higher than corrupted ones."""

from deltarule.vectors.config import VectorConfig
from deltarule.vectors.training import VectorProgress, VectorReport, train_vectors
from deltarule.vectors.window_ranking import WindowRanking

__all__ = ["VectorConfig", "VectorProgress", "VectorReport", "WindowRanking", "train_vectors"]
