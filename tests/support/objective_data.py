"""Small batches of targets and predictions that the tests of losses and metrics share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WEIGHTS = [0.5, 2.0, 1.0, 3.0]

_ONE_HOT = [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
_LABELS = [1, 0, 2, 1]
_PROBABILITIES = [[0.2, 0.7, 0.1], [0.3, 0.3, 0.4], [0.25, 0.15, 0.6], [0.9, 0.06, 0.04]]
_LOGITS = [[0.2, 2.0, -1.0], [1.5, 1.4, -0.3], [-90.0, 5.0, 80.0], [3.0, 0.5, -2.0]]
_BITS = [[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]]

# By kind: (targets, predictions) of four samples.
_BATCHES = {
    "real": (
        [[1.0, -2.0, 0.5], [0.3, 4.0, -1.0], [2.0, 0.0, 0.7], [-1.5, 0.2, 3.0]],
        [[0.8, -1.0, 2.5], [0.0, 3.5, -1.2], [2.5, 0.1, 0.6], [-1.0, -0.4, 2.0]],
    ),
    "count": (
        [[1, 0, 3], [2, 2, 0], [0, 1, 5], [4, 0, 1]],
        [[0.8, 0.3, 2.5], [2.2, 1.5, 0.1], [0.4, 1.0, 3.9], [3.0, 0.2, 1.7]],
    ),
    "binary": (_BITS, [[0.9, 0.2, 0.6], [0.4, 0.1, 0.3], [0.55, 0.7, 0.8], [0.35, 1.0, 0.05]]),
    "binary logits": (
        _BITS,
        [[2.0, -1.0, 0.5], [-0.3, -3.0, -0.8], [0.2, 1.0, 90.0], [-0.6, 40.0, -2.5]],
    ),
    "signs": (
        [[1, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, -1]],
        [[0.9, -0.2, 1.6], [0.4, -1.1, 0.3], [0.5, 0.7, -0.8], [0.3, -0.4, -0.1]],
    ),
    "one-hot": (_ONE_HOT, _PROBABILITIES),
    "one-hot logits": (_ONE_HOT, _LOGITS),
    "labels": (_LABELS, _PROBABILITIES),
    "label logits": (_LABELS, _LOGITS),
}


def batch(kind: str, dtype: str = "float32") -> tuple[Array, Array]:
    """Return targets and predictions of a kind."""
    y_true, y_pred = _BATCHES[kind]
    return np.asarray(y_true, dtype), np.asarray(y_pred, dtype)
