"""Inputs for every op of the core: one line a case, for values, gradients and determinism."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.reference.unary import FUNCTIONS

Array = NDArray[Any]
Draw = Callable[[np.random.Generator], list[Array]]


@dataclass
class Case:
    """One call of an op: a function that draws its inputs, and the attributes."""

    op: str
    draw: Draw
    attributes: dict[str, Any] = field(default_factory=dict)

    def inputs(self, dtype: str) -> list[Array]:
        """Return the inputs with their floating-point arrays in `dtype`."""
        arrays = self.draw(np.random.default_rng(7))
        return [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]

    def __str__(self) -> str:
        shapes = "-".join("x".join(map(str, a.shape)) or "scalar" for a in self.inputs("float32"))
        return f"{self.op}-{shapes}-{self.attributes}".replace(" ", "")


SHAPES = [(), (1,), (67,), (3, 5), (0, 4), (2, 3, 129), (40, 60)]
DOMAINS = {  # where a function is defined and its slope is tame
    "sqrt": (0.1, 5),
    "rsqrt": (0.2, 5),
    "log": (0.1, 9),
    "log2": (0.1, 9),
    "log10": (0.1, 9),
    "log1p": (-0.8, 9),
    "arcsin": (-0.95, 0.95),
    "arccos": (-0.95, 0.95),
    "tan": (-1.3, 1.3),
    "reciprocal": (0.3, 4),
    "clip": (-4, 4),
}
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "relu": [{}, {"negative_slope": 0.2}, {"max_value": 1.0, "threshold": 0.0}],
    "elu": [{}, {"alpha": 0.5}],
    "clip": [{"min": -1.0, "max": 2.0}, {"max": 0.5}],
}


def values(*shape: int, low: float = -3, high: float = 3) -> Callable[[np.random.Generator], Array]:
    """Return a drawer of uniform numbers away from the kinks at whole and half numbers."""

    def draw(rng: np.random.Generator) -> Array:
        x = rng.uniform(low, high, shape)
        near = np.round(2 * x) / 2
        return np.asarray(
            np.where(np.abs(x - near) < 0.02, near + 0.04 * np.sign(x - near + 1e-9), x)
        )

    return draw


def distinct(*shape: int) -> Callable[..., Array]:
    """Return a drawer of numbers of which no two are close."""
    return lambda rng: rng.permutation(int(np.prod(shape))).reshape(shape) / 8.0


def integers(low: int, high: int, *shape: int, dtype: str = "int32") -> Callable[..., Array]:
    """Return a drawer of integers in low..high-1."""
    return lambda rng: rng.integers(low, high, shape).astype(dtype)


def booleans(*shape: int) -> Callable[..., Array]:
    """Return a drawer of truth values."""
    return lambda rng: rng.random(shape) < 0.5


def case(op: str, *draws: Callable[..., Array], **attributes: Any) -> Case:
    """Return a case whose inputs are drawn one after the other."""
    return Case(op, lambda rng: [draw(rng) for draw in draws], attributes)


def unary_cases() -> list[Case]:
    """Return the cases of every function of one variable."""
    cases = []
    for name in FUNCTIONS:
        low, high = DOMAINS.get(name, (-4, 4))
        for shape in SHAPES:
            for parameters in PARAMETERS.get(name, [{}]):
                cases.append(case(name, values(*shape, low=low, high=high), **parameters))
    return cases


def derivative_cases(known: list[str]) -> list[Case]:
    """Return the cases of the derivatives of those functions, as far as the core has them."""
    cases = []
    for name, row in FUNCTIONS.items():
        low, high = DOMAINS.get(name, (-4, 4))
        if row.via == "y":
            low, high = (0.05, 0.9)
        for op in (f"{name}_grad", f"{name}_grad2"):
            if op in known:
                for parameters in PARAMETERS.get(name, [{}]):
                    draws = values(9, 7, low=low, high=high), values(9, 7)
                    cases.append(case(op, *draws, **parameters))
    return cases


PAIRS = [
    ((), ()),
    ((4, 5), (4, 5)),
    ((4, 5), (5,)),
    ((4, 1), (1, 5)),
    ((3, 1, 7), (4, 1)),
    ((130,), ()),
    ((0, 3), (3,)),
]


def binary_cases() -> list[Case]:
    """Return the cases of every function of two variables."""
    cases = []
    for a, b in PAIRS:
        for name in ("add", "subtract", "multiply", "maximum", "minimum", "sigmoid_crossentropy"):
            cases.append(case(name, values(*a), values(*b)))
        for name in ("divide", "mod", "floor_divide"):
            cases.append(case(name, values(*a), values(*b, low=0.6, high=3)))
        for name in ("power", "arctan2"):
            cases.append(case(name, values(*a, low=0.2, high=3), values(*b)))
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
            cases.append(case(name, integers(0, 3, *a), integers(0, 3, *b)))
        for name in ("logical_and", "logical_or", "logical_xor"):
            cases.append(case(name, booleans(*a), booleans(*b)))
    for name in ("add", "subtract", "multiply", "floor_divide", "mod", "maximum", "power"):
        for dtype in ("int32", "int64"):
            draws = integers(-9, 9, 5, 3, dtype=dtype), integers(1, 4, 3, dtype=dtype)
            cases.append(case(name, *draws))
    return cases


def predicate_cases() -> list[Case]:
    """Return the cases of the predicates."""
    odd = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-40, 3.0])
    return [case(name, lambda rng: odd) for name in ("isnan", "isinf", "isfinite")] + [
        case("logical_not", booleans(5, 3))
    ]


AXES: list[list[int]] = [[], [0], [-1], [1], [0, 2], [0, 1, 2]]


def reduction_cases() -> list[Case]:
    """Return the cases of reductions and running sums."""
    cases = []
    for keepdims in (False, True):
        for axes in AXES:
            for name in ("sum", "mean", "prod", "max", "min", "logsumexp"):
                draws = values(3, 4, 5, low=-2, high=2)
                cases.append(case(name, draws, axes=axes, keepdims=keepdims))
            for name in ("any", "all"):
                cases.append(case(name, booleans(3, 4, 5), axes=axes, keepdims=keepdims))
        for axis in (0, 1, -1):
            for name in ("argmax", "argmin"):
                cases.append(case(name, integers(0, 4, 3, 4, 70), axis=axis, keepdims=keepdims))
    for shape in [(1,), (1000,), (3000, 3), (3, 3000), (1, 65), (65, 1)]:
        for axes in [[], [0], [-1]]:
            cases += [
                case(n, values(*shape), axes=axes) for n in ("sum", "mean", "max", "logsumexp")
            ]
    cases += [case("sum", values(0, 3), axes=[0]), case("sum", integers(0, 9, 5, 4), axes=[1])]
    cases += [case("sum", booleans(5, 4), axes=[0]), case("mean", values(1), axes=[])]
    cases += [
        case("cumsum", values(4, 67), axis=a, reverse=r) for a in (0, 1) for r in (False, True)
    ]
    return cases


def shaping_cases() -> list[Case]:
    """Return the cases of ops that move elements about."""
    x = values(3, 4, 5)
    return [
        case("identity", x),
        case("stop_gradient", x),
        case("reshape", x, shape=[5, 12]),
        case("transpose", x, axes=[2, 0, 1]),
        case("transpose", values(33, 65), axes=[1, 0]),
        case("broadcast_to", values(3, 1, 5), shape=[2, 3, 4, 5]),
        case("broadcast_to", values(), shape=[7]),
        *[case("concatenate", x, values(3, 2, 5), values(3, 0, 5), axis=a) for a in (1, -2)],
        case("slice", x, begin=[0, 1, 4], end=[3, 4, 5], step=[1, 1, 1]),
        case("slice", x, begin=[0, 0, 1], end=[3, 4, 5], step=[2, 3, 2]),
        case("pad", x, before=[0, 1, 2], after=[1, 0, 0], value=7.0),
        case("pad", x, before=[0, 1, 2], after=[1, 0, 0], interior=[2, 0, 1]),
        case("flip", x, axes=[0, 2]),
        case("where", booleans(3, 1, 5), values(4, 5), values(1)),
        *[case("cast", values(4, 5), dtype=d) for d in ("float64", "float32", "int32", "bool")],
        *[
            case("cast", integers(0, 3, 4), dtype=d)
            for d in ("float32", "float64", "bool", "uint8")
        ],
    ]


def indexing_cases() -> list[Case]:
    """Return the cases of gathering, scattering and sorting."""
    x = values(6, 4, 5)
    return [
        *[case("take", x, integers(-4, 4, 3, 2), axis=a) for a in (0, 1, -1)],
        case("take", values(5), integers(-9, 9, 40), axis=0),
        case("scatter_add", integers(0, 6, 9), values(9, 4), shape=[6, 4]),
        case("scatter_add", integers(0, 6, 3, 2), values(3, 2), shape=[6]),
        case("one_hot", integers(-2, 7, 4, 3), num_classes=5, dtype="float32"),
        case("take_along_axis", x, integers(0, 4, 6, 3, 5), axis=1),
        case("scatter_along_axis", integers(0, 9, 6, 4, 5), x, axis=1, size=9),
        *[case("top_k", distinct(6, 4, 5), k=k) for k in (1, 3, 5)],
        case("top_k", integers(0, 3, 4, 9), k=4),
        *[
            case("sort", distinct(6, 4, 5), axis=a, descending=d)
            for a in (0, -1)
            for d in (False, True)
        ],
        *[
            case("argsort", integers(0, 3, 4, 9), axis=a, descending=d)
            for a in (0, 1)
            for d in (False, True)
        ],
    ]


PRODUCTS = [
    ((1, 1), (1, 1)),
    ((1, 784), (784, 10)),
    ((7, 3), (3, 5)),
    ((33, 65), (65, 17)),
    ((64, 1), (1, 9)),
    ((130, 70), (70, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((5, 7, 3), (3, 4)),
    ((2, 4, 3), (2, 3, 6)),
    ((3, 1, 2, 3), (4, 3, 2)),
]


def product_cases() -> list[Case]:
    """Return the cases of products in all four transpositions, and of the fused dense op."""
    cases = []
    for a, b in PRODUCTS:
        for ta in (False, True):
            for tb in (False, True):
                left = (*a[:-2], a[-1], a[-2]) if ta else a
                right = (*b[:-2], b[-1], b[-2]) if tb else b
                draws = values(*left), values(*right)
                cases.append(case("matmul", *draws, transpose_a=ta, transpose_b=tb))
    for m, k, n in [(1, 1, 1), (9, 13, 66), (130, 33, 10), (4, 9, 1)]:
        draws = values(m, k), values(k, n), values(n)
        cases.append(case("dense", *draws))
        for name in ("relu", "sigmoid", "tanh", "gelu"):
            cases.append(case("dense", *draws, activation=name))
        cases.append(case("dense", *draws[:2], activation="relu", negative_slope=0.1))
    for m, k, n in [(1, 1, 1), (9, 13, 66), (21, 700, 33), (4, 9, 1), (3, 0, 2)]:
        draws = values(m, k, low=-0.4, high=0.4), values(n, k, low=-0.4, high=0.4), values(m, n)
        for name in ("relu", "sigmoid", "tanh"):
            cases.append(case("matmul_slope", *draws, slope=name, transpose_b=True))
        cases.append(
            case("matmul_slope", *draws, slope="relu", negative_slope=0.1, transpose_b=True)
        )
    for m, k, n in [(9, 13, 66), (21, 700, 33), (1, 520, 16)]:  # of one to three blocks of k
        draws = values(m, k, low=-0.4, high=0.4), values(k, n, low=-0.4, high=0.4), values(n)
        cases.append(case("dense", *draws, activation="relu", stationary=True))
        cases.append(case("matmul", *draws[:2], stationary=True))
    return cases


def softmax_cases() -> list[Case]:
    """Return the cases of softmax and the cross-entropies from logits."""
    cases = []
    for shape in [(1, 1), (5, 10), (3, 67), (0, 4), (2, 3, 130)]:
        n = shape[-1]
        x, rows = values(*shape), shape[:-1]
        cases += [case(name, x) for name in ("softmax", "log_softmax")]
        cases += [case(f"{name}_grad", x, values(*shape)) for name in ("softmax", "log_softmax")]
        cases += [case("softmax_crossentropy", x, values(*shape, low=0, high=1))]
        cases += [
            case("softmax_crossentropy_grad", x, values(*shape, low=0, high=1), values(*rows))
        ]
        cases += [case("sparse_softmax_crossentropy", x, integers(0, n, *rows))]
        cases += [case("sparse_softmax_crossentropy_grad", x, integers(0, n, *rows), values(*rows))]
    cases += [case(n, values(3, 4, 5), axis=a) for n in ("softmax", "log_softmax") for a in (0, 1)]
    return cases


def state(rng: np.random.Generator) -> Array:
    """Draw a random generator's state."""
    return rng.integers(0, 2**62, 2)


def random_cases() -> list[Case]:
    """Return the cases of random ops."""
    cases = [case("next_random_state", state)]
    for shape in ([1], [3, 5], [1000], [0]):
        for dtype in ("float32", "float64"):
            cases.append(
                case("random_uniform", state, shape=shape, minval=-2.0, maxval=3.0, dtype=dtype)
            )
            cases.append(
                case("random_normal", state, shape=shape, mean=1.0, stddev=2.0, dtype=dtype)
            )
        cases.append(case("random_int", state, shape=shape, minval=-5, maxval=11))
        cases += [case("dropout", values(*shape), state, rate=r) for r in (0.0, 0.2, 0.9)]
        cases.append(case("bernoulli", values(*shape, low=-0.1, high=1.1), state))
    for rows, classes, most in [(1, 1, 2), (3, 5, 8), (130, 3, 2), (2, 40, 700), (0, 4, 1)]:
        p, totals = values(rows, classes, low=0, high=1), integers(0, most, rows, dtype="float64")
        cases.append(case("multinomial", p, totals, state))
    nothing, totals = values(2, 3, low=-1e-30, high=-1e-31), values(2, low=-2, high=3)
    cases.append(case("multinomial", nothing, totals, state))
    return cases


def all_cases(known: list[str]) -> list[Case]:
    """Return every case; `known` are the core's op names."""
    from conv_cases import conv_op_cases  # late: these are made of what stands above
    from recurrent_cases import recurrent_cases
    from update_cases import update_cases
    from vision_cases import vision_cases

    return [
        *unary_cases(),
        *derivative_cases(known),
        *binary_cases(),
        *predicate_cases(),
        *reduction_cases(),
        *shaping_cases(),
        *indexing_cases(),
        *product_cases(),
        *softmax_cases(),
        *random_cases(),
        *update_cases(),
        *vision_cases(),
        *recurrent_cases(),
        *conv_op_cases(),
    ]
