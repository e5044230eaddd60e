"""Small models, one of each kind, for the tests of what models are."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import Input, Model, Sequential, layers

rng = np.random.default_rng(7)
X = rng.normal(size=(6, 3)).astype(np.float32)
Y = rng.normal(size=(6, 3)).astype(np.float32)


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def affine(layer: layers.Layer, x: Any) -> Any:
    """What a Dense layer without an activation gives."""
    kernel, bias = layer.get_weights()
    return x @ kernel + bias


def stack(**options: Any) -> Sequential:
    """Return two layers on three features."""
    return Sequential(
        [Input(3), layers.Dense(4, "relu", name="first"), layers.Dense(2, name="last")], **options
    )


def branches() -> Model:
    """Two inputs, a shared layer, an operation, a nested model, two outputs."""
    a, b = Input(3, name="a"), Input((3,), name="b")
    shared = layers.Dense(3, name="shared")
    inner = Sequential([Input(3), layers.Dense(2, "relu", name="inside")], name="inner")
    total = layers.Add(name="total")([shared(a), shared(b)])
    return Model([a, b], [inner(total), 2 * total[:, :1] - b], name="branches")


class Tower(Model):
    """A subclassed model."""

    def __init__(self, width: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.first = layers.Dense(width, "relu")
        self.drop = layers.Dropout(0.5)
        self.last = layers.Dense(2)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.last(self.drop(self.first(x), training=training))
