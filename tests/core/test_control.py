"""Loops and conditions: their values, and derivatives of any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import ops
from loops import INIT, XS, W, choice, power_loop, rng, rnn
from op_case import Array
from slopes import check_slopes


def numpy_rnn(init: Array, xs: Array, w: Array, reverse: bool = False) -> tuple[Array, Array]:
    ys = np.zeros_like(xs)
    for t in range(len(xs))[:: -1 if reverse else 1]:
        init = np.tanh(init @ w + xs[t])
        ys[t] = init * xs[t]
    return init, ys


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("wrap", [lambda fn: fn, lamina.function])
def test_scan_carries_and_stacks(wrap: Callable[..., Any], reverse: bool) -> None:
    last, ys = wrap(lambda init, xs: rnn(init, xs, W, reverse))(INIT, XS)
    expected_last, expected_ys = numpy_rnn(INIT, XS, W, reverse)
    np.testing.assert_allclose(last, expected_last)
    np.testing.assert_allclose(ys, expected_ys)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("output", [0, 1])
def test_scan_is_differentiable_twice(reverse: bool, output: int) -> None:
    check_slopes(lambda init, xs, w: rnn(init, xs, w, reverse)[output], INIT, XS, W)


def test_a_carry_that_no_step_changes_has_a_gradient() -> None:
    check_slopes(lambda a, b: ops.scan(lambda c, x: (c, c[0] * x), [a, a], b)[1], INIT[0], XS[0])


def test_a_while_loop_with_a_bound_is_differentiable() -> None:
    x = np.array([0.9, 0.7, 1.0005])
    for limit in (1.0, 1.0015, 1.005, 1e300):  # no steps, some, all
        check_slopes(lambda x, limit=limit: power_loop(x, limit)[0], x)


def test_while_loop_stops_in_time() -> None:
    counted = lamina.function(lambda x: ops.while_loop(lambda i: i < x, lambda i: i + 1, 0))
    assert [int(counted(np.int32(x))) for x in (-1, 0, 1, 6)] == [0, 0, 1, 6]
    bounded = ops.while_loop(lambda i: i < 100, lambda i: i + 1, 0, maximum_iterations=7)
    assert int(bounded) == 7
    x, y = ops.while_loop(lambda x, y: x < 10, lambda x, y: [x + 1, y + x], [0, 1])
    assert (int(x), int(y)) == (10, 46)


def test_the_gradient_of_an_unbounded_loop_is_refused() -> None:
    @lamina.function
    def fn(x: Any) -> Any:
        y = ops.while_loop(lambda y: y < 10.0, lambda y: y * 2.0, x)
        return lamina.grad(y, x)

    with pytest.raises(ValueError, match="maximum_iterations says how many"):
        fn(np.float32(1))


@pytest.mark.parametrize("x", [INIT, -INIT])
def test_cond_is_differentiable_where_it_goes(x: Array) -> None:
    check_slopes(choice, x, INIT + 1)


def test_cond_and_switch_choose() -> None:
    x = np.float32([1, 2])
    pick = lamina.function(
        lambda i, x: ops.switch(
            i, [lambda x: {"a": x}, lambda x: {"a": -x}, lambda x: {"a": x * x}], x
        )
    )
    for index, expected in ((-3, x), (0, x), (1, -x), (2, x * x), (9, x * x)):
        np.testing.assert_array_equal(pick(np.int32(index), x)["a"], expected)
        eager = ops.switch(index, [lambda x: x, lambda x: -x, lambda x: x * x], x)
        np.testing.assert_array_equal(eager, expected)
    assert ops.cond(np.array(True), lambda: "yes", lambda: "no") == "yes"


def test_fori_loop_with_numbers_and_tensors_as_bounds() -> None:
    add = lambda i, s: s + i  # noqa: E731
    assert int(ops.fori_loop(2, 10, add, 0)) == sum(range(2, 10))
    assert int(ops.fori_loop(4, 2, add, 7)) == 7
    between = lamina.function(lambda a, b: ops.fori_loop(a, b, add, 0))
    assert int(between(np.int32(2), np.int32(10))) == sum(range(2, 10))
    check_slopes(lambda x: ops.fori_loop(0, 4, lambda i, y: y * x + ops.cast(i, "float64"), x), W)


def test_maps() -> None:
    doubled = ops.map(lambda x: {"d": 2 * x, "s": ops.sum(x)}, XS)
    np.testing.assert_allclose(doubled["d"], 2 * XS)
    np.testing.assert_allclose(doubled["s"], XS.sum((1, 2)))
    pairs = ops.vectorized_map(lambda p: p[0] @ p[1], [XS, np.stack([W] * 5)])
    np.testing.assert_allclose(pairs, XS @ W)
    check_slopes(lambda x, w: ops.map(lambda row: row @ w, x), XS, W)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_associative_scan_combines_in_order(size: int) -> None:
    x = rng.normal(size=(3, size, 2, 2))
    expected = [x[:, 0]]
    for i in range(1, size):
        expected.append(expected[-1] @ x[:, i])
    found = ops.associative_scan(ops.matmul, x, axis=1)
    np.testing.assert_allclose(found, np.stack(expected, 1))
    pairs = ops.associative_scan(lambda a, b: [a[0] + b[0]], [np.arange(size)], reverse=True)
    np.testing.assert_array_equal(pairs[0], np.arange(size)[::-1].cumsum()[::-1])
    check_slopes(lambda x: ops.cumprod(x, axis=1), x[..., 0])


def test_structures_and_nones() -> None:
    (a, b), ys = ops.scan(
        lambda c, x: ((c[0] + x["u"], c[1] * 2), {"y": x["v"], "none": None}),
        (0.0, 1),
        {"u": np.ones(4, np.float32), "v": np.arange(4), "w": None},
    )
    assert (float(a), int(b)) == (4.0, 16)
    np.testing.assert_array_equal(ys["y"], np.arange(4))
    assert ys["none"] is None
    assert ops.scan(lambda c, _: (c + 1, None), 0, length=0) == (0, None)


def test_blocks_at_places_that_a_loop_finds() -> None:
    def reverse_pairs(x: Any) -> Any:
        def step(i: Any, y: Any) -> Any:
            pair = ops.slice(x, ops.stack([2 * i, 0]), (2, 3))
            return ops.slice_update(y, ops.stack([4 - 2 * i, 0]), pair)

        return ops.fori_loop(0, 3, step, ops.zeros_like(x))

    x = rng.normal(size=(6, 3))
    np.testing.assert_array_equal(reverse_pairs(x), x.reshape(3, 2, 3)[::-1].reshape(6, 3))
    check_slopes(reverse_pairs, x)


def test_loops_within_loops() -> None:
    def powers(w: Any, x: Any) -> Any:
        return ops.fori_loop(
            0, 3, lambda i, y: y + ops.fori_loop(0, 2, lambda j, z: ops.tanh(z @ w), y), x
        )

    check_slopes(powers, W, INIT)
    mixed = lambda w, x: ops.scan(lambda c, row: (choice(c, row @ w), row), x[0] @ w, x)[0]  # noqa: E731
    check_slopes(mixed, W, INIT)


def test_gradients_within_a_body() -> None:
    def descend(x: Any) -> Any:
        return ops.fori_loop(
            0,
            20,
            lambda i, y: y - 0.1 * lamina.grad(ops.sum(ops.square(y - x)), y),
            ops.zeros_like(x),
        )

    np.testing.assert_allclose(lamina.function(descend)(INIT), INIT * (1 - 0.8**20), rtol=1e-12)
    check_slopes(descend, INIT)
