"""Cases of the less common operations, against NumPy, for tests/ops/test_ops_api.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import ops

Array = NDArray[Any]
Case = tuple[str, Callable[..., Any], Callable[..., Any], tuple[Array, ...]]

rng = np.random.default_rng(3)
X = rng.normal(size=(4, 3)).astype(np.float32)
Y = rng.normal(size=(4, 3)).astype(np.float32)
CUBE = rng.normal(size=(4, 3, 5)).astype(np.float32)
SQUARE = rng.normal(size=(4, 3, 3)).astype(np.float32) + 3 * np.eye(3, dtype=np.float32)
DEFINITE = SQUARE @ np.swapaxes(SQUARE, 1, 2)
HOLES = np.where(X > 0.8, np.nan, X).astype(np.float32)
COUNTS = rng.integers(0, 6, (4, 3)).astype(np.int32)
IDS = np.array([2, 0, 2, 1], np.int32)


def same(names: str, *arrays: Array) -> list[Case]:
    return [(name, getattr(ops, name), getattr(np, name), arrays) for name in names.split()]


def both(name: str, call: Callable[..., Any], *arrays: Array) -> Case:
    return name, lambda *x: call(ops, *x), lambda *x: call(np, *x), arrays


def linear(name: str, call: Callable[..., Any], *arrays: Array) -> Case:
    return name, lambda *x: call(ops, *x), lambda *x: call(np.linalg, *x), arrays


def erfinv(x: float) -> float:
    return NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2)


def glu(x: Array) -> Array:
    return x[:, :2] / (1 + np.exp(-x[:, 2:4]))


def sparsemax(x: Array) -> Array:
    """The Euclidean projection onto the simplex, by bisection on the shift."""
    low, high = x.min(-1, keepdims=True) - 1, x.max(-1, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        above = np.maximum(x - middle, 0).sum(-1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.maximum(x - low, 0)


def _again(w: Any, v: Any) -> Any:
    return ops.matmul(v * w[..., None, :], ops.swapaxes(v, -1, -2))


def _scaled(u: Any, s: Any, vt: Any) -> Any:
    return u * s[..., None, :], vt


def updated(x: Array) -> Array:
    x = x.copy()
    x[1, 2], x[3, 0] = 7, 8
    return x


def with_block(x: Array) -> Array:
    x = x.copy()
    x[2:4, 1:3] = Y[:2, :2]
    return x


WIDE: list[Case] = [
    # of one tensor, element by element
    *same("arcsinh cbrt exp2 fabs trunc sinc deg2rad rad2deg isposinf isneginf", 3 * X),
    *same("arctanh", np.tanh(X)),
    *same("arccosh", 1 + np.abs(X)),
    ("erfc", ops.erfc, np.vectorize(math.erfc), (X,)),
    ("erfinv", ops.erfinv, np.vectorize(erfinv), (np.tanh(2 * X),)),
    *same("arcsinh", np.float32([[1e-20, -1e6, 1e30]])),
    ("nan_to_num", ops.nan_to_num, np.nan_to_num, (np.float32([[np.nan, np.inf, -np.inf, 2]]),)),
    # of two
    *same("hypot logaddexp logaddexp2 fmax fmin heaviside fmod", X, Y),
    *same("fmax fmin", HOLES, X),
    *same("heaviside", np.sign(COUNTS - 2).astype(np.float32), X),
    *same("hypot", 0 * X, 0 * X),
    *same("kron inner vdot", X, Y),
    *same("cross", X, Y),
    (
        "cross in the plane",
        lambda x: ops.cross(x[:, :2], Y[0, :2]),
        lambda x: x[:, 0] * Y[0, 1] - x[:, 1] * Y[0, 0],
        (X,),
    ),
    both("cross along an axis", lambda m, x: m.cross(x, 2 * x + 1, axis=1), CUBE[:, :, :2]),
    ("cdist", lambda x: ops.cdist(x, Y), lambda x: np.linalg.norm(x[:, None] - Y, axis=-1), (X,)),
    # diagonals and triangles
    *(
        both(f"triu {k}", lambda m, x, k=k: m.triu(x, k) + 2 * m.tril(x, -k), CUBE)
        for k in (-1, 0, 2)
    ),
    both("tri", lambda m, x: x[0] + m.tri(4, 3, -1), X),
    *(both(f"diag {k}", lambda m, x, k=k: m.diag(x[0], k), X) for k in (-2, 0, 1)),
    *(both(f"diagonal {k}", lambda m, x, k=k: m.diagonal(x, k, 1, 2), CUBE) for k in (-2, 0, 3)),
    both("diag of a matrix", lambda m, x: m.diag(x[0], 1), CUBE),
    both("diagflat", lambda m, x: m.diagflat(x[0], -1), X),
    both("trace", lambda m, x: m.trace(x, 1, 1, 2), CUBE),
    both("meshgrid", lambda m, x: list(m.meshgrid(x[0], x[1, :2])), X),
    both("meshgrid ij", lambda m, x: list(m.meshgrid(x[0], x[1, :2], x[2], indexing="ij")), X),
    both("vander", lambda m, x: m.vander(x[0]) + m.vander(x[0], 3, increasing=True), X),
    # joining and turning
    both("append", lambda m, x: m.append(x, 2 * x, axis=1), X),
    both("hstack", lambda m, x: m.hstack([x, x]), X),
    both("hstack of vectors", lambda m, x: m.hstack([x[0], x[1]]), X),
    both("vstack", lambda m, x: m.vstack([x[0], x[1]]), X),
    both("dstack", lambda m, x: m.dstack([x[0], x[1]]), X),
    both("array_split", lambda m, x: list(m.array_split(x, 3, axis=2)), CUBE),
    both("hsplit", lambda m, x: list(m.hsplit(x, [1])), X),
    both("dsplit", lambda m, x: list(m.dsplit(x, [2, 3])), CUBE),
    both("fliplr", lambda m, x: m.fliplr(x), X),
    both("flipud", lambda m, x: m.flipud(x[:3]), X),
    both("vsplit", lambda m, x: list(m.vsplit(x[:2], [1])), X),
    *(both(f"rot90 {k}", lambda m, x, k=k: m.rot90(x, k, (1, 2)), CUBE) for k in (-1, 0, 1, 2)),
    # statistics
    both("average", lambda m, x: m.average(x, 1, np.float32([1, 2, 3])), X),
    both("median", lambda m, x: m.median(x, 1), CUBE),
    both("median of rows", lambda m, x: m.median(x, (1, 2), keepdims=True), CUBE),
    *(
        both(
            f"quantile {how}",
            lambda m, x, how=how: m.quantile(x, [0.1, 0.55], -1, method=how),
            CUBE,
        )
        for how in ("linear", "lower", "higher", "midpoint", "nearest")
    ),
    both("percentile", lambda m, x: m.percentile(x, 30, axis=1), X),
    both("diff", lambda m, x: m.diff(x, 2), CUBE),
    both("ptp", lambda m, x: m.ptp(x, 1), X),
    (
        "trapezoid",
        lambda x: ops.trapezoid(x, np.float32([0, 1, 3])) + ops.trapezoid(x, dx=0.5),
        lambda x: ((x[:, 1:] + x[:, :-1]) / 2 * [1.5, 2.5]).sum(1),
        (X,),
    ),
    both("corrcoef", lambda m, x: m.corrcoef(x.T if m is np else ops.transpose(x)), X),
    both("cumprod", lambda m, x: m.cumprod(x, axis=1), CUBE),
    both("cumprod of all", lambda m, x: m.cumprod(x[0]), X),
    *(both(n, lambda m, x, n=n: getattr(m, n)(x, axis=1), HOLES) for n in ("nansum", "nanmean")),
    *(both(n, lambda m, x, n=n: getattr(m, n)(x, axis=1), HOLES) for n in ("nanmax", "nanmin")),
    *(both(n, lambda m, x, n=n: getattr(m, n)(x, axis=1), HOLES) for n in ("nanvar", "nanprod")),
    both("nanstd", lambda m, x: m.nanstd(x, axis=1, keepdims=True), HOLES),
    both("allclose", lambda m, x: m.asarray(m.allclose(x, x)) if m is np else m.allclose(x, x), X),
    # counting and searching
    *(
        both(
            f"searchsorted {side}",
            lambda m, x, side=side: m.searchsorted(np.int32([1, 1, 4]), x, side),
            COUNTS,
        )
        for side in ("left", "right")
    ),
    both("digitize", lambda m, x: m.digitize(x, np.float32([-1, 0, 0.5])), X),
    both("histogram", lambda m, x: list(m.histogram(x[0], 3, (-1.0, 1.0))), X),
    both("histogram of its range", lambda m, x: list(m.histogram(x[0], 4)), X),
    (
        "bincount",
        lambda x: ops.bincount(x[0], np.float32([1, 2, 3]), minlength=6),
        lambda x: np.bincount(x[0], np.float32([1, 2, 3]), 6),
        (COUNTS,),
    ),
    both("isin", lambda m, x: m.isin(x, [1, 4]), COUNTS),
    both("isin, inverted", lambda m, x: m.isin(x, [1, 4], invert=True), COUNTS),
    both("unravel_index", lambda m, x: list(m.unravel_index(x, (2, 3))), COUNTS),
    ("multi_hot", lambda x: ops.multi_hot(x, 6), lambda x: np.eye(6)[x].max(1), (COUNTS,)),
    (
        "segment_sum",
        lambda x: ops.segment_sum(x[0], [2, 0, 2], 4),
        lambda x: np.stack([x[0, 1], 0 * x[0, 0], x[0, 0] + x[0, 2], 0 * x[0, 0]]),
        (CUBE,),
    ),
    (
        "segment_max",
        lambda x: ops.segment_max(x[0], [1, 0, 1], 2) - ops.segment_min(x[0], [1, 0, 1], 2),
        lambda x: np.stack([0 * x[0, 1], np.abs(x[0, 0] - x[0, 2])]),
        (CUBE,),
    ),
    # updates
    (
        "scatter_update",
        lambda x: ops.scatter_update(x, [[1, 2], [3, 0], [1, 2]], [5.0, 8.0, 7.0]),
        updated,
        (X,),
    ),
    ("slice_update", lambda x: ops.slice_update(x, [2, 1], Y[:2, :2]), with_block, (X,)),
    # equations
    linear("solve", lambda m, a: m.solve(a, a[..., :2] + 1), SQUARE),
    (
        "solve of vectors",
        lambda a: ops.solve(a, a[:, 0] + 1),
        lambda a: np.linalg.solve(a, a[:, 0, :, None] + 1)[..., 0],
        (SQUARE,),
    ),
    linear("inv", lambda m, a: m.inv(a), SQUARE),
    linear("det", lambda m, a: m.det(a - 3 * np.eye(3, dtype=np.float32)), SQUARE),
    linear("slogdet", lambda m, a: list(m.slogdet(a)), -SQUARE),
    ("logdet", ops.logdet, lambda a: np.linalg.slogdet(a)[1], (DEFINITE,)),
    linear("qr", lambda m, a: list(m.qr(a)), CUBE),
    linear("qr, complete", lambda m, a: list(m.qr(a, "complete")), CUBE[:, :, :2]),
    linear("eigh", lambda m, a: m.eigh(a)[0], DEFINITE),
    (
        "eigh and svd again",
        lambda a: _again(*ops.eigh(a)) + ops.matmul(*_scaled(*ops.svd(a))),
        lambda a: 2 * a,
        (DEFINITE,),
    ),
    ("svd", lambda a: ops.svd(a, compute_uv=False), lambda a: np.linalg.svd(a)[1], (CUBE,)),
    linear("pinv", lambda m, a: m.pinv(a), CUBE),
    linear("matrix_rank", lambda m, a: m.matrix_rank(a[:, :1] * a[:, 1:2] + 0 * a), CUBE),
    (
        "lstsq",
        lambda a: ops.lstsq(
            a[0].T if isinstance(a, np.ndarray) else ops.transpose(a[0]), X[0, :1].repeat(5)
        ),
        lambda a: np.linalg.lstsq(a[0].T, X[0, :1].repeat(5), None)[0],
        (CUBE,),
    ),
    linear("cholesky", lambda m, a: m.cholesky(a), DEFINITE),
    (
        "cholesky_inverse",
        lambda a: ops.cholesky_inverse(ops.cholesky(a)),
        np.linalg.inv,
        (DEFINITE,),
    ),
    (
        "solve_triangular",
        lambda a: ops.solve_triangular(a, a) + ops.solve_triangular(a, a, lower=True),
        lambda a: np.linalg.solve(np.triu(a), a) + np.linalg.solve(np.tril(a), a),
        (SQUARE,),
    ),
    # activations
    ("celu", lambda x: ops.celu(x, 2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2)), (X,)),
    ("glu", lambda x: ops.glu(x), glu, (CUBE[:, 0, :4],)),
    ("hard_tanh", ops.hard_tanh, lambda x: np.clip(x, -1, 1), (X,)),
    ("hard_shrink", ops.hard_shrink, lambda x: np.where(np.abs(x) > 0.5, x, 0), (X,)),
    ("soft_shrink", ops.soft_shrink, lambda x: x - np.clip(x, -0.5, 0.5), (X,)),
    ("tanh_shrink", ops.tanh_shrink, lambda x: x - np.tanh(x), (X,)),
    ("threshold", lambda x: ops.threshold(x, 0.3, 9), lambda x: np.where(x > 0.3, x, 9), (X,)),
    ("squareplus", ops.squareplus, lambda x: (x + np.sqrt(x**2 + 4)) / 2, (X,)),
    (
        "sparse_plus",
        lambda x: ops.sparse_plus(x) + ops.sparse_sigmoid(x),
        lambda x: np.where(x > 1, x, np.clip((x + 1) / 2, 0, 1) ** 2) + np.clip((x + 1) / 2, 0, 1),
        (2 * X,),
    ),
    ("sparsemax", ops.sparsemax, sparsemax, (CUBE,)),
    # Einstein's notation in full
    both("einsum with dots", lambda m, x: m.einsum("...ij,kj->...ki", x, CUBE[0]), CUBE),
    both(
        "einsum of a diagonal",
        lambda m, x: m.einsum("bii->bi", x) + m.einsum("bii->b", x)[:, None],
        SQUARE,
    ),
]
