"""The layer that masks steps by their values."""

from __future__ import annotations

from typing import Any

from lamina import ops
from lamina.layers.base import Layer
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class Masking(Layer):
    """Mask the steps all of whose features equal `mask_value`, and set them to 0.

    (batch, time, ..., features) → the same, carrying a mask (batch, time, ...).
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, mask: Any = None) -> TensorBase:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: TensorBase) -> TensorBase:
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.where(kept, inputs, 0)
