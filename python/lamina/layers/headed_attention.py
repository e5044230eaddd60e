"""What attention layers with heads share: projections, masks and the means of values."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina import ops, random, regularizers
from lamina.layers.activation import masked_softmax
from lamina.layers.core import positive_integer
from lamina.layers.einsum_dense import EinsumDense
from lamina.layers.regularization import from_0_to_1
from lamina.layers.weighted import Weighted
from lamina.random import SeedGenerator
from lamina.tensor import TensorBase, with_mask

# Of projections (batch, time, heads, depth).
_PRODUCT, _MEAN = "bthd,bshd->bhts", "bhts,bshd->bthd"


class HeadedAttention(Weighted):
    """The base of attention layers with heads; a subclass makes its projections in `build`.

    Called as layer(query, value, key=value); query (batch, time, features), the others (batch,
    steps, features). attention_mask: bool, broadcasts to (batch, time, steps): where False, a step
    has no weight; likewise by the masks that query, value and key carry, and by use_causal_mask
    before its time. return_attention_scores: return the weights (batch, heads, time, steps) too.
    """

    supports_masking = True

    def __init__(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        activity_regularizer: Any,
        use_gate: bool,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dropout = from_0_to_1(self._title, "dropout", dropout)
        self.use_bias = use_bias
        if sliding_window is not None:
            positive_integer(self._title, "sliding_window", sliding_window)
        self.sliding_window = sliding_window
        self.flash_attention = flash_attention
        self.projection_regularizer = regularizers.get(activity_regularizer)
        self.use_gate = use_gate
        self.seed = seed
        if dropout > 0:
            self.seed_generator = SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again, as plain data."""
        regularizer = self.projection_regularizer
        plain = None if regularizer is None else regularizers.serialize(regularizer)
        return {**super().get_config(), "activity_regularizer": plain}

    def _project(
        self, name: str, rank: int, summed: int, sizes: Sequence[int | None], **kwargs: Any
    ) -> EinsumDense:
        """Return the layer that makes axes of `sizes` from the last `summed` of an input's."""
        letters = string.ascii_letters
        rows, inner = letters[: rank - summed], letters[rank - summed : rank]
        columns = letters[rank : rank + len(sizes)]
        return EinsumDense(
            f"{rows}{inner},{inner}{columns}->{rows}{columns}",
            output_shape=(*[None] * (len(rows) - 1), *sizes),
            bias_axes=columns if self.use_bias else None,
            # Each projection draws numbers of its own, whatever the seed of the first.
            kernel_initializer=type(self.kernel_initializer).from_config(
                self.kernel_initializer.get_config()
            ),
            bias_initializer=type(self.bias_initializer).from_config(
                self.bias_initializer.get_config()
            ),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.projection_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype,
            name=name,
            **kwargs,
        )

    def call(
        self,
        query: TensorBase,
        value: TensorBase,
        key: TensorBase | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        # The masks are in use; the projections would say that they end there.
        query, value = with_mask(query, None), with_mask(value, None)
        key = value if key is None else with_mask(key, None)
        masks = [None if attention_mask is None else ops.cast(attention_mask, "bool")]
        for mask, axis in ((query_mask, -1), (value_mask, -2), (key_mask, -2)):
            masks.append(None if mask is None else ops.expand_dims(ops.cast(mask, "bool"), axis))
        masks.append(self._near(query.shape[1], value.shape[1], use_causal_mask))
        given = [mask for mask in masks if mask is not None]
        outputs, weights = self.attend(
            self.query_dense(query),
            self.key_dense(key),
            self.value_dense(value),
            functools.reduce(ops.logical_and, given) if given else None,
            return_attention_scores,
            training and self.dropout > 0,
        )
        if self.use_gate:
            outputs = outputs * self.gate_dense(query)
        outputs = self.output_dense(outputs)
        return (outputs, weights) if return_attention_scores else outputs

    def _near(self, times: int, steps: int, causal: bool) -> TensorBase | None:
        """Return which steps are seen at which times by their distance, (1, times, steps)."""
        if not causal and self.sliding_window is None:
            return None
        ahead = np.arange(steps) - np.arange(times)[:, None]
        seen = ahead <= 0 if causal else np.full(ahead.shape, True)
        if self.sliding_window is not None:
            seen &= np.abs(ahead) < self.sliding_window
        return ops.convert_to_tensor(seen[None])

    def attend(
        self,
        query: TensorBase,
        key: TensorBase,
        value: TensorBase,
        seen: TensorBase | None,
        return_weights: bool,
        dropping: bool,
    ) -> tuple[TensorBase, TensorBase | None]:
        """Return the heads' outputs from their projections, and the weights where asked for."""
        product, mean, attended = self.equations(query.ndim)
        if seen is not None:  # axes of 1 for those that the scores have between batch and times
            for _ in range(query.ndim - 1 + attended - seen.ndim):
                seen = ops.expand_dims(seen, -2 * attended - 1)
        if product == _PRODUCT and not (return_weights or dropping):
            return ops.dot_product_attention(query, key, value, mask=seen), None
        scores = ops.einsum(product, query / math.sqrt(query.shape[-1]), key)
        weights = masked_softmax(scores, list(range(-attended, 0)), seen)
        dropped = weights
        if dropping:
            dropped = random.dropout(weights, self.dropout, seed=self.seed_generator)
        return ops.einsum(mean, dropped, value), weights

    def equations(self, rank: int) -> tuple[str, str, int]:
        """Return those of query, key -> scores and scores, value -> outputs; number of axes seen.

        rank: of the projections.
        """
        return _PRODUCT, _MEAN, 1
