"""Penalties on weights, l1 sum |w| + l2 sum w^2, and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.reference.registry import Array


@dataclass
class Penalty:
    """A penalty's value(w) and gradient(w)."""

    value: Callable[..., Any]
    gradient: Callable[..., Array]


def _cosines(w: Array) -> tuple[Array, Array, Array]:
    """Return rows of length 1, the cosines of their angles (0 with themselves), and the lengths."""
    length = np.sqrt(np.sum(w * w, axis=1, keepdims=True))
    unit = w / length
    return unit, (unit @ unit.T) * (1 - np.eye(len(w))), length


def orthogonal(w: Array, factor: float = 0.01, mode: str = "rows") -> Array:
    """Return factor times the mean |cosine| of the angles between rows (columns)."""
    _, cosines, _ = _cosines(w if mode == "rows" else w.T)
    return np.asarray(factor * np.abs(cosines).sum() / max(cosines.size - len(cosines), 1))


def orthogonal_gradient(w: Array, factor: float = 0.01, mode: str = "rows") -> Array:
    """Return the gradient: what is along a row itself does not change its direction."""
    unit, cosines, length = _cosines(w if mode == "rows" else w.T)
    slope = 2 * factor * np.sign(cosines) @ unit / max(cosines.size - len(cosines), 1)
    slope = (slope - unit * np.sum(unit * slope, axis=1, keepdims=True)) / length
    return np.asarray(slope if mode == "rows" else slope.T)


REGULARIZERS: dict[str, Penalty] = {
    "L1": Penalty(
        lambda w, l1=0.01: l1 * np.sum(np.abs(w)),
        lambda w, l1=0.01: l1 * np.sign(w),
    ),
    "L2": Penalty(
        lambda w, l2=0.01: l2 * np.sum(w * w),
        lambda w, l2=0.01: 2 * l2 * w,
    ),
    "OrthogonalRegularizer": Penalty(orthogonal, orthogonal_gradient),
    "L1L2": Penalty(
        lambda w, l1=0.0, l2=0.0: l1 * np.sum(np.abs(w)) + l2 * np.sum(w * w),
        lambda w, l1=0.0, l2=0.0: l1 * np.sign(w) + 2 * l2 * w,
    ),
}
