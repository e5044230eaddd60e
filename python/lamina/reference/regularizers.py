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


REGULARIZERS: dict[str, Penalty] = {
    "L1": Penalty(
        lambda w, l1=0.01: l1 * np.sum(np.abs(w)),
        lambda w, l1=0.01: l1 * np.sign(w),
    ),
    "L2": Penalty(
        lambda w, l2=0.01: l2 * np.sum(w * w),
        lambda w, l2=0.01: 2 * l2 * w,
    ),
    "L1L2": Penalty(
        lambda w, l1=0.0, l2=0.0: l1 * np.sum(np.abs(w)) + l2 * np.sum(w * w),
        lambda w, l1=0.0, l2=0.0: l1 * np.sign(w) + 2 * l2 * w,
    ),
}
