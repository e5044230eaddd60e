"""Arrays for classification and scaling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return one-hot vectors of integer labels along a new last axis (replacing one of size 1).

    num_classes: how long they are; None takes the largest label + 1. Raises ValueError for a label
    outside 0..num_classes - 1.
    """
    labels = np.asarray(x).astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = num_classes or int(labels.max(initial=-1)) + 1
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise ValueError(
            f"to_categorical: expected labels in 0..{classes - 1}, received {labels[wrong][0]}"
        )
    encoded: NDArray[np.float64] = (labels[..., None] == np.arange(classes)).astype(np.float64)
    return encoded


def normalize(x: ArrayLike, axis: int = -1, order: int = 2) -> NDArray[Any]:
    """Return x divided by its norm of the given order along an axis; vectors of norm 0 stay."""
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis, keepdims=True))
    norm[norm == 0] = 1
    result: NDArray[Any] = array / norm
    return result
