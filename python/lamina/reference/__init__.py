"""Lamina's textbook: every operation in plain NumPy, forward and backward.

Nothing here is fast; the tests hold the compiled core to it.
"""

from lamina.reference import (
    binary,
    indexing,
    linalg,
    optimizers,
    random,
    reduction,
    shaping,
    softmax,
    unary,
)
from lamina.reference.registry import OPS, Reference

__all__ = [
    "OPS",
    "Reference",
    "binary",
    "indexing",
    "linalg",
    "optimizers",
    "random",
    "reduction",
    "shaping",
    "softmax",
    "unary",
]
