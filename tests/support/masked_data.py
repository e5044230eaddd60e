"""Sequences with masks, for the tests of masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import layers

rng = np.random.default_rng(3)
# Two sequences of 4 steps; the steps of zeros are those that do not count.
STEPS = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], bool)
X = (rng.normal(size=(2, 4, 3)) * STEPS[..., None]).astype(np.float32)
OTHER = np.array([[0, 1, 0, 1], [1, 1, 0, 0]], bool)
Z = (rng.normal(size=(2, 4, 3)) * OTHER[..., None]).astype(np.float32)
PLAIN = rng.normal(size=(2, 4, 3)).astype(np.float32)


def mask(tensor: Any) -> Any:
    found = tensor._keras_mask
    return None if found is None else np.asarray(found)


def masked(x: Any) -> Any:
    return layers.Masking()(x)


class Same(layers.Layer):
    """Returns its input, with the mask that it is given."""

    supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return inputs
