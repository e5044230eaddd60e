"""Attention over sequences: dot products of query and key, and Bahdanau's sum of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina import ops, random
from lamina.layers.base import Layer
from lamina.layers.input_spec import Shape
from lamina.layers.regularization import from_0_to_1
from lamina.ops._apply import apply_one
from lamina.random import SeedGenerator
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable


@layers.register()
class Attention(Layer):
    """Average the values of each sample, weighted by softmax(scores of query and key).

    Called on [query, value] or [query, value, key] (key: value) of shapes (batch, time, depth),
    (batch, steps, n) and (batch, steps, depth); returns (batch, time, n), and the weights (batch,
    time, steps) too if `return_attention_scores`. Masked values have no weight, masked queries give
    0. use_causal_mask: step j has no weight at times before j.

    score_mode: "dot": scale query · key; "concat": w Σ tanh(scale (query + key)).
    use_scale: whether a scalar scale is learned. dropout: share of the weights.
    Weights: scale () if used, then w () for "concat"; both start at 1.
    Source: Luong et al. 2015, arXiv:1508.04025.
    """

    scale: Variable | None
    concat_score_weight: Variable | None

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                f"{self._title}: expected score_mode 'dot' or 'concat', received {score_mode!r}"
            )
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = from_0_to_1(self._title, "dropout", dropout)
        self.seed = seed
        if dropout > 0:
            self.seed_generator = SeedGenerator(seed)

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check(input_shape, "input")
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        self._check(inputs, "input")
        return None if mask is None else mask[0]

    def call(
        self,
        inputs: Sequence[TensorBase],
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check(inputs, "input")
        if mask is not None:
            self._check(mask, "mask")
        query, value, key = (*inputs, inputs[1])[:3]
        query_mask, value_mask = (None, None) if mask is None else mask[:2]
        scores = self.scores(query, key)
        seen = None if value_mask is None else ops.expand_dims(ops.cast(value_mask, "bool"), -2)
        if use_causal_mask:
            causal = ops.convert_to_tensor(np.tri(*scores.shape[-2:], dtype=np.bool_)[None])
            seen = causal if seen is None else ops.logical_and(seen, causal)
        if seen is not None:
            scores = ops.where(seen, scores, scores - 1e9)
        weights = ops.softmax(scores)
        dropped = weights
        if training and self.dropout > 0:
            dropped = random.dropout(weights, self.dropout, seed=self.seed_generator)
        outputs = ops.matmul(dropped, value)
        if query_mask is not None:
            outputs = ops.where(ops.expand_dims(query_mask, -1), outputs, 0)
        return (outputs, dropped) if return_attention_scores else outputs

    def scores(self, query: TensorBase, key: TensorBase) -> TensorBase:
        """Return how well each key answers each query, (batch, time, steps)."""
        if self.concat_score_weight is not None:
            sums = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
            if self.scale is not None:
                sums = self.scale * sums
            return self.concat_score_weight * ops.sum(ops.tanh(sums), axis=-1)
        product = apply_one("matmul", query, key, transpose_b=True)
        return product if self.scale is None else product * self.scale

    def _check(self, items: Any, what: str) -> None:
        if not isinstance(items, (list, tuple)) or len(items) not in (2, 3):
            raise ValueError(
                f"{self._title}: expected a list of {what}s for [query, value] or "
                f"[query, value, key], received {items!r}"
            )


@layers.register()
class AdditiveAttention(Attention):
    """Attention with the score Σ scale tanh(query + key).

    use_scale: whether scale (depth,) is learned, else it is 1. The rest is as in `Attention`.
    Source: Bahdanau et al. 2015, arXiv:1409.0473.
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **kwargs)

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check(input_shape, "input")
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def scores(self, query: TensorBase, key: TensorBase) -> TensorBase:
        terms = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(terms if self.scale is None else self.scale * terms, axis=-1)
