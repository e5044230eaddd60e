"""Reductions: sums, means, extremes along axes.

axis: an axis, several, or None for all; negative ones count from the last. keepdims: leave 1 in
their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from lamina import dtypes
from lamina.ops._apply import apply_one, cast, to_floating, to_numeric, to_tensor
from lamina.ops.arithmetic import maximum, minimum
from lamina.ops.shaping import integers
from lamina.symbolic import compiled_operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "moments",
    "prod",
    "std",
    "sum",
    "var",
]


Axis: TypeAlias = int | Sequence[int] | None


def _to_summable(x: TensorLike) -> TensorBase:
    tensor = to_tensor(x)
    return cast(tensor, "int32") if tensor.dtype in ("bool", "uint8") else tensor


def _reduce(op: str, x: TensorBase, axis: Axis, keepdims: bool) -> TensorBase:
    axes = [] if axis is None else integers(axis)
    if x.ndim == 0 or (axis is not None and not axes):
        return x
    return apply_one(op, x, axes=axes, keepdims=keepdims)


@compiled_operation
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return Σ x; booleans and uint8 are added up as int32."""
    return _reduce("sum", _to_summable(x), axis, keepdims)


@compiled_operation
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return Σ x / n, of integers in floatx."""
    return _reduce("mean", to_floating(x), axis, keepdims)


@compiled_operation
def prod(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, dtype: str | None = None
) -> TensorBase:
    """Return the product of the elements; booleans and uint8 are multiplied as int32."""
    tensor = _to_summable(x if dtype is None else cast(x, dtypes.canonical(dtype)))
    return _reduce("prod", tensor, axis, keepdims)


@compiled_operation
def max(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: float | None = None
) -> TensorBase:
    """Return the largest of the elements and `initial`, NaN if one is."""
    largest = _extreme("max", x, axis, keepdims)
    return largest if initial is None else maximum(largest, initial)


@compiled_operation
def min(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: float | None = None
) -> TensorBase:
    """Return the smallest of the elements and `initial`, NaN if one is."""
    smallest = _extreme("min", x, axis, keepdims)
    return smallest if initial is None else minimum(smallest, initial)


def _extreme(op: str, x: TensorLike, axis: Axis, keepdims: bool) -> TensorBase:
    tensor = to_tensor(x)
    if tensor.dtype == "bool":
        return _reduce({"max": "any", "min": "all"}[op], tensor, axis, keepdims)
    return _reduce(op, tensor, axis, keepdims)


@compiled_operation
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return whether an element is true (not 0)."""
    return _reduce("any", cast(to_tensor(x), "bool"), axis, keepdims)


@compiled_operation
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return whether every element is true (not 0)."""
    return _reduce("all", cast(to_tensor(x), "bool"), axis, keepdims)


@compiled_operation
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the variance, the mean of (x - mean x)²."""
    tensor = to_floating(x)
    centred = tensor - _reduce("mean", tensor, axis, keepdims=True)
    return _reduce("mean", apply_one("square", centred), axis, keepdims)


@compiled_operation
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the standard deviation, the square root of the variance."""
    return apply_one("sqrt", var(x, axis, keepdims))


@compiled_operation
def moments(
    x: TensorLike, axes: Axis, keepdims: bool = False, synchronized: bool = False
) -> tuple[TensorBase, TensorBase]:
    """Return the mean and the variance along axes."""
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@compiled_operation
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return ln Σ e^x, without overflow."""
    return _reduce("logsumexp", to_floating(x), axis, keepdims)


@compiled_operation
def count_nonzero(x: TensorLike, axis: Axis = None) -> TensorBase:
    """Return how many elements are not 0 (int32)."""
    return _reduce("sum", cast(cast(to_tensor(x), "bool"), "int32"), axis, False)


@compiled_operation
def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> TensorBase:
    """Return the index (int32) of the largest element, the first of equals.

    Without an axis, the index into x raveled.
    """
    return _arg_reduce("argmax", x, axis, keepdims)


@compiled_operation
def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> TensorBase:
    """Return the index (int32) of the smallest element, the first of equals.

    Without an axis, the index into x raveled.
    """
    return _arg_reduce("argmin", x, axis, keepdims)


def _arg_reduce(op: str, x: TensorLike, axis: int | None, keepdims: bool) -> TensorBase:
    tensor = to_numeric(x)
    if axis is not None:
        return apply_one(op, tensor, axis=axis, keepdims=keepdims)
    index = apply_one(op, apply_one("reshape", tensor, shape=[-1]), axis=0)
    return apply_one("reshape", index, shape=[1] * tensor.ndim) if keepdims else index


@compiled_operation
def cumsum(
    x: TensorLike, axis: int | None = None, dtype: str | None = None, reverse: bool = False
) -> TensorBase:
    """Return the sums of the elements so far along an axis, from the far end if `reverse`.

    Without an axis x is raveled first.
    """
    tensor = _to_summable(x if dtype is None else cast(x, dtypes.canonical(dtype)))
    if axis is None:
        tensor, axis = apply_one("reshape", tensor, shape=[-1]), 0
    return apply_one("cumsum", tensor, axis=axis, reverse=reverse)


amax = max
amin = min
