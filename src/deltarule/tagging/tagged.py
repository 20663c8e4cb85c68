"""What a tagger says of a text: tokens with labels, and entities with character offsets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from deltarule.text import Corpus, spans

__all__ = ["Entity", "TaggedText", "Token"]


@dataclass(frozen=True)
class Token:
    """A word with its label; ``text[start:end]`` of the tagged text is the word."""

    text: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class Entity:
    """A chunk of words with its type; ``text[start:end]`` of the tagged text is the entity."""

    text: str
    type: str
    start: int
    end: int


@dataclass(frozen=True)
class TaggedText:
    """A text with its labels.

    Attributes
    ----------
    text : the text
    sentences : the tokens of each sentence
    entities : in order; empty where labels mark no chunks
    """

    text: str
    sentences: tuple[tuple[Token, ...], ...]
    entities: tuple[Entity, ...]

    @classmethod
    def of_corpus(cls, corpus: Corpus, labels: list[str], chunks: bool) -> TaggedText:
        """Join a corpus that knows its text with a label for each token; `chunks` says whether labels mark chunks."""
        assert corpus.text is not None and corpus.starts is not None and corpus.ends is not None
        text, starts, ends = corpus.text, corpus.starts.tolist(), corpus.ends.tolist()
        sentences, entities = [], []
        offsets = corpus.sentence_offsets.tolist()
        for begin, end in zip(offsets, offsets[1:], strict=False):
            tokens = [Token(text[starts[i] : ends[i]], labels[i], starts[i], ends[i]) for i in range(begin, end)]
            sentences.append(tuple(tokens))
            for span in spans(labels[begin:end]) if chunks else []:
                first, last = tokens[span.start].start, tokens[span.end - 1].end
                entities.append(Entity(text[first:last], span.type, first, last))
        return cls(text, tuple(sentences), tuple(entities))

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens of all sentences."""
        return tuple(token for sentence in self.sentences for token in sentence)

    @property
    def labels(self) -> list[str]:
        """The label of each token."""
        return [token.label for token in self.tokens]

    def as_dict(self) -> dict[str, Any]:
        """Return the text, its tokens by sentence and its entities as JSON has them."""
        return asdict(self)

    def __str__(self) -> str:
        """Show the entities in brackets, or a label behind each token."""
        if not self.entities:
            return " ".join(f"{t.text}/{t.label}" if t.label != "O" else t.text for t in self.tokens)
        parts, done = [], 0
        for entity in self.entities:
            parts.append(f"{self.text[done : entity.start]}[{entity.type} {entity.text}]")
            done = entity.end
        return "".join(parts) + self.text[done:]
