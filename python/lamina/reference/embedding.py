"""Layers at the entry of sequence models: which steps count, and vectors for symbols."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.reference.layers import layer
from lamina.reference.registry import Array


@layer("Masking")
def masking(x: Array, mask_value: float = 0.0) -> Array:
    """Return x with 0 in the steps all of whose features are mask_value."""
    return np.where(_kept(x, mask_value), x, 0).astype(x.dtype)


@masking.gradient
def _(dy: Array, x: Array, mask_value: float = 0.0) -> tuple[Array]:
    return (np.where(_kept(x, mask_value), dy, 0),)


def _kept(x: Array, mask_value: float) -> Any:
    return np.any(x != mask_value, axis=-1, keepdims=True)


@layer("Embedding")
def embedding(x: Array, table: Array, **_: Any) -> Array:
    """Return the table's rows at x; x is whole numbers, of whatever dtype."""
    return np.asarray(table[x.astype(int)])


@embedding.gradient
def _(dy: Array, x: Array, table: Array, **_: Any) -> tuple[Array, Array]:
    slopes = np.zeros_like(table)
    np.add.at(slopes, x.astype(int), dy)
    return np.zeros_like(x), slopes
