"""Elementwise kernels of every instruction set: accuracy, edges, equal bits however split."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lamina import _core

Array = NDArray[np.float64]


def scalar(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """Return a function of one number as a function of arrays."""
    return np.vectorize(function, otypes=[np.float64])


def erfc(x: NDArray[Any]) -> NDArray[Any]:
    """Return 1 - erf(x) where x has more digits than float64, by the slope at its nearest."""
    nearest = x.astype(np.float64)
    slope = -2 / math.sqrt(math.pi) * np.exp(-np.square(nearest.astype(x.dtype)))
    rest = np.where(np.isfinite(nearest), x - nearest, 0)
    return np.asarray(scalar(math.erfc)(nearest) + slope * rest)


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    **{name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "log2", "log10")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "sqrt")},
    **{name: getattr(np, name) for name in ("floor", "ceil", "round", "abs")},
    "erf": scalar(math.erf),
    "gelu": lambda x: np.where(x == -np.inf, -0.0, x * erfc(-x / np.sqrt(x.dtype.type(2))) / 2),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "sign": lambda x: np.where(x == 0, x, np.sign(x)),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
}


UNITS_OF_C = {"erf": 1, "gelu": 3}  # what erf and erfc of glibc may be wrong by themselves


@pytest.fixture(params=_core.available_isas(), autouse=True)
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run every test of this file on each instruction set of the machine."""
    before = _core.isa()
    _core.set_isa(request.param)
    yield request.param
    _core.set_isa(before)


def floats(step: int, chunk: int = 1 << 22) -> Iterator[NDArray[np.float32]]:
    """Yield the edges and every `step`-th float32 in order of the bits: all of them at step 1."""
    edges = [0, -0.0, 1, -1, 0.5, -0.5, np.inf, -np.inf, np.nan, 3e38, -3e38, 1e-45, -1e-45, 1e-38]
    yield np.array(edges, np.float32)
    for begin in range(0, 2**32, step * chunk):
        bits = np.arange(begin, min(begin + step * chunk, 2**32), step, dtype=np.uint64)
        yield bits.astype(np.uint32).view(np.float32)


def units_in_the_last_place(result: NDArray[Any], exact: NDArray[Any]) -> Array:
    """Return the error in units of the spacing of the result's dtype at the exact value.

    exact: of a wider dtype. Infinity and NaN must be where the nearest number of the dtype is.
    """
    nearest = exact.astype(result.dtype)
    finite = np.isfinite(nearest) & np.isfinite(result)
    spacing = np.spacing(np.abs(np.where(finite, nearest, 1))).astype(exact.dtype)
    error = np.abs(np.where(finite, result, 0) - np.where(finite, exact, 0)) / spacing
    same = (result == nearest) | (np.isnan(result) & np.isnan(nearest))
    return np.where(finite | same, error, np.inf).astype(np.float64)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_float32_is_within_four_units_of_the_last_place(name: str) -> None:
    """Look at every float32 if LAMINA_EXHAUSTIVE is set, at a hundred thousand otherwise.

    The exact values are those of the float64 kernel, which the test below holds to the C library.
    """
    for x in floats(1 if os.environ.get("LAMINA_EXHAUSTIVE") else 40009):
        with np.errstate(all="ignore"):
            (result,) = _core.apply(name, [x])
            (exact,) = _core.apply(name, [x.astype(np.float64)])
            error = units_in_the_last_place(result, exact)
        worst = int(np.argmax(error))
        assert error[worst] <= 4, (x[worst], result[worst], exact[worst])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float64_is_within_four_units_of_the_last_place(name: str) -> None:
    """Hold dense samples to the C library in 80 bits, to its erf and erfc in 64."""
    rng = np.random.default_rng(0)
    wide = rng.choice([-1, 1], 20000) * np.exp(rng.uniform(-700, 700, 20000))
    x = np.concatenate([rng.normal(size=20000) * 3, rng.uniform(-36, 36, 20000), wide])
    with np.errstate(all="ignore"):
        exact = np.asarray(FUNCTIONS[name](x.astype(np.longdouble)))
        error = units_in_the_last_place(_core.apply(name, [x])[0], exact)
    worst = int(np.argmax(error))
    assert error[worst] <= 4 + UNITS_OF_C.get(name, 0), (x[worst], error[worst])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_are_those_of_c(name: str) -> None:
    for dtype in (np.float32, np.float64):
        x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)
        with np.errstate(all="ignore"):
            expected = np.asarray(FUNCTIONS[name](x.astype(np.float64)))
        (result,) = _core.apply(name, [x])
        np.testing.assert_allclose(result, expected, rtol=1e-6)
        zeros = expected == 0
        np.testing.assert_array_equal(np.signbit(result[zeros]), np.signbit(expected[zeros]))


@pytest.mark.parametrize("name", ["exp", "log1p", "tanh", "erf", "sin", "relu_grad", "gelu_grad2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_the_place_in_the_array(name: str, dtype: type) -> None:
    count = 2 if "_grad" in name else 1
    inputs: list[NDArray[Any]] = [
        np.random.default_rng(i).normal(size=517).astype(dtype) for i in range(count)
    ]
    (whole,) = _core.apply(name, inputs)
    for begin, end in [(1, 517), (3, 4), (5, 70), (500, 517)]:
        (part,) = _core.apply(name, [x[begin:end].copy() for x in inputs])
        assert part.tobytes() == whole[begin:end].tobytes()


@pytest.mark.parametrize("classes", [1, 10, 32, 33, 100])
def test_bits_of_a_row_do_not_depend_on_its_neighbours(classes: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, classes)).astype(np.float32)
    labels = rng.integers(0, classes, 50).astype(np.int32)
    weight = rng.normal(size=50).astype(np.float32)
    cases: dict[str, list[NDArray[Any]]] = {
        "softmax": [x],
        "log_softmax_grad": [x, x[::-1].copy()],
        "sparse_softmax_crossentropy": [x, labels],
        "sparse_softmax_crossentropy_grad": [x, labels, weight],
        "softmax_crossentropy_grad": [x, np.abs(x), weight],
        "sparse_crossentropy": [np.abs(x), labels],
        "sparse_crossentropy_grad": [np.abs(x), labels, weight],
        "crossentropy": [np.abs(x), x],
        "crossentropy_grad": [np.abs(x), x, weight],
    }
    for name, inputs in cases.items():
        options = {} if "softmax" in name else {"epsilon": 1e-7}
        (whole,) = _core.apply(name, inputs, options)
        for i in (0, 1, 17, 49):
            (row,) = _core.apply(name, [array[i : i + 1].copy() for array in inputs], options)
            assert row.tobytes() == whole[i : i + 1].tobytes()


def test_unknown_instruction_set() -> None:
    with pytest.raises(ValueError, match="no instruction set 'sse9' on this machine; available: "):
        _core.set_isa("sse9")
