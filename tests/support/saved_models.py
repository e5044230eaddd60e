"""Models to be saved."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import Input, Model, Sequential, layers

rng = np.random.default_rng(9)
X = rng.normal(size=(20, 3)).astype(np.float32)
LABELS = rng.integers(0, 2, 20)


def stack() -> Sequential:
    return Sequential(
        [
            Input(3),
            layers.Dense(4, "relu", kernel_regularizer="l2"),
            layers.Dropout(0.25),
            layers.Dense(2, "softmax"),
        ]
    )


def trained() -> Sequential:
    model = stack()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, LABELS, batch_size=8, epochs=2, verbose=0)
    return model


class Tower(Model):
    """A subclassed model with a layer in a list."""

    def __init__(self, width: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.parts = [layers.Dense(width), layers.Dense(2)]

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x
