"""Fourier transforms against NumPy's, at lengths of every kind, and their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lamina import layers, models, ops
from op_case import Array
from slopes import check_slopes

RNG = np.random.default_rng(2)
# One, small, powers of two, with small factors, prime, of primes only, long and prime.
LENGTHS = [1, 2, 3, 16, 60, 64, 65, 67, 128, 210, 509, 521, 1000, 1009, 67 * 71]


def parts(z: Array, dtype: str = "float64") -> tuple[Array, Array]:
    return np.real(z).astype(dtype), np.imag(z).astype(dtype)


def joined(pair: Any) -> Array:
    return np.asarray(pair[0]) + 1j * np.asarray(pair[1])


def draw(*shape: int) -> Array:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


@pytest.mark.parametrize("n", LENGTHS)
def test_transforms_of_any_length(n: int) -> None:
    z = draw(2, 3, n)
    expected, half = np.fft.fft(z), np.fft.rfft(z.real)
    for dtype, tolerance in (("float32", 1e-6), ("float64", 1e-13)):
        found = joined(ops.fft(parts(z, dtype)))
        assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()
    np.testing.assert_allclose(joined(ops.rfft(z.real)), half, atol=1e-9)
    np.testing.assert_allclose(ops.irfft(parts(half), n), z.real, atol=1e-10)


def test_lengths_asked_for() -> None:
    z = draw(2, 10)
    for n in (1, 4, 9, 10, 17):
        np.testing.assert_allclose(joined(ops.rfft(z.real, n)), np.fft.rfft(z.real, n), atol=1e-12)
        np.testing.assert_allclose(ops.irfft(parts(z), n), np.fft.irfft(z, n), atol=1e-12)
    np.testing.assert_allclose(ops.irfft(parts(z)), np.fft.irfft(z), atol=1e-12)


def test_two_axes() -> None:
    z = draw(2, 6, 70)
    np.testing.assert_allclose(joined(ops.fft2(parts(z))), np.fft.fft2(z), atol=1e-11)
    np.testing.assert_allclose(joined(ops.ifft2(parts(z))), np.fft.ifft2(z), atol=1e-13)


def spectrum(x: Array, size: int, stride: int, length: int, window: Array, center: bool) -> Array:
    """Return the short-time transform by its definition."""
    before = (length - size) // 2
    weights = np.pad(window, (before, length - size - before))
    if center:
        x = np.pad(x, length // 2, mode="reflect")
    starts = range(0, len(x) - length + 1, stride)
    return np.stack([np.fft.rfft(weights * x[start : start + length]) for start in starts])


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("name", ["hann", "hamming", "own", None])
def test_short_time_transforms(name: str | None, center: bool) -> None:
    x = RNG.normal(size=100)
    turns = np.cos(2 * np.pi * np.arange(12) / 12)
    weights = {"hann": (1 - turns) / 2, "hamming": 0.54 - 0.46 * turns, "own": np.arange(1.0, 13)}
    window: Any = weights["own"] if name == "own" else name
    found = ops.stft(x, 12, 4, 16, window, center)
    if name is not None:
        np.testing.assert_allclose(
            joined(found), spectrum(x, 12, 4, 16, weights[name], center), atol=1e-12
        )
    back = np.asarray(ops.istft(found, 12, 4, 16, window=window, center=center))
    inner = slice(8, -8)  # no window sees all of the ends
    np.testing.assert_allclose(back[inner], x[inner], atol=1e-12)
    assert ops.istft(found, 12, 4, 16, length=50, window=window, center=center).shape == (50,)


def test_derivatives() -> None:
    x, y = RNG.normal(size=(2, 6))
    check_slopes(lambda x, y: ops.stack(ops.fft((x, y))), x, y)
    check_slopes(lambda x: ops.stack(ops.rfft(x, 7)), x)
    check_slopes(lambda x, y: ops.irfft((x, y), 9), x, y)
    long = RNG.normal(size=70)
    check_slopes(lambda x: ops.stack(ops.rfft(x)), long)
    check_slopes(lambda x: ops.istft(ops.stft(x, 5, 2, 6), 5, 2, 6), RNG.normal(size=15))


def test_a_model_of_spectra() -> None:
    inputs = layers.Input((32,))
    real, imaginary = ops.rfft(inputs)
    model = models.Model(inputs, ops.square(real) + ops.square(imaginary))
    x = RNG.normal(size=(3, 32)).astype(np.float32)
    assert model.output_shape == (None, 17)
    power = np.abs(np.fft.rfft(x)) ** 2
    np.testing.assert_allclose(model.predict(x, verbose=0), power, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.fft(x), "a pair of real and imaginary parts"),
        (lambda x: ops.fft((x, x[0])), "of one shape"),
        (lambda x: ops.fft2((x[0], x[0])), "with 2 axes or more"),
        (lambda x: ops.stft(x, 4, 2, 3), "an fft_length of at least sequence_length = 4"),
        (lambda x: ops.stft(x, 4, 2, 4, "box"), "window 'hann' or 'hamming', received 'box'"),
        (lambda x: ops.stft(x, 4, 2, 4, np.ones(3)), r"of shape \(4,\), received shape \(3,\)"),
        (lambda x: ops.extract_sequences(x, 9, 1), "windows within 6 steps"),
    ],
)
def test_errors(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(np.ones((2, 6)))
    with pytest.raises(TypeError, match="expected float32 or float64, received int32"):
        ops.fft((np.ones(3, np.int32),) * 2)
