"""Sorting, and the largest elements; equal ones keep their order, NaN counts as the largest."""

from __future__ import annotations

from lamina.ops._apply import apply, apply_one, cast, to_numeric, to_tensor
from lamina.ops.math import logical_not
from lamina.ops.reduction import sum
from lamina.ops.shaping import expand_dims, squeeze
from lamina.symbolic import compiled_operation, operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "argsort",
    "in_top_k",
    "sort",
    "top_k",
]


@compiled_operation
def sort(x: TensorLike, axis: int = -1) -> TensorBase:
    """Return x with the elements along an axis in ascending order."""
    tensor = to_tensor(x)
    return cast(apply_one("sort", to_numeric(tensor), axis=axis), tensor.dtype)


@compiled_operation
def argsort(x: TensorLike, axis: int = -1) -> TensorBase:
    """Return the indices (int32) that sort x along an axis."""
    return apply_one("argsort", to_numeric(x), axis=axis)


@compiled_operation
def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[TensorBase, TensorBase]:
    """Return the k largest elements along the last axis, descending, and their indices (int32)."""
    values, indices = apply("top_k", to_numeric(x), k=k)
    return values, indices


@operation
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> TensorBase:
    """Return whether fewer than k of the predictions are larger than the target's.

    targets: class indices (...); predictions (..., classes). A target that is no class is not among
    them, nor one whose prediction is NaN.
    """
    scores, labels = to_numeric(predictions), expand_dims(targets, -1)
    chosen = apply_one("take_along_axis", scores, labels, axis=-1)
    larger = sum(cast(logical_not(scores <= chosen), "int32"), axis=-1, keepdims=True)
    known = (labels >= 0) & (labels < scores.shape[-1]) & (larger < k)
    return squeeze(known, -1)
