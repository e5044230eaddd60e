"""The layer that has a vector for each symbol."""

from __future__ import annotations

import warnings
from typing import Any

from lamina import ops
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import Shape
from lamina.layers.weighted import Weighted
from lamina.ops._apply import apply_one
from lamina.ops.indexing import within
from lamina.registry import layers
from lamina.tensor import TensorBase
from lamina.variable import Variable


@layers.register()
class Embedding(Weighted):
    """Look up a learned vector for each number in 0..input_dim - 1; (...) → (..., output_dim).

    Weight: embeddings (input_dim, output_dim). mask_zero: 0 is no symbol but padding, and masked.
    weights: the first embeddings, instead of the initializer's. Raises ValueError for a number
    out of range, before anything has changed; Keras reads negative ones from the end.
    """

    embeddings: Variable

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        input_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.input_dim = positive_integer("Embedding", "input_dim", input_dim)
        self.output_dim = positive_integer("Embedding", "output_dim", output_dim)
        super().__init__(**kwargs)
        if input_length is not None:
            warnings.warn(f"{self._title}: input_length has no effect; drop it", stacklevel=2)
        self._set_options(
            "embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint
        )
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        if weights is not None:
            self.build()
            self.set_weights(
                weights if isinstance(weights, list) and len(weights) == 1 else [weights]
            )

    def build(self, input_shape: Shape = (None,)) -> None:
        self.embeddings = self._add("embeddings", (self.input_dim, self.output_dim))

    def compute_mask(self, inputs: Any, mask: Any = None) -> TensorBase | None:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def call(self, inputs: TensorBase) -> TensorBase:
        ids = within(inputs, 0, self.input_dim, self._title, "ids")
        if ids.dtype not in ("int32", "int64"):
            ids = ops.cast(ids, "int32")
        return apply_one("take", self.embeddings, ids, axis=0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again; the weights are no part of them."""
        config = {**super().get_config(), "input_dim": self.input_dim}
        return {k: v for k, v in config.items() if k not in ("weights", "input_length")}
