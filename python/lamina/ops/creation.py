"""Tensors from nothing or from other data; dtype None is floatx unless said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import dtypes
from lamina.ops import _apply
from lamina.ops.shaping import integers
from lamina.symbolic import operation
from lamina.tensor import Tensor, TensorBase, TensorLike
from lamina.utils.calls import clarified

__all__ = [
    "arange",
    "array",
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "copy",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "identity",
    "is_tensor",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


ShapeLike = int | Sequence[int]


@operation
def convert_to_tensor(x: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return x as a tensor, of `dtype` if given; an array's memory is shared where dtypes agree.

    Takes arrays (NumPy, pandas, DLPack), numbers and nested lists. Python floats become floatx,
    Python integers int32; arrays keep their dtype.
    Raises ValueError for ragged rows, TypeError for objects.
    """
    if dtype is None:
        return _apply.to_tensor(x)
    dtype = dtypes.canonical(dtype)
    if dtypes.is_floating(dtype) and not hasattr(x, "dtype") and not hasattr(x, "__array__"):
        return _apply.to_tensor(x, dtype)  # a float of Python must not go through floatx
    return _apply.cast(_apply.to_tensor(x), dtype)


def convert_to_numpy(x: TensorLike) -> NDArray[Any]:
    """Return the values of a tensor or of anything `convert_to_tensor` takes."""
    return np.asarray(_apply.to_tensor(x))


def is_tensor(x: Any) -> bool:
    """Return whether x is a tensor, eager or symbolic."""
    return isinstance(x, TensorBase)


@operation
def cast(x: TensorLike, dtype: str) -> TensorBase:
    """Return x in another dtype: to integers without the fraction, to booleans as x != 0."""
    return _apply.cast(_apply.to_tensor(x), dtypes.canonical(dtype))


@clarified
def zeros(shape: ShapeLike, dtype: str | None = None) -> TensorBase:
    """Return a tensor of zeros."""
    return Tensor(np.zeros(integers(shape), dtypes.canonical(dtype)))


@clarified
def ones(shape: ShapeLike, dtype: str | None = None) -> TensorBase:
    """Return a tensor of ones."""
    return Tensor(np.ones(integers(shape), dtypes.canonical(dtype)))


def empty(shape: ShapeLike, dtype: str | None = None) -> TensorBase:
    """Return a tensor whose values do not matter; they are 0."""
    return zeros(shape, dtype)


def empty_like(x: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return a tensor of x's shape, and of its dtype unless given, whose values do not matter."""
    return zeros_like(x, dtype)


@clarified
def copy(x: TensorLike) -> TensorBase:
    """Return a tensor that shares no memory with x."""
    tensor = _apply.to_tensor(x)
    return Tensor(tensor.numpy().copy()) if isinstance(tensor, Tensor) else tensor


@operation
def full(shape: ShapeLike, fill_value: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return a tensor filled with a number, or with what broadcasts to the shape."""
    sizes = integers(shape)
    value = _apply.to_tensor(fill_value, dtypes.canonical(dtype))
    return _apply.apply_one("broadcast_to", value, shape=sizes)


@operation
def zeros_like(x: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return zeros of x's shape, and of its dtype unless given."""
    tensor = _apply.to_tensor(x)
    return zeros(tensor.shape, dtype or tensor.dtype)


@operation
def ones_like(x: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return ones of x's shape, and of its dtype unless given."""
    tensor = _apply.to_tensor(x)
    return ones(tensor.shape, dtype or tensor.dtype)


@operation
def full_like(x: TensorLike, fill_value: TensorLike, dtype: str | None = None) -> TensorBase:
    """Return a tensor of x's shape filled with a number, of its dtype unless given."""
    tensor = _apply.to_tensor(x)
    return full(tensor.shape, fill_value, dtype or tensor.dtype)


@clarified
def arange(
    start: float, stop: float | None = None, step: float = 1, dtype: str | None = None
) -> TensorBase:
    """Return start, start + step, ... below stop (from 0 with one argument); int32 of integers."""
    if stop is None:
        start, stop = 0, start
    if dtype is None:
        whole = all(isinstance(number, (int, np.integer)) for number in (start, stop, step))
        dtype = "int32" if whole else None
    if step == 0:
        raise ValueError("arange: expected a step that is not 0")
    return Tensor(np.arange(start, stop, step).astype(dtypes.canonical(dtype)))


@clarified
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: str | None = None,
    axis: int = 0,
) -> Any:
    """Return `num` numbers evenly from start to stop, stop itself only if `endpoint`.

    start, stop: numbers, or arrays; then the new axis stands at `axis`. retstep: return the numbers
    and the distance between them.
    """
    ends = np.asarray(start), np.asarray(stop)
    numbers, step = np.linspace(*ends, num, endpoint=endpoint, retstep=True, axis=axis)
    found = Tensor(numbers.astype(dtypes.canonical(dtype)))
    return (found, Tensor(np.asarray(step, found.dtype))) if retstep else found


@clarified
def eye(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> TensorBase:
    """Return an (N, M) matrix with ones on the k-th diagonal and zeros elsewhere."""
    return Tensor(np.eye(N, M, k, dtype=dtypes.canonical(dtype)))


@clarified
def identity(n: int, dtype: str | None = None) -> TensorBase:
    """Return the (n, n) identity matrix."""
    return eye(n, dtype=dtype)


array = convert_to_tensor
