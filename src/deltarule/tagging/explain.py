"""Why the tagger gave a word its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.cores import one_thread_of_algebra
from deltarule.execution.reference import Run
from deltarule.explaining import (
    Explanation,
    FeatureShare,
    HiddenLayer,
    Trace,
    Vectors,
    WindowScores,
    WindowWord,
    integrated_gradients,
    trace_run,
)
from deltarule.graph import Array
from deltarule.text import BOUNDARY, FEATURES, Corpus, read_plain

if TYPE_CHECKING:
    from deltarule.tagging.model import TaggingModel
    from deltarule.tagging.tagger import Tagger

__all__ = ["explain", "explain_word", "trace_word"]


def explain(tagger: Tagger, text: str | Sequence[str], word: str | int, *, baseline: str = "boundary") -> Explanation:
    """Explain the label of a word; see `Tagger.explain`."""
    return tagger.explain(text, word, baseline=baseline)


def explain_word(
    model: TaggingModel, text: str | Sequence[str], word: str | int, baseline: str = "boundary"
) -> Explanation:
    """Explain the label of a word of a text; see `Tagger.explain`."""
    with one_thread_of_algebra():
        return _explain(model, text, word, baseline)


def _explain(model: TaggingModel, text: str | Sequence[str], word: str | int, baseline: str) -> Explanation:
    if baseline not in ("boundary", "zero"):
        raise InputError(f"a baseline is 'boundary' or 'zero', not {baseline!r}")
    found = _find(model, text, word)
    window, labels = found.window, model.labelling.names
    start = _baseline(model, window.vectors, baseline)
    scores = window.values(window.vectors)[0]
    label, runner_up = found.label, _runner_up(scores, found.label)
    signal = np.zeros(len(labels))
    signal[[label, runner_up]] = 1, -1
    integrated = integrated_gradients(window, window.vectors, start, signal)
    gradient = {
        name: ((window.vectors[name] - start[name]) * array)[0].sum(axis=-1)
        for name, array in window.scores_and_gradients(window.vectors, signal)[1].items()
    }
    words, features = _masked(window, start, signal)
    order = np.argsort(-scores, kind="stable").tolist()
    exponentials = np.exp(scores - scores.max())
    probabilities = exponentials / exponentials.sum()
    run = window.run(window.vectors, signal)
    return Explanation(
        words=tuple(found.words),
        index=found.index,
        label=labels[label],
        written=found.written,
        runner_up=labels[runner_up],
        scores={labels[i]: float(scores[i]) for i in order},
        probabilities={labels[i]: float(probabilities[i]) for i in order},
        margin=float(scores @ signal),
        baseline=baseline,
        baseline_margin=float(scores @ signal) - integrated.difference,
        window=tuple(_window_words(model, found, gradient, integrated.parts, words, features)),
        hidden=tuple(_hidden_layer(run, member.hidden.name) for member in model.network.members),
        points=integrated.points,
        error=integrated.error,
    )


def trace_word(model: TaggingModel, text: str | Sequence[str], word: str | int, weight: str) -> Trace:
    """Follow the signal from the score of a word's label to one weight; see `Tagger.trace`."""
    found = _find(model, text, word)
    labels = model.labelling.names
    signal = np.zeros(len(labels))
    signal[found.label] = 1
    run = found.window.run(found.window.vectors, signal)
    return trace_run(run, found.window.scores, weight, outputs=labels, inputs=_input_names(found, run))


@dataclass(frozen=True)
class _Found:
    """A word of a text, its window, and what the tagger says of it."""

    words: list[str]
    index: int
    label: int
    written: str
    window: WindowScores

    def around(self) -> list[tuple[int, str | None]]:
        """Return offset and word of each place of the window, ``None`` beyond the ends of the sentence."""
        reach = self.window.places // 2
        places = [(offset, self.index + offset) for offset in range(-reach, reach + 1)]
        return [(offset, self.words[i] if 0 <= i < len(self.words) else None) for offset, i in places]


def _find(model: TaggingModel, text: str | Sequence[str], word: str | int) -> _Found:
    """Tag a text and find a word of it."""
    if not isinstance(text, str) and not all(isinstance(token, str) and token for token in text):
        raise InputError("tokens to explain must be strings with at least one character each")
    corpus = read_plain(text) if isinstance(text, str) else Corpus.from_sentences([list(text)] if text else [])
    if not len(corpus):
        raise InputError("there are no words in the text to explain")
    forms = [corpus.forms[form] for form in corpus.tokens.tolist()]
    token = _number_of(forms, word)
    offsets = corpus.sentence_offsets
    sentence = int(np.searchsorted(offsets, token, side="right")) - 1
    begin, end = offsets[sentence], offsets[sentence + 1]
    feeds = model.sentences(corpus).feeds(np.array([sentence]))
    labels = model.predict(corpus, threads=1)
    written = model.labelling.written(labels, corpus)[token]
    window = WindowScores(model.network.scores, feeds, int(token - begin))
    return _Found(forms[begin:end], int(token - begin), int(labels[token]), written, window)


def _number_of(forms: list[str], word: str | int) -> int:
    """Return the place of a word in a text."""
    if isinstance(word, int):
        if not 0 <= word < len(forms):
            raise InputError(f"there is no word number {word}: the text has {len(forms)}, counted from 0")
        return word
    places = [i for i, form in enumerate(forms) if form == word]
    if not places:
        raise InputError(f"the word {word!r} is not in the text; its words are: {' '.join(forms)}")
    if len(places) > 1:
        raise InputError(
            f"the word {word!r} stands in the text {len(places)} times;"
            f" give its number, counted from 0: {', '.join(map(str, places))}"
        )
    return places[0]


def _runner_up(scores: Array, label: int) -> int:
    """Return the label with the best score among all others."""
    if len(scores) < 2:
        raise InputError("this model knows a single label: there is nothing to compare it with")
    others = scores.copy()
    others[label] = -np.inf
    return int(others.argmax())


def _baseline(model: TaggingModel, vectors: Vectors, baseline: str) -> Vectors:
    """Return the vectors that stand for no word."""
    start = {name: np.zeros_like(array) for name, array in vectors.items()}
    if baseline == "boundary":
        for name in set(model.encoder.vocabularies) & set(start):
            start[name][:] = model.network.parameters[f"{name}.vectors"].value[BOUNDARY]
    return start


def _masked(window: WindowScores, start: Vectors, signal: Array) -> tuple[Array, dict[str, Array]]:
    """Return how far signal · scores falls when a place, and when a feature of a place, is put at the baseline."""
    middle = window.places // 2
    # A row for each place of the window, then for each place of each feature: all are scored at once.
    edits = [[(name, place) for name in window.over_window] for place in range(window.places)]
    alone = [(name, place) for name, array in window.vectors.items() for place in range(array.shape[1])]
    own = set(window.vectors) - set(window.over_window)  # features of the token itself
    edits[middle] += [(name, place) for name, place in alone if name in own]
    edits += [[edit] for edit in alone]
    copies = {name: np.repeat(array, len(edits) + 1, axis=0) for name, array in window.vectors.items()}
    for row, row_edits in enumerate(edits, start=1):
        for name, place in row_edits:
            copies[name][row, place] = start[name][0, place]
    values = window.values(copies) @ signal
    falls = values[0] - values[1:]
    features, done = {}, window.places
    for name, array in window.vectors.items():
        features[name] = falls[done : done + array.shape[1]]
        done += array.shape[1]
    return falls[: window.places], features


def _window_words(
    model: TaggingModel,
    found: _Found,
    gradient: Mapping[str, Array],
    integrated: Mapping[str, Array],
    masked_words: Array,
    masked_features: Mapping[str, Array],
) -> list[WindowWord]:
    """Put together what is known of each place of the window."""
    words = []
    for place, (offset, word) in enumerate(found.around()):
        shares = []
        for name in found.window.vectors:
            over_window = name in found.window.over_window
            if not over_window and offset != 0:
                continue
            value = FEATURES[name](word) if word is not None and name in FEATURES else ""
            vocabulary = model.encoder.vocabularies.get(name)
            known = word is None or vocabulary is None or name not in FEATURES or value in vocabulary
            numbers = [
                float(source[name][place] if over_window else source[name].sum())
                for source in (gradient, integrated, masked_features)
            ]
            shares.append(FeatureShare(name, value, known, *numbers))
        words.append(
            WindowWord(
                offset=offset,
                word=word,
                gradient=sum(share.gradient for share in shares),
                integrated=sum(share.integrated for share in shares),
                masked=float(masked_words[place]),
                features=tuple(shares),
            )
        )
    return words


def _hidden_layer(run: Run, name: str) -> HiddenLayer:
    """Return activations and signals of a layer, found by the names that it gives its nodes."""
    nodes = {node.name: node for node in run.order}
    z = nodes[f"{name}.preactivation"]
    values, signals = run.value(nodes.get(f"{name}.activation", z))[0], run.gradient(z)[0]
    return HiddenLayer(name, tuple(values.tolist()), tuple(signals.tolist()))


def _input_names(found: _Found, run: Run) -> list[str]:
    """Name the numbers that a window lays end to end: word, feature, and place in the feature's vector."""
    names = []
    for offset, word in found.around():
        for feature in found.window.over_window:
            dimension = found.window.vectors[feature].shape[-1]
            shown = f"{offset:+d} {word or 'beyond'}"
            names += [f"{shown}: {feature}[{i}]" for i in range(dimension)]
    return names
