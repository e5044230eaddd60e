"""Sorting, and the largest elements; equal ones keep their order, NaN counts as the largest."""

from __future__ import annotations

from lamina.ops._apply import apply, apply_one, cast, to_numeric, to_tensor
from lamina.ops.indexing import take_along_axis
from lamina.ops.reduction import sum
from lamina.ops.shaping import expand_dims
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "argsort",
    "in_top_k",
    "sort",
    "top_k",
]


@operation
def sort(x: TensorLike, axis: int = -1) -> TensorBase:
    """Return x with the elements along an axis in ascending order."""
    tensor = to_tensor(x)
    return cast(apply_one("sort", to_numeric(tensor), axis=axis), tensor.dtype)


@operation
def argsort(x: TensorLike, axis: int = -1) -> TensorBase:
    """Return the indices (int32) that sort x along an axis."""
    return apply_one("argsort", to_numeric(x), axis=axis)


@operation
def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[TensorBase, TensorBase]:
    """Return the k largest elements along the last axis, descending, and their indices (int32)."""
    values, indices = apply("top_k", to_numeric(x), k=k)
    return values, indices


@operation
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> TensorBase:
    """Return whether fewer than k of the predictions are larger than the target's.

    targets: class indices of shape (n,); predictions: shape (n, classes).
    """
    scores = to_numeric(predictions)
    chosen = take_along_axis(scores, expand_dims(targets, -1), axis=-1)
    return sum(cast(scores > chosen, "int32"), axis=-1) < k
