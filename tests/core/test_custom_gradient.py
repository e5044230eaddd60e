"""Functions that bring their own gradients, of any order, within whatever is around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, layers, ops
from slopes import check_slopes

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(2, 4, 3))


@lamina.custom_gradient
def softplus(x: Any) -> Any:
    """ln(1 + e^x), whose derivative is finite where e^x is not."""
    e = ops.exp(x)

    def gradient(upstream: Any) -> Any:
        return upstream * (1 - 1 / (1 + e))

    return ops.log1p(e), gradient


@lamina.custom_gradient
def product_and_sum(x: Any, y: Any) -> Any:
    return [x * y, x + y], lambda dp, ds: (dp * y + ds, dp * x + ds)


def test_derivatives_are_those_given() -> None:
    @lamina.function
    def fn(x: Any) -> Any:
        return lamina.grad(softplus(x), x)

    found = fn(np.float32([-1, 0, 100]))
    np.testing.assert_allclose(found, [1 / (1 + np.e), 0.5, 1], rtol=1e-6)
    np.testing.assert_allclose(softplus(X), np.log1p(np.exp(X)))


def test_they_are_differentiated_again() -> None:
    check_slopes(softplus, X)
    check_slopes(lambda x, y: sum(product_and_sum(x * x, ops.sin(y))), X, Y)
    check_slopes(lambda x, y: product_and_sum(x, y)[0], X, Y)


def test_they_work_in_loops_and_branches() -> None:
    check_slopes(lambda x: ops.fori_loop(0, 3, lambda i, y: softplus(y) - x, x), X)
    check_slopes(
        lambda x, y: ops.cond(ops.sum(x) > 0, lambda: softplus(y), lambda: softplus(x * y)), X, Y
    )


def test_a_gradient_may_be_anything() -> None:
    steps = Variable(2.0)

    @lamina.custom_gradient
    def reversed_gradient(x: Any, scale: float = 1.0) -> Any:
        return x + 0, lambda upstream: ops.sign(-upstream) * steps * scale

    layer = layers.Lambda(lambda x: x * reversed_gradient(x, scale=3.0))

    @lamina.function
    def fn(x: Any) -> Any:
        return lamina.grad(layer(x), x)

    for step in (2.0, 5.0):
        steps.assign(step)
        np.testing.assert_allclose(fn(X), X - 3 * step * np.sign(X))


def test_errors() -> None:
    wrong = lamina.custom_gradient(lambda x, y: (x * y, lambda upstream: upstream))
    shape = lamina.custom_gradient(lambda x: (ops.sum(x), lambda upstream: upstream))
    with pytest.raises(ValueError, match=r"expected 2 derivatives of <lambda>'s gradient"):
        lamina.function(wrong)(X, Y)
    with pytest.raises(ValueError, match=r"argument 0 .* float64 \(4, 3\), received float64 \(\)"):
        lamina.function(shape)(X)
    with pytest.raises(TypeError, match="call it in a layer"):
        softplus(layers.Input((3,)))
