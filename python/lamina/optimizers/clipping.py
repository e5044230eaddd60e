"""Bounds on the size of gradients."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import ops
from lamina.tensor import TensorBase


def clip_by_norm(gradient: TensorBase, limit: float) -> TensorBase:
    """Return the gradient scaled so that its L2 norm is at most `limit`."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return gradient * (limit / ops.maximum(norm, limit))


def clip_by_global_norm(gradients: Sequence[TensorBase], limit: float) -> list[TensorBase]:
    """Return the gradients scaled alike so that the L2 norm of all together is at most `limit`."""
    squares = [ops.sum(ops.square(g)) for g in gradients]
    norm = ops.sqrt(sum(squares[1:], squares[0]))
    scale = limit / ops.maximum(norm, limit)
    return [g * scale for g in gradients]
