"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.plot.canvas import axes


def confusion_matrix(
    y_true: Any, y_pred: Any, labels: Sequence[str] | None = None, ax: Any = None
) -> Any:
    """Draw how many rows of each true class (down) were taken for each class (across).

    y_true: class numbers (n,) or (n, 1), or one-hot rows (n, classes). y_pred: the same, or
    probabilities or logits (n, classes). labels: the names of the classes. Colours are shares of a
    true class. Raises ValueError for different numbers of rows or too few labels.
    """
    true, predicted = _classes(y_true), _classes(y_pred)
    if len(true) != len(predicted):
        raise ValueError(
            f"confusion_matrix: expected as many predictions as targets, "
            f"received {len(predicted)} for {len(true)}"
        )
    count = len(labels) if labels is not None else int(max(true.max(), predicted.max())) + 1
    if (
        len(true)
        and not 0 <= min(true.min(), predicted.min()) <= max(true.max(), predicted.max()) < count
    ):
        raise ValueError(
            f"confusion_matrix: expected classes from 0 to {count - 1}, received some from "
            f"{min(true.min(), predicted.min())} to {max(true.max(), predicted.max())}"
        )
    counts = np.zeros((count, count), np.int64)
    np.add.at(counts, (true, predicted), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = 2 + 0.45 * count
    ax = axes(ax, (side, side))
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(counts):
        dark = shares[row, column] > 0.5
        ax.text(column, row, counts[row, column], ha="center", va="center", color="wk"[not dark])
    names = labels if labels is not None else range(count)
    ax.set_xticks(range(count), names)
    ax.set_yticks(range(count), names)
    ax.set(xlabel="predicted", ylabel="true")
    return ax


def _classes(given: Any) -> np.ndarray[Any, Any]:
    """Return class numbers (n,) from numbers, one-hot rows, probabilities or logits."""
    array = np.asarray(given)
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(axis=1)
    classes: np.ndarray[Any, Any] = array.reshape(len(array)).astype(np.int64)
    return classes
