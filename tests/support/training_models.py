"""Small data and models that start from known weights, for the tests of training."""

from __future__ import annotations

import numpy as np

from lamina import Input, Sequential, layers

rng = np.random.default_rng(5)
X = rng.normal(size=(23, 4)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5], [0.0]] + 0.3).astype(np.float32)
LABELS = rng.integers(0, 3, 23)
KERNEL = rng.normal(size=(4, 1)).astype(np.float32)


def linear(optimizer="sgd", loss="mse", **options):
    """Return y = x w + b from a known start."""
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.set_weights([KERNEL, np.zeros(1)])
    model.compile(optimizer=optimizer, loss=loss, **options)
    return model


def classifier(**options):
    """Return a softmax over three classes."""
    model = Sequential([Input((4,)), layers.Dense(3, "softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", **options)
    return model


def assert_same_weights(one, other):
    """Two lists of weights are the same, bit for bit."""
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
