"""Calls on arrays that go straight to the plan of an earlier one: never to the wrong plan."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lamina
from lamina import Input, Sequential, _core, layers, ops

Array = NDArray[Any]
RNG = np.random.default_rng(5)
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "unaligned": lambda x: _unaligned(x),
}


def _unaligned(x: Array) -> Array:
    memory = np.zeros(x.nbytes + 1, np.uint8)
    view = memory[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


@pytest.mark.parametrize("layout_a", LAYOUTS)
@pytest.mark.parametrize("layout_b", LAYOUTS)
@pytest.mark.parametrize("sizes", [(4, 4, 4), (3, 5, 2), (1, 7, 1), (40, 33, 70)])
def test_products_read_every_layout(
    layout_a: str, layout_b: str, sizes: tuple[int, int, int]
) -> None:
    m, k, n = sizes
    a, b = RNG.normal(size=(m, k)), RNG.normal(size=(k, n))
    for dtype in (np.float32, np.float64):
        x, y = LAYOUTS[layout_a](a.astype(dtype)), LAYOUTS[layout_b](b.astype(dtype))
        for _ in range(2):  # the first call compiles, the second recalls
            found = np.asarray(ops.matmul(x, y))
            assert found.dtype == dtype
            assert found.flags.c_contiguous
            np.testing.assert_allclose(found, a @ b, rtol=1e-4, atol=1e-4)


def test_shapes_dtypes_and_layouts_are_told_apart() -> None:
    for _ in range(2):
        for size in range(1, 50):  # more than are remembered
            x = RNG.normal(size=(size, 3))
            for y in (x, x.astype(np.float32), np.asfortranarray(x), x.reshape(3, size), x[0]):
                np.testing.assert_allclose(np.asarray(ops.tanh(y)), np.tanh(y), rtol=1e-5)


def test_integers_follow_floatx() -> None:
    x = np.array([1, 4, 9])
    assert ops.sqrt(x).dtype == "float32"
    lamina.config.set_floatx("float64")
    try:
        assert ops.sqrt(x).dtype == "float64"
    finally:
        lamina.config.set_floatx("float32")


def test_a_failed_call_fails_again() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="must be equal"):
            ops.matmul(np.ones((2, 3), np.float32), np.ones((2, 3), np.float32))


def test_layers_recall_their_present_weights_and_options() -> None:
    model = Sequential([Input((6,)), layers.Dense(5), layers.Dropout(0.5)])
    x = RNG.normal(size=(3, 6)).astype(np.float32)
    for scale in (1.0, 2.0):
        kernel = scale * RNG.normal(size=(6, 5))
        model.set_weights([kernel, np.zeros(5)])
        for found in (model(x), model(x), model.predict(x, verbose=0)):
            np.testing.assert_allclose(np.asarray(found), x @ kernel, rtol=1e-4, atol=1e-5)
    model.layers[0].activation = ops.relu
    np.testing.assert_allclose(np.asarray(model(x)), np.maximum(x @ kernel, 0), rtol=1e-4)


def test_a_layer_called_while_tracing_is_traced() -> None:
    layer = layers.Dense(2)
    x = RNG.normal(size=(3, 4)).astype(np.float32)
    layer(x), layer(x)

    @lamina.function
    def slope(scale: Any) -> Any:
        return lamina.grad(ops.sum(layer(x) * scale), layer.kernel)

    np.testing.assert_allclose(
        np.asarray(slope(np.float32(2))), np.repeat(2 * x.sum(0)[:, None], 2, axis=1), rtol=1e-5
    )


def test_predict_refuses_nan_after_a_good_call() -> None:
    model = Sequential([Input((3,)), layers.Dense(2)])
    x = np.ones((2, 3), np.float32)
    model.predict(x, verbose=0)
    model.predict(x, verbose=0)
    x[1, 2] = np.nan
    with pytest.raises(ValueError, match="found NaN at row 1"):
        model.predict(x, verbose=0)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_calls_leave_nothing_behind() -> None:
    model = Sequential([Input((30,)), layers.Dense(2)])
    x = np.ones((1, 30), np.float32)

    def memory_after(calls: int) -> int:
        for _ in range(calls):
            model(x), model.predict(x, verbose=0), ops.matmul(x.T, x)
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    before = memory_after(1000)
    assert memory_after(20000) - before < 500_000  # 25 bytes a round would show


def test_numbers_and_options_are_part_of_a_call() -> None:
    x = RNG.normal(size=(3, 4)).astype(np.float32)
    whole = np.arange(3, dtype=np.int32)
    for _ in range(2):
        for number in (2.0, 3, -0.0, 2.5):
            np.testing.assert_allclose(ops.divide(number, x), number / x, rtol=1e-6)
        for axis in (0, 1, None, (0, 1), [0, 1]):
            np.testing.assert_allclose(
                ops.sum(x, axis), x.sum(tuple(axis) if isinstance(axis, list) else axis), rtol=1e-5
            )
            assert ops.mean(x, axis=axis, keepdims=True).ndim == 2
        assert [ops.add(whole, n).dtype for n in (1, 1.0, True)] == ["int32", "float32", "int32"]
        np.testing.assert_array_equal(ops.add(whole, 5), whole + 5)
        with pytest.raises(OverflowError):
            ops.add(whole, 2**40)
        values, _ = ops.top_k(x, 2)
        np.testing.assert_array_equal(values, np.sort(x, 1)[:, :1:-1])
        assert ops.top_k(x, k=3)[1].shape == (3, 3)


def test_functions_recall_numbers_options_and_tuples() -> None:
    traces = []

    @lamina.function
    def fn(x: Any, y: Any, how: str = "sum") -> Any:
        traces.append(how)
        return (x + y if how == "sum" else x - y), x * y

    x = np.float32([1, 2])
    for _ in range(3):
        for y in (2, 3.0, 4.0, x):
            for how in ("sum", "difference"):
                a, b = fn(x, y, how=how)
                np.testing.assert_array_equal(a, x + y if how == "sum" else x - y)
                np.testing.assert_array_equal(b, x * y)
    assert len(traces) == 6  # int, float and vector, each of two ways


def test_another_instruction_set_makes_new_plans() -> None:
    x = RNG.normal(size=(40, 30)).astype(np.float32)
    present = _core.isa()
    found = {}
    try:
        for isa in _core.available_isas():
            _core.set_isa(isa)
            found[isa] = np.asarray(ops.sum(x, 1)).tobytes()
            assert found[isa] == _core.apply("sum", [x], {"axes": [1]})[0].tobytes()
    finally:
        _core.set_isa(present)
