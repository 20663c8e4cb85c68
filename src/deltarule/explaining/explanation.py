"""Why a word got its label: the parts that each word of the window, and each feature of each word, had in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from deltarule.explaining.explanation_page import explanation_fragment, explanation_page
from deltarule.explaining.explanation_table import explanation_table

__all__ = ["Explanation", "FeatureShare", "HiddenLayer", "WindowWord"]


@dataclass(frozen=True)
class FeatureShare:
    """What one feature of one word contributed to the margin.

    Attributes
    ----------
    name, value : such as "suffix3", "ris"
    known : whether the model has a vector for this value, or reads that of unknown ones
    gradient : gradient × (input − baseline)
    integrated : integrated gradients
    masked : how much the margin falls when the feature is put at its baseline
    """

    name: str
    value: str
    known: bool
    gradient: float
    integrated: float
    masked: float


@dataclass(frozen=True)
class WindowWord:
    """What one word of the window contributed to the margin: the sums over its features.

    Attributes
    ----------
    offset : from the word that is explained: −2, −1, 0, ...
    word : the word, or ``None`` beyond the ends of the sentence
    masked : how much the margin falls when all of the word's features are put at their baseline
    """

    offset: int
    word: str | None
    gradient: float
    integrated: float
    masked: float
    features: tuple[FeatureShare, ...]


@dataclass(frozen=True)
class HiddenLayer:
    """The neurons of a layer: activation a, and error signal δ = ∂margin/∂z, of each."""

    name: str
    activations: tuple[float, ...]
    signals: tuple[float, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a word got its label.

    What is explained is the margin: the score of the label less that of the runner-up, the best of all others. It is
    shared out between the actual window and a baseline; see `baseline`.

    Attributes
    ----------
    words, index : the sentence, and which of its words
    label : the predicted label as the network spells it (IOBES for chunks); `written` as the training corpus does
    runner_up : the label with the best score among all others
    scores, probabilities : for each label, best first; softmax of the scores
    margin : score of the label less score of the runner-up; below 0 where the rules of labels overruled the scores
    baseline : "boundary", the vectors that stand beyond the ends of a sentence, so that each part says what it
        matters that this word is there rather than none; or "zero"
    baseline_margin : the margin for a window of the baseline alone
    window : the words of the window
    hidden : the layers of neurons
    points : at which gradients were taken for the integral
    error : the sum of the integrated parts less (margin − baseline_margin)
    """

    words: tuple[str, ...]
    index: int
    label: str
    written: str
    runner_up: str
    scores: dict[str, float]
    probabilities: dict[str, float]
    margin: float
    baseline: str
    baseline_margin: float
    window: tuple[WindowWord, ...]
    hidden: tuple[HiddenLayer, ...]
    points: int
    error: float

    @property
    def word(self) -> str:
        """The word that is explained."""
        return self.words[self.index]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {"word": self.word, **asdict(self)}

    def to_html(self) -> str:
        """Return a page with bars for words and features and a strip of neurons; it needs no other file."""
        return explanation_page(self)

    def _repr_html_(self) -> str:
        return explanation_fragment(self)

    def __str__(self) -> str:
        """Write tables for a terminal."""
        return explanation_table(self)
