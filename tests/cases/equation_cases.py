"""Cases of linear equations, factors and search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from op_case import Array, Case, case, integers, values


def regular(*shape: int) -> Callable[..., Array]:
    """Return a drawer of matrices far from singular."""

    def draw(rng: np.random.Generator) -> Array:
        return rng.normal(size=shape) + shape[-1] * np.eye(shape[-1])

    return draw


def definite(*shape: int) -> Callable[..., Array]:
    """Return a drawer of symmetric positive definite matrices."""

    def draw(rng: np.random.Generator) -> Array:
        half = rng.normal(size=shape)
        return half @ np.swapaxes(half, -1, -2) + np.eye(shape[-1])

    return draw


def ascending(count: int) -> Callable[..., Array]:
    """Return a drawer of sorted numbers."""
    return lambda rng: np.sort(rng.normal(size=count))


def whole(rng: np.random.Generator, *draws: Callable[..., Array]) -> list[Array]:
    """Return what is drawn as integers, some of them equal."""
    return [np.round(draw(rng)).astype("int32") for draw in draws]


def equation_cases() -> list[Case]:
    """Return the cases of these ops."""
    cases = []
    for n, k, stack in ((1, 1, ()), (4, 3, ()), (3, 1, (5,)), (7, 2, (2, 70)), (2, 2, (0,))):
        a, b = regular(*stack, n, n), values(*stack, n, k)
        for transpose in (False, True):
            cases.append(case("solve", a, b, transpose=transpose))
            for lower in (False, True):
                cases.append(case("solve_triangular", a, b, transpose=transpose, lower=lower))
        cases += [case("slogdet", a), case("cholesky", definite(*stack, n, n))]
    for shape in ((1, 1), (5, 5), (6, 2), (2, 6), (3, 7, 4), (70, 2, 2), (0, 3, 3)):
        x = values(*shape)
        cases += [case("qr", x, complete=complete) for complete in (False, True)]
        cases += [case("svd", x), case("svd", values(*shape[:-1], shape[-2]), full_matrices=True)]
        cases += [case("eigh", definite(*shape[:-1], shape[-2]))]
    for right in (False, True):
        for count in (0, 1, 9):
            found = case("searchsorted", ascending(count), values(3, 40), right=right)
            cases.append(found)
        draws = ascending(5), integers(-1, 6, 9)
        cases.append(Case("searchsorted", lambda rng, d=draws: whole(rng, *d), {"right": right}))
    return cases
