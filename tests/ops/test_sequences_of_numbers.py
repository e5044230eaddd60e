"""Numbers that a length says, and where elements are: against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import ops
from lamina.tensor import Tensor

CLOSE = {"rtol": 1e-6, "atol": 1e-7}


@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hanning"])
@pytest.mark.parametrize("size", [0, 1, 2, 7, 16])
def test_windows(name: str, size: int) -> None:
    window = getattr(ops, name)(size)
    assert window.dtype == "float32"
    np.testing.assert_allclose(window, getattr(np, name)(size), **CLOSE)
    np.testing.assert_allclose(ops.kaiser(size, 8.6), np.kaiser(size, 8.6), **CLOSE)


@pytest.mark.parametrize("endpoint", [True, False])
def test_spaced_evenly_in_logarithms(endpoint: bool) -> None:
    for base in (10, 2.0):
        expected = np.logspace(-1, 2, 5, endpoint, base)
        np.testing.assert_allclose(ops.logspace(-1, 2, 5, endpoint, base), expected, **CLOSE)
    for ends in ((1, 1000), (-8.0, -0.5)):
        expected = np.geomspace(*ends, 4, endpoint)
        np.testing.assert_allclose(ops.geomspace(*ends, 4, endpoint), expected, **CLOSE)
    assert ops.logspace(0, 2, 3, dtype="int32").numpy().tolist() == [1, 10, 100]


def test_spaced_evenly_between_arrays() -> None:
    start, stop = np.array([0.0, 1.0]), np.array([4.0, 9.0])
    for axis in (0, -1):
        numbers, step = ops.linspace(start, stop, 5, retstep=True, axis=axis)
        np.testing.assert_allclose(numbers, np.linspace(start, stop, 5, axis=axis))
        np.testing.assert_allclose(step, [1.0, 2.0])


@pytest.mark.parametrize("x", [[[0, 2], [3, 0]], [0.0, np.nan, -0.0], np.zeros((0, 3)), [True]])
def test_where_elements_are_not_0(x: Any) -> None:
    found = ops.nonzero(x)
    for at, expected in zip(found, np.nonzero(np.asarray(x)), strict=True):
        assert at.dtype == "int32"
        np.testing.assert_array_equal(at, expected)


def test_copies_share_nothing() -> None:
    x = np.ones(3, np.float32)
    shared, copied = ops.array(x), ops.copy(x)
    x[:] = 2
    assert (shared.numpy() == 2).all()
    assert (copied.numpy() == 1).all()
    assert isinstance(copied, Tensor)
    assert ops.empty((2, 3), "int32").dtype == ops.empty_like(np.zeros((2, 3), np.int32)).dtype
    given = lamina.Input((3,))
    assert ops.copy(given) is given


def test_errors() -> None:
    with pytest.raises(ValueError, match="hanning: expected a length of 0 or more, received -1"):
        ops.hanning(-1)
    with pytest.raises(TypeError, match="kaiser: expected beta to be a number, received 'a'"):
        ops.kaiser(3, "a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="geomspace: expected ends that are not 0"):
        ops.geomspace(0, 1)
    with pytest.raises(TypeError, match="nonzero"):
        ops.nonzero(lamina.Input((3,)))
