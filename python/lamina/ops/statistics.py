"""Order statistics, averages and differences; reductions that leave NaN out."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from lamina import dtypes
from lamina.ops import reduction
from lamina.ops._apply import apply_one, cast, to_common, to_floating, to_numeric, to_tensor
from lamina.ops.arithmetic import isclose, where
from lamina.ops.creation import ones_like
from lamina.ops.indexing import take
from lamina.ops.reduction import Axis
from lamina.ops.shaping import expand_dims, moveaxis, normalize_axes, normalize_axis, reshape
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "allclose",
    "average",
    "corrcoef",
    "diff",
    "median",
    "nan_to_num",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "percentile",
    "ptp",
    "quantile",
    "trapezoid",
]


@operation
def average(x: TensorLike, axis: Axis = None, weights: TensorLike | None = None) -> TensorBase:
    """Return Σ w x / Σ w; weights of x's shape, or a vector along one axis, or None for ones."""
    tensor = to_floating(x)
    if weights is None:
        return reduction.mean(tensor, axis)
    tensor, w = to_common(tensor, weights)
    axes = [] if axis is None else normalize_axes(axis, tensor.ndim)
    if w.ndim == 1 and tensor.ndim > 1 and len(axes) == 1:
        (place,) = axes
        w = expand_dims(w, [i for i in range(tensor.ndim) if i != place])
    total = reduction.sum(w * ones_like(tensor), axis)
    return reduction.sum(tensor * w, axis) / total


@operation
def quantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> TensorBase:
    """Return the values below which parts `q`, numbers in [0, 1], of the elements lie.

    method: what stands for values between two elements: "linear", "lower", "higher", "midpoint" or
    "nearest". Several q make a first axis.
    """
    tensor, parts = to_floating(x), np.asarray(q, np.float64)
    if not ((parts >= 0) & (parts <= 1)).all():
        raise ValueError(f"quantile: expected q in [0, 1] (percentile: [0, 100]), received {q}")
    axes = list(range(tensor.ndim)) if axis is None else normalize_axes(axis, tensor.ndim)
    kept = [i for i in range(tensor.ndim) if i not in axes]
    tensor = apply_one("transpose", tensor, axes=[*kept, *axes]) if tensor.ndim > 1 else tensor
    rest = tensor.shape[: len(kept)]
    ordered = apply_one("sort", reshape(tensor, (*rest, -1)), axis=-1)
    if not ordered.shape[-1]:
        raise ValueError(f"quantile: no elements to choose from in shape {to_tensor(x).shape}")
    at = parts.ravel() * (ordered.shape[-1] - 1)
    below, above = np.floor(at), np.ceil(at)
    share = {
        "linear": at - below,
        "lower": np.zeros_like(at),
        "higher": np.ceil(at - below),
        "midpoint": np.where(above > below, 0.5, 0.0),
        "nearest": np.round(at) - below,
    }
    if method not in share:
        raise ValueError(f"quantile: expected method among {list(share)}, received {method!r}")
    left = take(ordered, below.astype(np.int32), axis=-1)
    right = take(ordered, above.astype(np.int32), axis=-1)
    found = left + (right - left) * share[method].astype(tensor.dtype)
    last = ordered[..., -1:]  # NaN, if there is any
    found = moveaxis(where(apply_one("isnan", last), last, found), -1, 0)
    shape = list(rest)
    for place in sorted(axes) if keepdims else ():
        shape.insert(place, 1)
    return reshape(found, (*parts.shape, *shape))


@operation
def percentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> TensorBase:
    """Return `quantile` for q in [0, 100]."""
    return quantile(x, np.asarray(q, np.float64) / 100, axis, method, keepdims)


@operation
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the middle element, of an even number the mean of the two in the middle."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


@operation
def diff(a: TensorLike, n: int = 1, axis: int = -1) -> TensorBase:
    """Return the differences of neighbours along an axis, taken n times."""
    tensor = to_numeric(a)
    if n < 0:
        raise ValueError(f"diff: expected n >= 0, received {n}")
    axis = normalize_axis(axis, tensor.ndim)
    before = (slice(None),) * axis
    later, earlier = (*before, slice(1, None)), (*before, slice(None, -1))
    for _ in range(builtins.min(n, tensor.shape[axis])):
        tensor = tensor[later] - tensor[earlier]
    return tensor


@operation
def ptp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the largest less the smallest element."""
    return reduction.max(x, axis, keepdims) - reduction.min(x, axis, keepdims)


@operation
def trapezoid(
    y: TensorLike, x: TensorLike | None = None, dx: float = 1.0, axis: int = -1
) -> TensorBase:
    """Return the integral of y along an axis by the trapezoidal rule, at points x or dx apart."""
    values = moveaxis(to_floating(y), axis, -1)
    if x is None:
        width: Any = dx
    else:
        points = to_floating(x)
        width = diff(points if points.ndim == 1 else moveaxis(points, axis, -1))
    return reduction.sum((values[..., 1:] + values[..., :-1]) / 2 * width, axis=-1)


@operation
def corrcoef(x: TensorLike) -> TensorBase:
    """Return the correlation coefficients of the rows (variables) of x."""
    from lamina.ops.linalg import matmul
    from lamina.ops.shaping import swapaxes

    rows = to_floating(x)
    rows = rows if rows.ndim > 1 else expand_dims(rows, 0)
    centred = rows - reduction.mean(rows, axis=-1, keepdims=True)
    scale = apply_one("rsqrt", reduction.sum(centred * centred, axis=-1, keepdims=True))
    unit = centred * scale
    found = apply_one("clip", matmul(unit, swapaxes(unit, -1, -2)), min=-1.0, max=1.0)
    return reshape(found, ()) if to_tensor(x).ndim < 2 else found


@operation
def allclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> TensorBase:
    """Return whether |x1 - x2| <= atol + rtol |x2| everywhere."""
    return reduction.all(isclose(x1, x2, rtol, atol, equal_nan))


@operation
def nan_to_num(
    x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> TensorBase:
    """Return x with numbers for NaN and the infinities: by default 0 and the dtype's extremes."""
    tensor = to_numeric(x)
    if not tensor.dtype.startswith("float"):
        return tensor
    limits = np.finfo(tensor.dtype)
    tensor = where(apply_one("isnan", tensor), float(nan), tensor)
    tensor = where(tensor == np.inf, float(limits.max if posinf is None else posinf), tensor)
    return where(tensor == -np.inf, float(limits.min if neginf is None else neginf), tensor)


def _without_nan(x: TensorLike, value: float) -> TensorBase:
    tensor = to_tensor(x)
    if not dtypes.is_floating(tensor.dtype):
        return tensor
    return where(apply_one("isnan", tensor), value, tensor)


@operation
def nansum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the sum of the elements that are not NaN."""
    return reduction.sum(_without_nan(x, 0.0), axis, keepdims)


@operation
def nanprod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the product of the elements that are not NaN."""
    return reduction.prod(_without_nan(x, 1.0), axis, keepdims)


@operation
def nanmean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the mean of the elements that are not NaN, NaN where there are none."""
    return nansum(x, axis, keepdims) / _count(x, axis, keepdims)


def _count(x: TensorLike, axis: Axis, keepdims: bool) -> TensorBase:
    tensor = to_floating(x)
    known = apply_one("logical_not", apply_one("isnan", tensor))
    return reduction.sum(cast(known, tensor.dtype), axis, keepdims)


@operation
def nanvar(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the variance of the elements that are not NaN."""
    tensor = to_floating(x)
    return nanmean((tensor - nanmean(tensor, axis, keepdims=True)) ** 2, axis, keepdims)


@operation
def nanstd(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the standard deviation of the elements that are not NaN."""
    return apply_one("sqrt", nanvar(x, axis, keepdims))


@operation
def nanmax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the largest element that is not NaN, NaN where there are none."""
    return _nan_extreme(reduction.max, -np.inf, x, axis, keepdims)


@operation
def nanmin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> TensorBase:
    """Return the smallest element that is not NaN, NaN where there are none."""
    return _nan_extreme(reduction.min, np.inf, x, axis, keepdims)


def _nan_extreme(
    reduce: Callable[..., TensorBase], never: float, x: TensorLike, axis: Axis, keepdims: bool
) -> TensorBase:
    found = reduce(_without_nan(x, never), axis, keepdims)
    if not dtypes.is_floating(found.dtype):
        return found
    return where(_count(x, axis, keepdims) == 0, np.nan, found)
