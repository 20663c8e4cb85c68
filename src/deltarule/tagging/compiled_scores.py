"""The tagger's network compiled: what forms have in common is computed once for each, windows only add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import NonFiniteError
from deltarule.graph import Array
from deltarule.kernels.context_layout import FIRST
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.contexts import Passages, context_features, context_size, form_traits, sentence_size
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.encoding import FormEncoder
from deltarule.tagging.threads import in_order
from deltarule.tagging.window_network import WindowNetwork

__all__ = ["CompiledScores", "feature_matrix", "non_finite_scores"]

_COMMON_BYTES = 1 << 27  # products of forms that are kept
_PIECE = 1 << 14  # tokens whose rare forms are multiplied at once
_FORMS = 1 << 10  # forms that are multiplied at once
_CONTEXTS = 1 << 9  # tokens whose context features are multiplied at once


def feature_matrix(encoder: FormEncoder, forms: Sequence[str]) -> NDArray[np.int32]:
    """Lay the feature ids of forms and their traits side by side, of shape (1 + forms, features + TRAITS)."""
    ids = np.stack(list(encoder.encode(forms).values()), axis=1)
    return np.concatenate([ids, form_traits(encoder.spelled(forms))], axis=1)


def non_finite_scores() -> NonFiniteError:
    """Return the error for scores that are infinite or NaN."""
    return NonFiniteError("the scores of labels are infinite or NaN: the training went astray; lower the learning rate")


@dataclass(frozen=True, eq=False)
class CompiledScores:
    """A tagger's network as arrays for the kernels.

    z_t = b + Σ_p W_p x_{t+p}: the products W_1 x ... W_k x of the first forms of a text, which are most of its tokens,
    are kept; those of others are computed where they occur. Where there are context features c_t, V c_t is added. Then
    a = f(z) and s = U a + d. The neurons of all members stand side by side, and as s is the mean of the members'
    scores, U is divided by how many there are.

    Attributes
    ----------
    tables : the vectors of each feature
    projection : the transposed W_p side by side, of shape (d, k m)
    bias : b
    activations : the number of f for each member
    output_weight, output_bias : U with rows of zeros behind it, and d
    decoder : the rules of labels, with the scores of transitions that were learned
    decision : the same, with the bonuses by which labels are chosen
    context_weight : V transposed, of shape (context features, m), or ``None``
    context_vectors, word_column : what context features are made from
    temperature : by which scores are divided before they become probabilities
    """

    tables: tuple[Array, ...]
    projection: Array
    bias: Array
    activations: NDArray[np.int64]
    output_weight: Array
    output_bias: Array
    decoder: Decoder
    decision: Decoder
    context_weight: Array | None
    context_vectors: Array
    word_column: int
    temperature: float = 1.0

    @classmethod
    def of(
        cls,
        config: TaggerConfig,
        network: WindowNetwork,
        decoder: Decoder,
        temperature: float = 1.0,
        bonus: Array | None = None,
    ) -> CompiledScores:
        """Lay out the parameters of a network as they are now; `bonus` is added to scores where labels are chosen."""
        from deltarule.kernels.window_scores import ACTIVATIONS, GROUP

        members = [
            {name: np.asarray(value, np.float32) for name, value in member.values().items()}
            for member in network.members
        ]

        def side_by_side(name: str, axis: int) -> Array:
            return np.ascontiguousarray(np.concatenate([member[name] for member in members], axis=axis))

        weight = side_by_side("hidden.weight", 0)
        sides = weight.reshape(len(weight), config.window, -1)
        output = side_by_side("output.weight", 1) / np.float32(len(members))
        learned = decoder.with_learned(network.transition_scores())
        return cls(
            tuple(np.asarray(network.parameters[f"{name}.vectors"].value, np.float32) for name in network.feature_ids),
            np.ascontiguousarray(sides.transpose(2, 1, 0)).reshape(sides.shape[2], -1),
            side_by_side("hidden.bias", 0),
            np.array([ACTIVATIONS.index(name) for name in config.activations]),
            np.concatenate([output, np.zeros((-len(output) % GROUP, len(weight)), np.float32)]),
            np.asarray(np.mean([member["output.bias"] for member in members], axis=0), np.float32),
            learned,
            learned if bonus is None else learned.with_bonus(bonus),
            None if network.context is None else np.ascontiguousarray(side_by_side("context.weight", 0).T),
            network.context_vectors,
            network.word_column,
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
        passages: Passages,
        features: NDArray[np.int32],
        common: Array,
        probabilities: Array | None = None,
    ) -> NDArray[np.int16]:
        """Return the labels of the highest total score that are legal in each sentence.

        Parameters
        ----------
        passages : the text
        features : of `feature_matrix`; row 0 is what lies beyond the ends of sentences
        common : the products of the first of these
        probabilities : filled with the probability of each label at each token, where it is given

        Raises
        ------
        NonFiniteError
            If a score is not finite.
        """
        labels = np.empty(passages.tokens, np.int16)
        # For all batches: the library for memory would keep a part of it each time.
        rare = self.room_for_rare(passages.tokens)
        for own, tokens in passages.batches():
            scores = self.scores(own, features, common, rare)
            labels[tokens] = self.decision.decode_quickly(scores, own.sentence_offsets)
            if probabilities is not None:
                self.fill_probabilities(scores, own.sentence_offsets, self.temperature, probabilities[tokens])
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

    def scores(self, passages: Passages, features: NDArray[np.int32], common: Array, rare: Array) -> Array:
        """Return the score of each label for each token; as for `labels`, and `rare` is room for products of forms."""
        from deltarule.kernels.window_scores import window_scores

        forms, sentence_offsets, reach, context = passages.forms, passages.sentence_offsets, self.places // 2, None
        if self.context_weight is not None:
            context = context_features(passages, features, self.word_column, self.context_vectors)
        of_sentences, of_firsts = self._sentence_products(context, sentence_offsets)
        scores = np.empty((len(forms), len(self.output_bias)), np.float32)
        for first in range(0, len(forms), _PIECE):
            last = min(first + _PIECE, len(forms))
            begin = max(first - reach, 0)
            rows, others = _rows(forms[begin : last + reach], len(common))
            products = self.multiply(features[others], rare)
            for part, of_tokens in self._token_products(context, first, last):
                finite = window_scores(
                    rows, sentence_offsets - begin, part.start - begin, part.stop - begin, common, products,
                    self.bias, of_tokens, of_sentences, of_firsts, self.activations,
                    self.output_weight, self.output_bias, scores[part],
                )  # fmt: skip
                if not finite:
                    raise non_finite_scores()
        return scores

    @property
    def _of_tokens(self) -> int:
        """How many context features differ from token to token; those of sentences stand behind them."""
        return context_size(self.context_vectors.shape[1]) - sentence_size(self.context_vectors.shape[1])

    def _sentence_products(self, context: Array | None, sentence_offsets: NDArray[np.int64]) -> tuple[Array, Array]:
        """Return the parts of V c that belong to all tokens of a sentence, (sentences, m), and to first ones, (m,)."""
        if context is None or self.context_weight is None:
            return np.zeros((1, len(self.bias)), np.float32), np.zeros(len(self.bias), np.float32)
        weight, width = self.context_weight[self._of_tokens :], self.context_vectors.shape[1]
        features = context[np.minimum(sentence_offsets[:-1], len(context) - 1), self._of_tokens :]
        features[:, width + FIRST] = 0
        return features @ weight, weight[width + FIRST]

    def _token_products(self, context: Array | None, first: int, last: int) -> Iterator[tuple[slice, Array]]:
        """Yield parts of tokens first to last with the rest of V c for each token, or for all."""
        if context is None or self.context_weight is None:
            yield slice(first, last), np.zeros((1, len(self.bias)), np.float32)
            return
        weight = self.context_weight[: self._of_tokens]
        for begin in range(first, last, _CONTEXTS):
            part = slice(begin, min(begin + _CONTEXTS, last))
            yield part, context[part, : self._of_tokens] @ weight


def _rows(forms: NDArray[np.int32], common: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the row of each token's products, and the forms, in order, that have theirs behind the common ones."""
    rare = np.flatnonzero(forms >= common)
    distinct, inverse = np.unique(forms[rare], return_inverse=True)
    rows = forms.copy()
    rows[rare] = common + inverse
    return rows, distinct
