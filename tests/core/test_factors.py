"""Gradients of factorizations, of every output, and what makes a factorization one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import ops

rng = np.random.default_rng(4)


def symmetric(x: Any) -> Any:
    return x + ops.swapaxes(x, -1, -2)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5, 3), (6, 1)])
@pytest.mark.parametrize(
    "factor",
    [
        ops.qr,
        lambda x: ops.svd(x, full_matrices=False),
        lambda x: ops.svd(ops.swapaxes(x, -1, -2), full_matrices=False),
        lambda x: ops.eigh(symmetric(ops.matmul(ops.swapaxes(x, -1, -2), x) * [[1.0]])),
        lambda x: [ops.pinv(x)],
        lambda x: [ops.det(ops.matmul(ops.swapaxes(x, -1, -2), x))],
    ],
    ids=["qr", "svd", "svd of wide", "eigh", "pinv", "det"],
)
def test_gradients(factor: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    x, along = rng.normal(size=shape), rng.normal(size=shape)
    weights = [rng.normal(size=y.shape) for y in factor(x)]

    def value(x: Any) -> Any:
        return sum(ops.sum(w * ops.sin(y)) for w, y in zip(weights, factor(x), strict=True))

    slope = lamina.function(lambda x: lamina.grad(value(x), x))
    curvature = lamina.function(lambda x: lamina.grad(ops.sum(slope(x) * along), x))
    step = 1e-6
    for lower, upper in (
        (lambda x: float(value(x)), slope),
        (lambda x: float(np.sum(slope(x).numpy() * along)), curvature),
    ):
        difference = (lower(x + step * along) - lower(x - step * along)) / (2 * step)
        received = float(np.sum(upper(x).numpy() * along))
        assert received == pytest.approx(difference, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("shape", [(7, 7), (9, 4), (4, 9), (40, 40)])
@pytest.mark.parametrize("rank", [1, 3, 40])
def test_svd_of_any_rank_is_orthogonal(shape: tuple[int, int], rank: int) -> None:
    rank = min(rank, *shape)
    x = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
    u, s, vt = (part.numpy() for part in ops.svd(x))
    np.testing.assert_allclose(u.T @ u, np.eye(shape[0]), atol=1e-12)
    np.testing.assert_allclose(vt @ vt.T, np.eye(shape[1]), atol=1e-12)
    k = len(s)
    np.testing.assert_allclose((u[:, :k] * s) @ vt[:k], x, atol=1e-10)
    assert int(ops.matrix_rank(x)) == rank
    assert (np.diff(s) <= 0).all()


def test_a_matrix_without_a_factor_gives_nan() -> None:
    assert np.isnan(ops.cholesky(-np.eye(3)).numpy()).any()
    assert not np.isfinite(ops.inv(np.ones((2, 2))).numpy()).any()
