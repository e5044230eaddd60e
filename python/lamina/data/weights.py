"""Weights of samples: given one by one, or by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lamina.data.convert import Array


def class_weight_to_sample_weight(y: Array, class_weight: Mapping[Any, float], dtype: str) -> Array:
    """Return the weight of each row's class, 1 for classes that `class_weight` leaves out.

    y: labels (n,) or (n, 1), or one-hot rows (n, classes).
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            f"class_weight: expected a dict from class to weight, received {class_weight!r}"
        )
    for label, weight in class_weight.items():
        if isinstance(label, str) or int(label) != label:
            raise ValueError(f"class_weight: expected integer classes, received {label!r}")
        if not np.isfinite(weight):
            raise ValueError(
                f"class_weight: expected a finite weight of class {label}, received {weight!r}"
            )
    if y.ndim > 1:
        y = y.argmax(axis=-1) if y.shape[-1] != 1 else y[..., 0]
    if y.ndim != 1:
        raise ValueError(f"class_weight: expected one label per row, received y of shape {y.shape}")
    labels, rows = np.unique(np.rint(y).astype(np.int64), return_inverse=True)
    return np.array([class_weight.get(int(label), 1.0) for label in labels], dtype)[rows]


def spread_sample_weight(sample_weight: Any, y: Any) -> Any:
    """Return sample weights for each array of `y`: one array serves every output."""
    structures = (list, tuple, dict)
    if (
        sample_weight is None
        or isinstance(sample_weight, structures)
        or not isinstance(y, structures)
    ):
        return sample_weight
    if sample_weight.ndim > 1 and sample_weight.shape[1:] != (1,):
        raise ValueError(
            "sample_weight: for several outputs one array must hold one weight per row, of shape "
            f"(rows,), received shape {sample_weight.shape}; pass one array per output for more"
        )
    return dict.fromkeys(y, sample_weight) if isinstance(y, dict) else [sample_weight] * len(y)
