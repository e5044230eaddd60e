"""Elementwise kernels of every instruction set: accuracy, edges, equal bits however split."""

from __future__ import annotations

import math
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


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    **{name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "log2", "log10")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "sqrt")},
    **{name: getattr(np, name) for name in ("floor", "ceil", "round", "sign", "abs")},
    "erf": scalar(math.erf),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
}
LEAST_NORMAL = np.finfo(np.float32).smallest_normal


@pytest.fixture(params=_core.available_isas(), autouse=True)
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run every test of this file on each instruction set of the machine."""
    before = _core.isa()
    _core.set_isa(request.param)
    yield request.param
    _core.set_isa(before)


def every_nth_float(step: int) -> NDArray[np.float32]:
    """Return floats of all sizes, infinities and NaN; no subnormals, which plans take for 0."""
    x = np.arange(0, 2**32, step, dtype=np.uint64).astype(np.uint32).view(np.float32)
    edges = [0, -0.0, 1, -1, 0.5, -0.5, np.inf, -np.inf, np.nan, 3e38, -3e38]
    x = np.concatenate([x, np.array(edges, np.float32)])
    kept: NDArray[np.float32] = x[~((np.abs(x) < LEAST_NORMAL) & (x != 0))]
    return kept


def units_in_the_last_place(result: NDArray[np.float32], exact: Array) -> Array:
    """Return the error in units of the spacing of floats at the exact value."""
    with np.errstate(over="ignore"):
        nearest = exact.astype(np.float32)
    same = (result == nearest) | (np.isnan(result) & np.isnan(nearest))
    finite = np.isfinite(nearest) & np.isfinite(result)
    spacing = np.spacing(np.abs(np.where(finite, nearest, 1))).astype(np.float64)
    error = np.abs(np.where(finite, result, 0) - np.where(finite, exact, np.inf)) / spacing
    return np.where(same & ~finite, 0, error)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_within_four_units_of_the_last_place(name: str) -> None:
    x = every_nth_float(40009)
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name](x.astype(np.float64))
    (result,) = _core.apply(name, [x])
    normal = (np.abs(exact) >= LEAST_NORMAL) | (exact == 0) | ~np.isfinite(exact)
    error = units_in_the_last_place(result[normal], exact[normal])
    worst = int(np.argmax(error))
    assert error[worst] <= 4, (x[normal][worst], result[normal][worst], exact[normal][worst])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float64_results_are_near_those_of_the_c_library(name: str) -> None:
    x = np.random.default_rng(0).normal(size=2000) * 3
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[name](x)
    np.testing.assert_allclose(_core.apply(name, [x])[0], expected, rtol=2e-15, atol=1e-300)


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
    labels, weight = rng.integers(0, classes, 50), rng.normal(size=50).astype(np.float32)
    cases: dict[str, list[NDArray[Any]]] = {
        "softmax": [x],
        "log_softmax_grad": [x, x[::-1].copy()],
        "sparse_softmax_crossentropy": [x, labels],
        "sparse_softmax_crossentropy_grad": [x, labels, weight],
        "softmax_crossentropy_grad": [x, np.abs(x), weight],
    }
    for name, inputs in cases.items():
        (whole,) = _core.apply(name, inputs)
        for i in (0, 1, 17, 49):
            (row,) = _core.apply(name, [array[i : i + 1].copy() for array in inputs])
            assert row.tobytes() == whole[i : i + 1].tobytes()


def test_unknown_instruction_set() -> None:
    with pytest.raises(ValueError, match="no instruction set 'sse9' on this machine; available: "):
        _core.set_isa("sse9")
