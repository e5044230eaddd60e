"""Derivatives of compiled functions: of any order, stopped, where there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, _core, ops
from lamina.program import Program
from lamina.reference.unary import FUNCTIONS
from lamina.tensor import Tensor

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_gradients() -> None:
    w = Variable(X)

    @lamina.function
    def slopes(x: Any) -> Any:
        loss = ops.sum(ops.square(w * x))
        by_w, nothing = lamina.grad(loss, [w, ops.zeros(3)])
        (by_x,) = lamina.grad(loss, (x,))
        return {"w": by_w, "x": by_x, "nothing": nothing}

    x = np.full_like(X, 2)
    result = slopes(x)
    np.testing.assert_allclose(result["w"], 2 * X * x**2)
    np.testing.assert_allclose(result["x"], 2 * x * X**2)
    assert result["nothing"] is None


def test_gradients_of_gradients_and_stopped_ones() -> None:
    @lamina.function
    def curvature(x: Any) -> Any:
        slope = lamina.grad(ops.sum(x**3 + ops.stop_gradient(x) * x), x)
        return lamina.grad(slope, x)

    x = np.array([1.0, -2.0, 3.0])
    np.testing.assert_allclose(curvature(x), 6 * x)


CURVED = [name for name in FUNCTIONS if f"{name}_grad2" in _core.op_names()]


@pytest.mark.parametrize("name", CURVED)
def test_third_derivatives_of_functions(name: str) -> None:
    @lamina.function
    def jerk(x: Any) -> Any:
        y = ops.apply(name, x)
        for _ in range(3):
            y = lamina.grad(ops.sum(y), x)
        return ops.zeros_like(x) if y is None else y

    @lamina.function
    def curvature(x: Any) -> Any:
        return lamina.grad(ops.sum(lamina.grad(ops.sum(ops.apply(name, x)), x)), x)

    x, step = np.linspace(0.1, 0.9, 9), 1e-5
    differences = (np.asarray(curvature(x + step)) - np.asarray(curvature(x - step))) / (2 * step)
    np.testing.assert_allclose(jerk(x), differences, rtol=1e-6, atol=1e-7)


def test_gradients_of_composed_operations_match_differences() -> None:
    functions = [
        lambda x: ops.var(x, axis=1),
        lambda x: ops.norm(x, 3.0, axis=0),
        lambda x: ops.softmax(x, (0, 1))[0, 1],
        lambda x: ops.einsum("ij,kj->ik", x, ops.tanh(x)),
        lambda x: ops.tile(x[:, ::-1], (2, 1)) * ops.repeat(x, 2, axis=0),
        lambda x: ops.pad(x, ((1, 0), (1, 1)), mode="reflect") ** 2,
        lambda x: ops.take(x, [1, 0, 1], axis=1) * ops.sort(x, axis=1),
        lambda x: ops.normalize(x) * ops.cumsum(x, axis=1, reverse=True),
        lambda x: ops.binary_crossentropy(ops.zeros_like(x), ops.sigmoid(x)),
    ]
    x = np.array([[0.3, -1.2, 0.8], [1.1, 0.2, -0.4]])
    step = 1e-6
    for fn in functions:
        weights = np.random.default_rng(1).normal(size=lamina.function(fn)(x).shape)
        total = Program(lambda x, fn=fn, weights=weights: ops.sum(fn(x) * weights))
        slope = Program(lambda x, total=total: lamina.grad(total(x), x))(x)
        for index in np.ndindex(x.shape):
            shift = np.zeros_like(x)
            shift[index] = step
            difference = (float(total(x + shift)) - float(total(x - shift))) / (2 * step)
            assert slope.numpy()[index] == pytest.approx(difference, rel=1e-5, abs=1e-8)


def test_normalizing_zeros_has_a_finite_gradient() -> None:
    slope = Program(lambda x: lamina.grad(ops.normalize(x)[..., 0], x))(np.zeros((2, 3)))
    assert np.isfinite(slope).all()


def test_grad_needs_a_graph() -> None:
    with pytest.raises(RuntimeError, match=r"decorated with @lamina\.function"):
        lamina.grad(Tensor(X), Tensor(X))
