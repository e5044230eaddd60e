"""Cases of the common operations, against NumPy, for tests/ops/test_ops_api.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import ops

Array = NDArray[Any]
Case = tuple[str, Callable[..., Any], Callable[..., Any], tuple[Array, ...]]
rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3)).astype(np.float32)
Y = rng.normal(size=(4, 3)).astype(np.float32)
CUBE = rng.normal(size=(4, 3, 5)).astype(np.float32)
POSITIVE = np.abs(X) + np.float32(0.1)
UNIT = np.tanh(X)
COUNTS = rng.integers(-5, 6, (4, 3)).astype(np.int32)
MASK = X > 0
LABELS = np.array([2, 0, 1, 1], np.int32)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]


def softmax(x: Array, axis: Any = -1) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def binary(t: Array, p: Array) -> Array:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


SHARES = softmax(X)


def same(names: str, *arrays: Array) -> list[Case]:
    """Functions that NumPy has under the same name."""
    return [(name, getattr(ops, name), getattr(np, name), arrays) for name in names.split()]


def reductions(names: str, *axes: Any) -> list[Case]:
    """Functions of an array, an axis and keepdims."""

    def call(name: str, module: Any, axis: Any, keepdims: bool) -> Callable[..., Any]:
        return lambda x: getattr(module, name)(x, axis=axis, keepdims=keepdims)

    return [
        (f"{name} {axis}", call(name, ops, axis, keep), call(name, np, axis, keep), (CUBE,))
        for name in names.split()
        for keep, axis in enumerate(axes)
    ]


def both(name: str, call: Callable[[Any, Any], Any], *arrays: Array) -> Case:
    """An expression of a module, `lamina.ops` or NumPy, and an array."""
    return name, lambda *x: call(ops, *x), lambda *x: call(np, *x), arrays


COMMON: list[Case] = [
    # of one tensor
    *same("absolute negative sign square exp expm1 sin cos tan sinh cosh tanh arctan", X),
    *same("floor ceil round isnan isinf isfinite", X),
    *same("sqrt log log1p log2 log10 reciprocal", POSITIVE),
    *same("arcsin arccos", UNIT),
    *same("absolute negative sign square", COUNTS),
    *same("logical_not", MASK),
    ("erf", ops.erf, np.vectorize(math.erf), (X,)),
    ("rsqrt", ops.rsqrt, lambda x: 1 / np.sqrt(x), (POSITIVE,)),
    both("round to places", lambda m, x: m.round(x, 1), X),
    both("round to tens", lambda m, x: m.round(x * 10.0, -1), X),
    both("round integers", lambda m, x: m.round(x * 7, -1) + m.round(x, 1), COUNTS),
    both("clip", lambda m, x: m.clip(x, -0.5, 0.5), X),
    both("clip integers", lambda m, x: m.clip(x, -2, 3), COUNTS),
    both("clip at arrays", lambda m, x: m.clip(x, Y[0], 2), X),
    # of two tensors
    *same("add subtract multiply divide floor_divide mod maximum minimum arctan2", X, Y),
    *same("equal not_equal less less_equal greater greater_equal", X, Y),
    *same("add subtract multiply maximum minimum equal less", COUNTS, COUNTS[::-1]),
    *same("logical_and logical_or logical_xor", MASK, Y > 0),
    *same("power", POSITIVE, Y),
    both("square by power", lambda m, x: x**2, X),
    both("where", lambda m, x: m.where(x > 0, x, -1), X),
    both("isclose", lambda m, x: m.isclose(x, x + 1e-7), X),
    both("operators", lambda m, x: (2 - x) / (1 + x * x) + (-x) ** 3 - abs(x), X),
    both("comparisons", lambda m, x: (x > 0.5) | ~(x <= -0.5) & (x != 0) ^ (x < 2), X),
    both("whole numbers", lambda m, x: (7 // (x + 6)) % 3 * 2, COUNTS),
    (
        "divide_no_nan",
        lambda x: ops.divide_no_nan(x, [0.0, 2.0, 4.0]),
        lambda x: x * [0, 0.5, 0.25],
        (X,),
    ),
    # reductions
    *reductions("sum mean prod max min var std", None, 1, -1, (0, 2), ()),
    *reductions("any all", None, 1),
    *reductions("argmax argmin", None, 1, -1),
    *same("max min sort", MASK),
    both("cumsum of uint8", lambda m, x: m.cumsum(m.abs(x), 1), COUNTS.astype(np.uint8)),
    both("max from", lambda m, x: m.max(x, axis=1, initial=0.5), X),
    both("min from", lambda m, x: m.min(x, axis=1, initial=-0.5), X),
    both("prod in float64", lambda m, x: m.prod(x, axis=1, dtype="float64"), X),
    both("sum of booleans", lambda m, x: m.sum(x > 0, axis=1), X),
    both("mean of integers", lambda m, x: m.mean(x, axis=1), COUNTS),
    both("count_nonzero", lambda m, x: m.count_nonzero(x, axis=1), COUNTS),
    both("cumsum", lambda m, x: m.cumsum(x, axis=1), X),
    both("cumsum of all", lambda m, x: m.cumsum(x), X),
    (
        "cumsum back",
        lambda x: ops.cumsum(x, 1, reverse=True),
        lambda x: x[:, ::-1].cumsum(1)[:, ::-1],
        (X,),
    ),
    ("logsumexp", lambda x: ops.logsumexp(x, 1), lambda x: np.log(np.exp(x).sum(1)), (X,)),
    # shapes
    *same("ravel squeeze transpose flip", CUBE),
    both("reshape", lambda m, x: m.reshape(x, (-1, 15)), CUBE),
    both("expand_dims", lambda m, x: m.expand_dims(x, (0, -1)), X),
    both("squeeze", lambda m, x: m.squeeze(x[:, None], 1), X),
    both("transpose", lambda m, x: m.transpose(x, (0, 2, 1)), CUBE),
    both("swapaxes", lambda m, x: m.swapaxes(x, 1, -1), CUBE),
    both("moveaxis", lambda m, x: m.moveaxis(x, (1, 2), (2, 1)), CUBE),
    both("broadcast_to", lambda m, x: m.broadcast_to(x[:, :1], (2, *x.shape)), X),
    both("concatenate", lambda m, x, y: m.concatenate([x, y], axis=-1), X, Y),
    both("stack", lambda m, x, y: m.stack([x, y], axis=1), X, Y),
    both("split", lambda m, x: m.split(x, 3, axis=1), X),
    both("split before", lambda m, x: m.split(x, [1, 4], axis=-1), CUBE),
    both("tile", lambda m, x: m.tile(x, (2, 1, 3)), X),
    both("repeat", lambda m, x: m.repeat(x, 2, axis=1), X),
    both("repeat unevenly", lambda m, x: m.repeat(x, [0, 3, 1], axis=1), X),
    both("repeat of all", lambda m, x: m.repeat(x, 2), X),
    both("flip", lambda m, x: m.flip(x, axis=1), X),
    both("roll", lambda m, x: m.roll(x, 4, axis=1), X),
    both("roll of all", lambda m, x: m.roll(x, -2), X),
    both("pad", lambda m, x: m.pad(x, ((0, 0), (1, 2)), constant_values=7), X),
    *(
        both(
            f"pad {mode}",
            lambda m, x, mode=mode: m.pad(x, ((0, 0), (0, 0), (2, 1)), mode=mode),
            CUBE,
        )
        for mode in ("reflect", "symmetric")
    ),
    ("slice", lambda x: ops.slice(x, (1, 0), (2, 3)), lambda x: x[1:3], (X,)),
    # indices
    both("items", lambda m, x: x[:, 0], X),
    both("items from the end", lambda m, x: x[..., -1, ::2], CUBE),
    both("items backwards", lambda m, x: x[:, ::-2, 4:1:-1], CUBE),
    both("no items", lambda m, x: x[:, 2:1], X),
    both("new axes", lambda m, x: x[None, :, 1:, None], X),
    both("items at indices", lambda m, x: x[:, [2, 0, -1]], X),
    both("items at an array", lambda m, x: x[:, 1, m.where(m.ones(2) > 0, 2, 0)], CUBE),
    both("take", lambda m, x: m.take(x, [[0, 2], [-1, 1]], axis=1), CUBE),
    both("take of all", lambda m, x: m.take(x, [5, 0]), X),
    both("take_along_axis", lambda m, x: m.take_along_axis(x, m.argsort(x, axis=1), axis=1), X),
    ("one_hot", lambda x: ops.one_hot(x, 3), lambda x: np.eye(3)[x], (LABELS,)),
    ("one_hot in front", lambda x: ops.one_hot(x, 3, axis=0), lambda x: np.eye(3)[x].T, (LABELS,)),
    # order
    both("sort", lambda m, x: m.sort(x, axis=1), X),
    both("argsort", lambda m, x: m.argsort(x, axis=-1), X),
    ("top_k", lambda x: ops.top_k(x, 2)[0], lambda x: np.sort(x)[..., :-3:-1], (CUBE,)),
    (
        "in_top_k",
        lambda t, x: ops.in_top_k(t, x, 2),
        lambda t, x: (x > np.take_along_axis(x, t[:, None], 1)).sum(1) < 2,
        (LABELS, X),
    ),
    # products
    both("matmul", lambda m, x: m.matmul(x, CUBE[0]), X),
    both("matmul of stacks", lambda m, x: x @ m.swapaxes(x, 1, 2), CUBE),
    both("matmul with a vector", lambda m, x: m.matmul(x, X[0]), Y),
    both("matmul of a vector", lambda m, x: X[:, 0] @ x, X),
    both("dot", lambda m, x: m.dot(x, CUBE[:, :, 0].T), X),
    both("dot with a stack", lambda m, x: m.dot(x, np.swapaxes(CUBE, 1, 2)[:, :3]), X),
    both("tensordot", lambda m, x: m.tensordot(x, CUBE, ([1], [1])), CUBE),
    both("tensordot of the last", lambda m, x: m.tensordot(x, CUBE[0], 2), CUBE),
    both("matmul of integers", lambda m, x: m.matmul(x * 99999, m.transpose(x)), COUNTS),
    both("outer", lambda m, x: m.outer(x, Y[0]), X),
    both("einsum", lambda m, x: m.einsum("bij,kj->bik", x, CUBE[0]), CUBE),
    both("einsum to a diagonal", lambda m, x: m.einsum("bij,bij->b", x, x), CUBE),
    both("einsum of three", lambda m, x: m.einsum("bij,i,j", x, X[0], CUBE[0, 0]), CUBE),
    both("einsum of one", lambda m, x: m.einsum("bij->jb", x), CUBE),
    *(
        (
            f"norm {order}",
            lambda x, order=order: ops.norm(x, order, axis=1),
            lambda x, order=order: np.linalg.norm(x, order, axis=1),
            (X,),
        )
        for order in (None, 1, 2, 3.0, 0, np.inf, -np.inf)
    ),
    (
        "norm of matrices",
        lambda x: ops.norm(x, "fro", (1, 2)),
        lambda x: np.linalg.norm(x, "fro", (1, 2)),
        (CUBE,),
    ),
    # dtypes and constants
    ("cast", lambda x: ops.cast(x, "int32"), lambda x: x.astype(np.int32), (X,)),
    both("zeros_like", lambda m, x: m.zeros_like(x) + m.ones_like(x) + m.full_like(x, 3), X),
    both("arange", lambda m, x: x + m.arange(3), X),
    # activations
    ("sigmoid", ops.sigmoid, sigmoid, (X,)),
    ("log_sigmoid", ops.log_sigmoid, lambda x: np.log(sigmoid(x)), (X,)),
    ("hard_sigmoid", ops.hard_sigmoid, lambda x: np.clip(x / 6 + 0.5, 0, 1), (X * 4,)),
    ("silu", ops.silu, lambda x: x * sigmoid(x), (X,)),
    ("hard_silu", ops.hard_silu, lambda x: x * np.clip(x / 6 + 0.5, 0, 1), (X * 4,)),
    ("softplus", ops.softplus, lambda x: np.log1p(np.exp(x)), (X,)),
    ("softsign", ops.softsign, lambda x: x / (1 + np.abs(x)), (X,)),
    ("mish", ops.mish, lambda x: x * np.tanh(np.log1p(np.exp(x))), (X,)),
    ("relu", ops.relu, lambda x: np.maximum(x, 0), (X,)),
    ("relu6", ops.relu6, lambda x: np.clip(x, 0, 6), (X * 9,)),
    ("leaky_relu", ops.leaky_relu, lambda x: np.where(x > 0, x, 0.2 * x), (X,)),
    (
        "relu in general",
        lambda x: ops.relu(x, 0.1, 1.0, 0.5),
        lambda x: np.where(x < 0.5, 0.1 * (x - 0.5), np.minimum(x, 1)),
        (X,),
    ),
    ("elu", lambda x: ops.elu(x, 2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x)), (X,)),
    ("selu", ops.selu, lambda x: 1.05070099 * np.where(x > 0, x, 1.67326324 * np.expm1(x)), (X,)),
    (
        "gelu",
        ops.gelu,
        lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        (X,),
    ),
    ("softmax", ops.softmax, softmax, (CUBE,)),
    ("softmax in front", lambda x: ops.softmax(x, 1), lambda x: softmax(x, 1), (CUBE,)),
    ("softmax of two", lambda x: ops.softmax(x, (1, 2)), lambda x: softmax(x, (1, 2)), (CUBE,)),
    ("log_softmax", ops.log_softmax, lambda x: np.log(softmax(x)), (CUBE,)),
    ("normalize", ops.normalize, lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True), (X,)),
    # cross-entropies
    ("binary_crossentropy", ops.binary_crossentropy, binary, (ONE_HOT, SHARES)),
    (
        "binary_crossentropy of logits",
        lambda t, x: ops.binary_crossentropy(t, x, from_logits=True),
        lambda t, x: binary(t, sigmoid(x)),
        (ONE_HOT, X),
    ),
    (
        "categorical_crossentropy",
        lambda t, p: ops.categorical_crossentropy(t, 2 * p),
        lambda t, p: -(t * np.log(p)).sum(-1),
        (ONE_HOT, SHARES),
    ),
    (
        "categorical_crossentropy of logits",
        lambda t, x: ops.categorical_crossentropy(t, x, from_logits=True, axis=1),
        lambda t, x: -(t * np.log(softmax(x))).sum(-1),
        (ONE_HOT, X),
    ),
    (
        "sparse_categorical_crossentropy",
        lambda t, p: ops.sparse_categorical_crossentropy(t[:, None], 2 * p),
        lambda t, p: -np.log(np.take_along_axis(p, t[:, None], 1)[:, 0]),
        (LABELS, SHARES),
    ),
    (
        "sparse_categorical_crossentropy of logits",
        lambda t, x: ops.sparse_categorical_crossentropy(t, x, from_logits=True),
        lambda t, x: -np.log(np.take_along_axis(softmax(x), t[:, None], 1)[:, 0]),
        (LABELS, X),
    ),
]
