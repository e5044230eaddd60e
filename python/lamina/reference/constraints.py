"""What weights are projected onto after an update."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lamina.reference.registry import Array

EPSILON = 1e-7  # what keeps a division by a norm finite

Axis = int | Sequence[int]


def _norm(w: Array, axis: Axis) -> Array:
    axes = axis if isinstance(axis, int) else tuple(axis)
    return np.asarray(np.sqrt(np.sum(w * w, axis=axes, keepdims=True)))


def min_max_norm(
    w: Array, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0
) -> Array:
    """Return w with its norm brought a part `rate` of the way into [min_value, max_value]."""
    norm = _norm(w, axis)
    desired = norm + rate * (np.clip(norm, min_value, max_value) - norm)
    return np.asarray(w * desired / (EPSILON + norm))


CONSTRAINTS: dict[str, Callable[..., Array]] = {
    "NonNeg": lambda w: np.where(w > 0, w, 0),
    "UnitNorm": lambda w, axis=0: w / (EPSILON + _norm(w, axis)),
    "MinMaxNorm": min_max_norm,
    "MaxNorm": lambda w, max_value=2, axis=0: min_max_norm(w, 0, max_value, 1, axis),
}
