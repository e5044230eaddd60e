"""Products of matrices and tensors, and norms."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina.dtypes import is_floating
from lamina.ops import reduction
from lamina.ops._apply import apply_one, cast, to_common, to_floating
from lamina.ops.math import absolute, square
from lamina.ops.shaping import expand_dims, integers, moveaxis, normalize_axes, reshape, squeeze
from lamina.symbolic import compiled_operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "dot",
    "matmul",
    "norm",
    "outer",
    "tensordot",
]


def product(a: TensorBase, b: TensorBase) -> TensorBase:
    """Multiply two stacks of matrices of one dtype; integers in float64, exact up to 2^53."""
    if is_floating(a.dtype):
        return apply_one("matmul", a, b)
    return cast(apply_one("matmul", cast(a, "float64"), cast(b, "float64")), a.dtype)


@compiled_operation
def matmul(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the matrix product over the last two axes; the axes before broadcast.

    A vector on the left counts as a row, on the right as a column, and that axis is dropped again.
    """
    a, b = to_common(x1, x2)
    if a.ndim > 1 and b.ndim > 1:
        return product(a, b)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            f"matmul: expected vectors or matrices, received shapes {a.shape} and {b.shape}"
        )
    left_vector, right_vector = a.ndim == 1, b.ndim == 1
    found = product(
        expand_dims(a, 0) if left_vector else a,
        expand_dims(b, 1) if right_vector else b,
    )
    dropped = [-2] * left_vector + [-1] * right_vector
    return squeeze(found, dropped) if dropped else found


@compiled_operation
def dot(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the sum of products over x1's last axis and x2's last but one (its only one)."""
    a, b = to_common(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return tensordot(a, b, ([-1], [-2 if b.ndim > 1 else -1]))


@compiled_operation
def tensordot(
    x1: TensorLike, x2: TensorLike, axes: int | Sequence[int] | Sequence[Sequence[int]] = 2
) -> TensorBase:
    """Return the sums of products over pairs of axes.

    axes: how many of x1's last with x2's first, or the axes of each. The result has x1's others,
    then x2's.
    """
    a, b = to_common(x1, x2)
    if not isinstance(axes, Sequence):
        (count,) = integers(axes)
        if not 0 <= count <= min(a.ndim, b.ndim):
            raise ValueError(f"tensordot: {a.shape} and {b.shape} do not have {count} axes each")
        left, right = list(range(a.ndim - count, a.ndim)), list(range(count))
    else:
        if len(axes) != 2:
            raise ValueError(f"tensordot: expected the axes of each, received {axes}")
        left, right = normalize_axes(axes[0], a.ndim), normalize_axes(axes[1], b.ndim)
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ValueError(f"tensordot: axes {axes} of shapes {a.shape} and {b.shape} differ in size")
    a = moveaxis(a, left, list(range(a.ndim - len(left), a.ndim)))
    b = moveaxis(b, right, list(range(len(right))))
    rows, columns = a.shape[: a.ndim - len(left)], b.shape[len(right) :]
    inner = math.prod(b.shape[: len(right)])
    found = product(
        reshape(a, (math.prod(rows), inner)),
        reshape(b, (inner, math.prod(columns))),
    )
    return reshape(found, (*rows, *columns))


@compiled_operation
def outer(x1: TensorLike, x2: TensorLike) -> TensorBase:
    """Return the products of every element of x1 (raveled, rows) with every one of x2 (columns)."""
    a, b = to_common(x1, x2)
    return reshape(a, (-1, 1)) * reshape(b, (1, -1))


@compiled_operation
def norm(
    x: TensorLike,
    ord: int | float | str | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
) -> TensorBase:
    """Return the norm of vectors along an axis, or of all elements.

    ord: None for √Σx². Along one axis, a number p: (Σ|x|^p)^(1/p), inf for max|x|, -inf for min|x|,
    0 for the count of elements that are not 0. Of matrices, over two axes: "fro" for √Σx², inf (1)
    for the largest sum of |x| in a row (column), -inf (-1) for the smallest, 2 (-2) for the largest
    (smallest) singular value, "nuc" for the sum of all.
    """
    tensor = to_floating(x)
    axes = list(range(tensor.ndim)) if axis is None else normalize_axes(axis, tensor.ndim)
    if ord is None or (ord, len(axes)) in ((2, 1), ("fro", 2)):
        return apply_one("sqrt", reduction.sum(square(tensor), axes, keepdims))
    if len(axes) == 1 and not isinstance(ord, str):
        return _norm_of_vectors(tensor, ord, axes[0], keepdims)
    if len(axes) == 2 and ord in (1, -1, 2, -2, math.inf, -math.inf, "nuc"):
        return _norm_of_matrices(tensor, ord, axes, keepdims)
    raise ValueError(
        f"norm: expected None, a number over one axis, or over two axes 'fro', 'nuc', 1, 2 or inf "
        f"of either sign, received ord={ord!r} over {len(axes)} axes"
    )


def _norm_of_vectors(tensor: TensorBase, ord: float, axis: int, keepdims: bool) -> TensorBase:
    size = absolute(tensor)
    if ord == math.inf:
        return reduction.max(size, axis, keepdims)
    if ord == -math.inf:
        return reduction.min(size, axis, keepdims)
    if ord == 0:
        return reduction.sum(apply_one("cast", tensor != 0, dtype=tensor.dtype), axis, keepdims)
    return reduction.sum(size**ord, axis, keepdims) ** (1.0 / ord)


def _norm_of_matrices(
    tensor: TensorBase, ord: float | str, axes: Sequence[int], keepdims: bool
) -> TensorBase:
    matrices = moveaxis(tensor, axes, (-2, -1))
    if ord in (2, -2, "nuc"):
        from lamina.ops.factors import svd  # late: few models need it

        sizes = svd(matrices, compute_uv=False)
    else:
        sizes = reduction.sum(absolute(matrices), axis=-2 if ord in (1, -1) else -1)
    choose = {"nuc": reduction.sum, -1: reduction.min, -2: reduction.min, -math.inf: reduction.min}
    found = choose.get(ord, reduction.max)(sizes, axis=-1)
    return expand_dims(found, sorted(axes)) if keepdims else found
