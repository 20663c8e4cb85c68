"""What a tagger says of a text: tokens with labels, and entities with character offsets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from deltarule.text import Corpus, spans

__all__ = ["Entity", "TaggedSentence", "TaggedText", "Token"]


@dataclass(frozen=True)
class Token:
    """A word with its label; ``text[start:end]`` of the tagged text is the word.

    `probability` is that of the label, where probabilities were asked for.
    """

    text: str
    label: str
    start: int
    end: int
    probability: float | None = None


@dataclass(frozen=True)
class Entity:
    """A chunk of words with its type; ``text[start:end]`` of the tagged text is the entity."""

    text: str
    type: str
    start: int
    end: int


@dataclass(frozen=True)
class TaggedSentence:
    """A sentence: ``text[start:end]`` of the tagged text. It has no entities where labels mark no chunks."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    entities: tuple[Entity, ...]


@dataclass(frozen=True)
class TaggedText:
    """A text with its labels.

    Attributes
    ----------
    text : the text
    sentences : in order
    """

    text: str
    sentences: tuple[TaggedSentence, ...]

    @classmethod
    def of_corpus(
        cls, corpus: Corpus, labels: list[str], chunks: bool, probabilities: list[float] | None = None
    ) -> TaggedText:
        """Join a corpus that knows its text with a label for each token.

        Parameters
        ----------
        corpus : the text
        labels : of each token
        chunks : whether labels mark chunks
        probabilities : of these labels, if they are known
        """
        assert corpus.text is not None
        assert corpus.starts is not None
        assert corpus.ends is not None
        text, starts, ends = corpus.text, corpus.starts.tolist(), corpus.ends.tolist()
        known = [None] * len(labels) if probabilities is None else probabilities
        columns = zip(starts, ends, labels, known, strict=True)
        tokens = [Token(text[s:e], label, s, e, probability) for s, e, label, probability in columns]
        offsets = corpus.sentence_offsets.tolist()
        sentences = []
        for begin, end in pairwise(offsets):
            if begin == end:
                continue
            own = tuple(tokens[begin:end])
            entities = _entities(text, own) if chunks else ()
            sentences.append(TaggedSentence(own[0].start, own[-1].end, own, entities))
        return cls(text, tuple(sentences))

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens of all sentences."""
        return tuple(token for sentence in self.sentences for token in sentence.tokens)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """All entities of all sentences."""
        return tuple(entity for sentence in self.sentences for entity in sentence.entities)

    @property
    def segmented(self) -> bool:
        """Whether the labels divide the text into words: every token is in a chunk that has no type."""
        return bool(self.sentences) and all(
            sentence.entities
            and all(entity.type == "" for entity in sentence.entities)
            and all(token.label != "O" for token in sentence.tokens)
            for sentence in self.sentences
        )

    @property
    def words(self) -> list[str]:
        """The words that a segmenter found; the tokens where labels are of another kind."""
        return [piece.text for piece in (self.entities if self.segmented else self.tokens)]

    @property
    def labels(self) -> list[str]:
        """The label of each token."""
        return [token.label for token in self.tokens]

    def as_dicts(self, begin: int = 0) -> list[dict[str, Any]]:
        """Return a dict for each sentence as JSON has it: its text, start and end, tokens, entities; or its words.

        Parameters
        ----------
        begin : where this text begins in a larger one, in which the places are told
        """
        segmented = self.segmented
        return [
            {
                "text": self.text[sentence.start : sentence.end],
                "start": begin + sentence.start,
                "end": begin + sentence.end,
                **(_words_of(sentence, begin) if segmented else _labels_of(sentence, begin)),
            }
            for sentence in self.sentences
        ]

    def __str__(self) -> str:
        """Show the entities in brackets; without any, the label behind each token that has one; words with spaces."""
        if self.segmented:
            return _spaced(self.text, self.entities)
        marks = self.entities or [t for t in self.tokens if t.label != "O"]
        parts, done = [], 0
        for mark in marks:
            said = self.text[mark.start : mark.end]
            parts.append(self.text[done : mark.start])
            parts.append(f"[{mark.type} {said}]" if isinstance(mark, Entity) else f"{said}/{mark.label}")
            done = mark.end
        return "".join(parts) + self.text[done:]


def _spaced(text: str, words: tuple[Entity, ...]) -> str:
    """Put spaces between words that have nothing between them."""
    parts, done = [], 0
    for word in words:
        parts += [text[done : word.start] or " " * (done > 0), word.text]
        done = word.end
    return "".join(parts) + text[done:]


def _labels_of(sentence: TaggedSentence, begin: int) -> dict[str, Any]:
    return {
        "tokens": [_dict_of(token, begin) for token in sentence.tokens],
        "entities": [_dict_of(entity, begin) for entity in sentence.entities],
    }


def _words_of(sentence: TaggedSentence, begin: int) -> dict[str, Any]:
    places = [(word.text, begin + word.start, begin + word.end) for word in sentence.entities]
    return {"words": [{"text": text, "start": start, "end": end} for text, start, end in places]}


def _dict_of(piece: Token | Entity, begin: int) -> dict[str, Any]:
    """Return the attributes of a piece of text, several times faster than asdict does."""
    found = vars(piece) | {"start": begin + piece.start, "end": begin + piece.end}
    if found.get("probability", 0) is None:
        del found["probability"]
    return found


def _entities(text: str, tokens: tuple[Token, ...]) -> tuple[Entity, ...]:
    """Return the entities that the labels of a sentence spell out."""
    entities = []
    for span in spans([token.label for token in tokens]):
        start, end = tokens[span.start].start, tokens[span.end - 1].end
        entities.append(Entity(text[start:end], span.type, start, end))
    return tuple(entities)
