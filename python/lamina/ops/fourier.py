"""Fourier transforms along the last axes, of complex numbers as pairs (real, imaginary).

A transform of n = a b numbers is b transforms of a numbers, n rotations and a transforms of b
numbers (Cooley and Tukey 1965). Short ones are products with their matrices; a long prime one is a
convolution (Bluestein 1970). All of them can be differentiated, as often as needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lamina.ops._apply import apply_one, to_floating, to_tensor
from lamina.ops.creation import zeros_like
from lamina.ops.indexing import take
from lamina.ops.joining import concatenate, pad, stack
from lamina.ops.linalg import matmul
from lamina.ops.shaping import flip, moveaxis, reshape, swapaxes
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "extract_sequences",
    "fft",
    "fft2",
    "ifft2",
    "irfft",
    "istft",
    "rfft",
    "stft",
]

Pair: TypeAlias = tuple[TensorBase, TensorBase]

_SHORT = 64  # so many numbers are transformed by one product
_PRIME = 512  # so many still are if they have no small factor


@operation
def fft(x: Sequence[TensorLike]) -> Pair:
    """Return Σ_j x_j e^(-2πi jk/n) along the last axis."""
    return _apart(_transform(_together("fft", x), -1))


@operation
def fft2(x: Sequence[TensorLike]) -> Pair:
    """Return the transform of the last two axes."""
    return _apart(_transform2(_together("fft2", x, 2), -1))


@operation
def ifft2(x: Sequence[TensorLike]) -> Pair:
    """Return what `fft2` makes x of."""
    z = _together("ifft2", x, 2)
    return _apart(_transform2(z, 1) / (z.shape[-1] * z.shape[-3]))


@operation
def rfft(x: TensorLike, fft_length: int | None = None) -> Pair:
    """Return the first fft_length / 2 + 1 numbers of the transform of real ones.

    fft_length: cut x, or add zeros to it, to this length of the last axis first.
    """
    real = _of_length(_floating("rfft", to_floating(x)), fft_length)
    half = real.shape[-1] // 2 + 1
    real, imaginary = _apart(_transform(stack([real, zeros_like(real)], -2), -1))
    return real[..., :half], imaginary[..., :half]


@operation
def irfft(x: Sequence[TensorLike], fft_length: int | None = None) -> TensorBase:
    """Return the fft_length real numbers (2 (n - 1) for n of x) that `rfft` makes x of."""
    z = _together("irfft", x)
    length = 2 * (z.shape[-1] - 1) if fft_length is None else int(fft_length)
    if length < 1:
        raise ValueError(f"irfft: expected an fft_length of at least 1, received {length}")
    z = _of_length(z, length // 2 + 1)
    mirrored = flip(z[..., 1 : (length + 1) // 2], -1) * np.array([[1], [-1]], z.dtype)
    return _apart(_transform(concatenate([z, mirrored], -1), 1))[0] / length


@operation
def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> TensorBase:
    """Return the windows (..., sequences, sequence_length) of the last axis, one a stride."""
    tensor = to_tensor(x)
    if tensor.ndim == 0:
        raise ValueError("extract_sequences: expected an axis of steps, received a scalar")
    if not 1 <= sequence_length <= tensor.shape[-1] or sequence_stride < 1:
        raise ValueError(
            f"extract_sequences: expected a positive stride and windows within {tensor.shape[-1]} "
            f"steps, received length {sequence_length} and stride {sequence_stride}"
        )
    count = 1 + (tensor.shape[-1] - sequence_length) // sequence_stride
    starts = sequence_stride * np.arange(count, dtype=np.int32)[:, None]
    return take(tensor, starts + np.arange(sequence_length, dtype=np.int32), axis=-1)


@operation
def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: str | TensorLike | None = "hann",
    center: bool = True,
) -> Pair:
    """Return the transforms (..., sequences, fft_length / 2 + 1) of windows of real numbers.

    window: "hann", "hamming", sequence_length weights or None for ones. center: pad both ends by
    fft_length / 2 reflected numbers, so that sequence t is about step t sequence_stride.
    """
    tensor = _floating("stft", to_floating(x))
    weights = _window("stft", window, sequence_length, fft_length, tensor.dtype)
    if center:
        sides = [(0, 0)] * (tensor.ndim - 1) + [(fft_length // 2, fft_length // 2)]
        tensor = pad(tensor, sides, mode="reflect")
    real, imaginary = rfft(extract_sequences(tensor, fft_length, sequence_stride) * weights)
    return real, imaginary


@operation
def istft(
    x: Sequence[TensorLike],
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: str | TensorLike | None = "hann",
    center: bool = True,
) -> TensorBase:
    """Return the numbers that `stft` makes x of: sequences weighted, added up and divided by Σ w².

    length: how many of them; by default all there are, without the padding if `center`.
    """
    frames = irfft(x, fft_length)
    if frames.ndim < 2 or sequence_stride < 1:
        raise ValueError(
            f"istft: expected sequences (..., sequences, numbers) and a positive stride, received "
            f"shape {frames.shape} and stride {sequence_stride}"
        )
    weights = _window("istft", window, sequence_length, fft_length, frames.dtype)
    count = frames.shape[-2]
    whole = fft_length + sequence_stride * (count - 1)
    starts = sequence_stride * np.arange(count, dtype=np.int32)[:, None]
    places = (starts + np.arange(fft_length, dtype=np.int32)).ravel()

    def added(parts: TensorBase) -> TensorBase:
        rows = moveaxis(reshape(parts, (*parts.shape[:-2], count * fft_length)), -1, 0)
        sums = apply_one("scatter_add", places, rows, shape=[whole, *rows.shape[1:]])
        return moveaxis(sums, 0, -1)

    squares = added(to_tensor(np.tile(np.square(np.asarray(weights)), (count, 1))))
    scale = np.asarray(squares)
    result = added(frames * weights) / np.where(scale > 1e-10, scale, 1).astype(scale.dtype)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else whole - start
    return result[..., start:end]


def _window(who: str, window: Any, size: int, fft_length: int, dtype: str) -> NDArray[Any]:
    """Return the weights of a sequence, in the middle of fft_length numbers."""
    if fft_length < size:
        raise ValueError(
            f"{who}: expected an fft_length of at least sequence_length = {size}, "
            f"received {fft_length}"
        )
    turns = np.cos(2 * np.pi * np.arange(size) / size)
    named = {"hann": 0.5 - 0.5 * turns, "hamming": 0.54 - 0.46 * turns}
    if isinstance(window, str) and window not in named:
        raise ValueError(f"{who}: expected window 'hann' or 'hamming', received {window!r}")
    if window is None:
        return np.ones(fft_length, dtype)
    weights = np.asarray(named[window] if isinstance(window, str) else window)
    if weights.shape != (size,):
        raise ValueError(
            f"{who}: expected a window of shape ({size},), received shape {weights.shape}"
        )
    before = (fft_length - size) // 2
    return np.pad(weights, (before, fft_length - size - before)).astype(dtype)


# Complex tensors (..., 2, n): real and imaginary parts on the axis before the last.


def _together(who: str, x: Sequence[TensorLike], axes: int = 1) -> TensorBase:
    if not isinstance(x, (list, tuple)) or len(x) != 2:
        raise ValueError(f"{who}: expected a pair of real and imaginary parts, received {x!r}")
    real, imaginary = (_floating(who, part) for part in x)
    if real.shape != imaginary.shape or real.ndim < axes or 0 in real.shape[-axes:]:
        raise ValueError(
            f"{who}: expected real and imaginary parts of one shape with {axes} axes or more, none "
            f"of them empty, received {real.shape} and {imaginary.shape}"
        )
    return stack([real, imaginary], -2)


def _apart(z: TensorBase) -> Pair:
    return z[..., 0, :], z[..., 1, :]


def _floating(who: str, x: TensorLike) -> TensorBase:
    tensor = to_tensor(x)
    if not tensor.dtype.startswith("float"):
        raise TypeError(f"{who}: expected float32 or float64, received {tensor.dtype}")
    if tensor.ndim == 0:
        raise ValueError(f"{who}: expected an axis to transform, received a scalar")
    return tensor


def _of_length(x: TensorBase, length: int | None) -> TensorBase:
    """Return x cut, or filled up with zeros, to a length of the last axis."""
    if length is None or length == x.shape[-1]:
        return x
    if length < 1:
        raise ValueError(f"rfft: expected an fft_length of at least 1, received {length}")
    missing = length - x.shape[-1]
    return pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)]) if missing > 0 else x[..., :length]


def _transform2(z: TensorBase, sign: int) -> TensorBase:
    """Transform the last axis and the one before the parts."""
    z = _transform(z, sign)
    return swapaxes(_transform(swapaxes(z, -1, -3), sign), -1, -3)


def _transform(z: TensorBase, sign: int) -> TensorBase:
    """Return Σ_j z_j e^(sign 2πi jk/n)."""
    n = z.shape[-1]
    factors = [a for a in range(2, min(_SHORT, n - 1) + 1) if n % a == 0]
    if n <= _SHORT or (not factors and n <= _PRIME):
        rows = reshape(z, (*z.shape[:-2], 1, 2 * n))
        return reshape(matmul(rows, _matrix(n, sign, z.dtype).T), z.shape)
    if not factors:
        return _by_convolution(z, sign)
    a = min(factors, key=lambda a: abs(a - math.sqrt(n)))
    b = n // a
    # j = j1 b + j2 and k = k1 + a k2: first along j1, then, rotated by j2 k1, along j2.
    columns = reshape(z, (*z.shape[:-2], 2 * a, b))
    columns = reshape(matmul(_matrix(a, sign, z.dtype), columns), (*z.shape[:-1], a, b))
    turned = _rotated(columns, np.outer(np.arange(a), np.arange(b)) / n, sign, axis=-3)
    rows = _transform(moveaxis(turned, -3, -2), sign)  # (..., k1, 2, k2)
    return reshape(moveaxis(rows, -3, -1), z.shape)


def _by_convolution(z: TensorBase, sign: int) -> TensorBase:
    """Transform by a convolution, as jk = (j² + k² - (k - j)²) / 2."""
    n = z.shape[-1]
    size = 1 << (2 * n - 2).bit_length()
    turns = (np.arange(n, dtype=np.int64) ** 2 % (2 * n)) / (2 * n)
    chirp = np.zeros(size, np.complex128)
    chirp[:n] = np.exp(-sign * 2j * np.pi * turns)
    chirp[size - n + 1 :] = chirp[n - 1 : 0 : -1]
    spectrum = np.fft.fft(chirp)
    left = _transform(_of_length(_rotated(z, turns, sign, axis=-2), size), -1)
    product = _times(left, spectrum.real, spectrum.imag, axis=-2)
    back = _transform(product, 1)[..., :n] / size
    return _rotated(back, turns, sign, axis=-2)


def _rotated(z: TensorBase, turns: NDArray[Any], sign: int, axis: int) -> TensorBase:
    """Return z turned by so many full turns; the parts are on an axis."""
    angle = sign * 2 * np.pi * turns
    return _times(z, np.cos(angle), np.sin(angle), axis)


def _times(z: TensorBase, real: NDArray[Any], imaginary: NDArray[Any], axis: int) -> TensorBase:
    """Return the complex product; the parts of z are on an axis."""
    across = np.stack([-imaginary, imaginary], axis)
    return z * np.expand_dims(real, axis).astype(z.dtype) + flip(z, axis) * across.astype(z.dtype)


def _matrix(n: int, sign: int, dtype: str) -> NDArray[Any]:
    """Return the matrix (2n, 2n) that transforms real parts over imaginary ones."""
    angle = sign * 2 * np.pi * (np.outer(np.arange(n), np.arange(n)) % n) / n
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.block([[cosine, -sine], [sine, cosine]]).astype(dtype)
