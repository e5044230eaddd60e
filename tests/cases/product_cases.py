"""Cases of products of matrices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from op_case import Array, Case, case, values

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


def thin(*shape: int) -> Callable[[np.random.Generator], Array]:
    """Return a drawer of numbers most of which are 0."""
    return lambda rng: rng.uniform(-0.4, 0.4, shape) * (rng.random(shape) < 0.2)


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
    for m, k, n, blocks in [(9, 13, 66, 2), (21, 700, 33, 3), (1, 520, 16, 4), (5, 64, 9, 2)]:
        draws = values(m, k, low=-0.4, high=0.4), values(k, n, low=-0.4, high=0.4), values(n)
        cases.append(case("dense", *draws, activation="relu", stationary=blocks))
        cases.append(case("dense", thin(m, k), *draws[1:], activation="relu", sparse_a=True))
        cases.append(case("dense", thin(m, k), draws[1], sparse_a=True, stationary=blocks))
    for m, k, n, a, out in [(7, 64, 33, 2, 1), (1, 9, 96, 1, 3), (130, 96, 64, 3, 4)]:
        inner = values(m, k, low=-0.4, high=0.4)
        draws = inner, values(k, n, low=-0.4, high=0.4)
        blocks = {"a_blocks": a, "out_blocks": out}
        cases.append(case("dense", *draws, values(n), activation="tanh", **blocks))
        cases.append(case("dense", *draws, stationary=a, a_blocks=a))
        slope = {"slope": "relu", "transpose_b": True, **blocks}
        turned = values(n, k, low=-0.4, high=0.4)
        cases.append(case("matmul_slope", inner, turned, values(m, n), **slope))
    return cases
