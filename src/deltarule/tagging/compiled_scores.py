"""The tagger's network compiled: what forms have in common is computed once for each, windows only add up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import NonFiniteError
from deltarule.graph import Array
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.encoding import EncodedForms
from deltarule.tagging.threads import in_order
from deltarule.tagging.window_network import WindowNetwork

__all__ = ["CompiledScores", "feature_matrix", "non_finite_scores", "sentence_batches"]

_COMMON_BYTES = 1 << 27  # products of forms that are kept
_BATCH = 1 << 13  # tokens that are scored before they are labelled; a sentence is not cut
_PIECE = 1 << 14  # tokens whose rare forms are multiplied at once
_FORMS = 1 << 10  # forms that are multiplied at once


def feature_matrix(encoded: EncodedForms) -> NDArray[np.int32]:
    """Lay the feature ids of forms side by side, of shape (1 + forms, features)."""
    return np.stack(list(encoded.values()), axis=1)


def sentence_batches(sentence_offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Divide sentences into batches of so many tokens that their scores stay in the cache: first sentence, and last."""
    cuts = np.searchsorted(sentence_offsets, np.arange(0, sentence_offsets[-1], _BATCH))
    return list(pairwise(np.unique([*cuts, len(sentence_offsets) - 1]).tolist()))


def non_finite_scores() -> NonFiniteError:
    """Return the error for scores that are infinite or NaN."""
    return NonFiniteError("the scores of labels are infinite or NaN: the training went astray; lower the learning rate")


@dataclass(frozen=True, eq=False)
class CompiledScores:
    """A tagger's network as arrays for the kernels.

    z_t = b + Σ_p W_p x_{t+p}: the products W_1 x ... W_k x of the first forms of a text, which are most of its tokens,
    are kept; those of others are computed where they occur. Then a = f(z) and s = U a + c.

    Attributes
    ----------
    tables : the vectors of each feature
    projection : the transposed W_p side by side, of shape (d, k m)
    bias, activation : b, and the number of f
    output_weight, output_bias : U with rows of zeros behind it, and c
    decoder : the rules of labels, with the scores of transitions that were learned
    temperature : by which scores are divided before they become probabilities
    """

    tables: tuple[Array, ...]
    projection: Array
    bias: Array
    activation: int
    output_weight: Array
    output_bias: Array
    decoder: Decoder
    temperature: float = 1.0

    @classmethod
    def of(
        cls, config: TaggerConfig, network: WindowNetwork, decoder: Decoder, temperature: float = 1.0
    ) -> CompiledScores:
        """Lay out the parameters of a network as they are now."""
        from deltarule.kernels.window_scores import ACTIVATIONS, GROUP

        values = {name: np.asarray(parameter.value, np.float32) for name, parameter in network.parameters.items()}
        hidden, output = values["hidden.weight"], values["output.weight"]
        sides = hidden.reshape(len(hidden), config.window, -1)
        return cls(
            tuple(values[f"{name}.vectors"] for name in network.feature_ids),
            np.ascontiguousarray(sides.transpose(2, 1, 0)).reshape(sides.shape[2], -1),
            np.ascontiguousarray(values["hidden.bias"]),
            ACTIVATIONS.index(config.activation),
            np.concatenate([output, np.zeros((-len(output) % GROUP, len(hidden)), np.float32)]),
            np.ascontiguousarray(values["output.bias"]),
            decoder if network.transitions is None else decoder.with_learned(network.transitions.scores()),
            temperature,
        )

    @property
    def places(self) -> int:
        """Words in a window."""
        return int(self.projection.shape[1] // len(self.bias))

    @property
    def capacity(self) -> int:
        """How many forms have products that are kept, the boundary of sentences among them."""
        return max(1, int(_COMMON_BYTES // (4 * self.projection.shape[1])))

    def multiply(self, features: NDArray[np.int32], products: Array, threads: int = 1) -> Array:
        """Compute the products W_1 x ... W_k x of forms, and return them, of shape (forms, k, m).

        Parameters
        ----------
        features : of shape (forms, features)
        products : room for at least so many forms
        threads : how many share the work
        """

        def multiply(first: int) -> None:
            ids = features[first : first + _FORMS]
            vectors = np.concatenate([table[ids[:, i]] for i, table in enumerate(self.tables)], axis=1)
            np.matmul(vectors, self.projection, out=products[first : first + len(ids)].reshape(len(ids), -1))

        for _ in in_order(multiply, range(0, len(features), _FORMS), threads):
            pass
        return products[: len(features)]

    def room(self, forms: int) -> Array:
        """Return room for the products of forms."""
        return np.empty((forms, self.places, len(self.bias)), np.float32)

    def room_for_rare(self, tokens: int) -> Array:
        """Return room for the products of the forms of a text that are not kept."""
        return self.room(min(_PIECE, tokens) + self.places)

    def labels(
        self,
        forms: NDArray[np.int32],
        sentence_offsets: NDArray[np.int64],
        features: NDArray[np.int32],
        common: Array,
        probabilities: Array | None = None,
    ) -> NDArray[np.int16]:
        """Return the labels of the highest total score that are legal in each sentence.

        Parameters
        ----------
        forms : row of each token's form among the features
        sentence_offsets : where sentences begin and end
        features : of shape (1 + forms, features); row 0 is what lies beyond the ends of sentences
        common : the products of the first of these
        probabilities : filled with the probability of each label at each token, where it is given

        Raises
        ------
        NonFiniteError
            If a score is not finite.
        """
        from deltarule.kernels.viterbi import best_labels

        labels = np.empty(len(forms), np.int16)
        transitions = self.decoder.scores
        # For all batches: the library for memory would keep a part of it each time.
        rare = self.room_for_rare(len(forms))
        for first, last in sentence_batches(sentence_offsets):
            begin, end = sentence_offsets[first], sentence_offsets[last]
            offsets = sentence_offsets[first : last + 1] - begin
            scores = self.scores(forms[begin:end], offsets, features, common, rare)
            best_labels(scores, offsets, *transitions, bool(self.decoder.learned), labels[begin:end])
            if probabilities is not None:
                self.fill_probabilities(scores, offsets, self.temperature, probabilities[begin:end])
        return labels

    def fill_probabilities(
        self, scores: Array, sentence_offsets: NDArray[np.int64], temperature: float, probabilities: Array
    ) -> None:
        """Find the probability of each label at each token, over all legal label sequences of its sentence.

        Without learned transitions, and where labels have no rules, that is the softmax of the token's scores.
        """
        from deltarule.kernels.viterbi import label_probabilities

        factor = np.float32(1 / temperature)
        start, transitions, end = (array * factor for array in self.decoder.scores)
        label_probabilities(scores * factor, sentence_offsets, start, transitions, end, probabilities)

    def scores(
        self,
        forms: NDArray[np.int32],
        sentence_offsets: NDArray[np.int64],
        features: NDArray[np.int32],
        common: Array,
        rare: Array,
    ) -> Array:
        """Return the score of each label for each token; as for `labels`, and `rare` is room for products of forms."""
        from deltarule.kernels.window_scores import window_scores

        reach = self.places // 2
        scores = np.empty((len(forms), len(self.output_bias)), np.float32)
        for first in range(0, len(forms), _PIECE):
            last = min(first + _PIECE, len(forms))
            begin = max(first - reach, 0)
            rows, others = _rows(forms[begin : last + reach], len(common))
            finite = window_scores(
                rows, sentence_offsets - begin, first - begin, last - begin,
                common, self.multiply(features[others], rare), self.bias, self.activation,
                self.output_weight, self.output_bias, scores[first:last],
            )  # fmt: skip
            if not finite:
                raise non_finite_scores()
        return scores


def _rows(forms: NDArray[np.int32], common: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the row of each token's products, and the forms, in order, that have theirs behind the common ones."""
    rare = np.flatnonzero(forms >= common)
    distinct, inverse = np.unique(forms[rare], return_inverse=True)
    rows = forms.copy()
    rows[rare] = common + inverse
    return rows, distinct
