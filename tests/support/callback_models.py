"""The model that callbacks and the progress line are tried on."""

from __future__ import annotations

import numpy as np

from lamina import Sequential, layers, optimizers

X = np.linspace(-1, 1, 20, dtype=np.float32).reshape(10, 2)
Y = X.sum(axis=1, keepdims=True)


def line_model() -> Sequential:
    """Return y = a x1 + b x2 + c from a known start, compiled."""
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.set_weights([np.array([[0.5], [-0.5]]), np.array([0.25])])
    model.compile(optimizer=optimizers.SGD(0.1), loss="mse", metrics=["mae"])
    return model
