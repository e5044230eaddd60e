"""Lamina's textbook: every operation in plain NumPy, forward and backward.

Nothing here is fast; the tests hold the compiled core and the layers to it.
"""

from lamina.reference import (
    activations,
    attention,
    binary,
    constraints,
    embedding,
    indexing,
    initializers,
    layers,
    linalg,
    losses,
    merging,
    metrics,
    mlp,
    noise,
    normalization,
    optimizers,
    pooling,
    random,
    reduction,
    regularizers,
    schedules,
    shaping,
    softmax,
    unary,
)
from lamina.reference.layers import LAYERS
from lamina.reference.mlp import MLP
from lamina.reference.registry import OPS, Reference

__all__ = [
    "LAYERS",
    "MLP",
    "OPS",
    "Reference",
    "activations",
    "attention",
    "binary",
    "constraints",
    "embedding",
    "indexing",
    "initializers",
    "layers",
    "linalg",
    "losses",
    "merging",
    "metrics",
    "mlp",
    "noise",
    "normalization",
    "optimizers",
    "pooling",
    "random",
    "reduction",
    "regularizers",
    "schedules",
    "shaping",
    "softmax",
    "unary",
]
