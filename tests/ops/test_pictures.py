"""Cutting images up and putting them together, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lamina import ops
from op_case import Array
from slopes import check_slopes

X = np.random.default_rng(3).normal(size=(2, 6, 8, 3))


def both_formats(call: Any, x: Array, expected: Array) -> None:
    """Hold an operation to what it should give, channels last and first."""
    np.testing.assert_allclose(call(x, "channels_last"), expected, atol=1e-6)
    first = np.moveaxis(x, -1, -3)
    np.testing.assert_allclose(
        call(first, "channels_first"), np.moveaxis(expected, -1, -3), atol=1e-6
    )


def test_grayscale() -> None:
    expected = (X * [0.2989, 0.5870, 0.1140]).sum(-1, keepdims=True)
    both_formats(lambda x, f: ops.image.rgb_to_grayscale(x, data_format=f), X, expected)
    gray = X[0, :, :, :1]
    np.testing.assert_array_equal(ops.image.rgb_to_grayscale(gray), gray)
    assert ops.image.rgb_to_grayscale(np.full((1, 1, 3), 200, np.uint8)).dtype == "uint8"


def test_pad_and_crop() -> None:
    padded = np.pad(X, ((0, 0), (1, 2), (3, 0), (0, 0)))
    pad, crop = ops.image.pad_images, ops.image.crop_images
    both_formats(lambda x, f: pad(x, 1, 3, 2, 0, data_format=f), X, padded)
    both_formats(lambda x, f: pad(x, 1, 3, None, None, 9, 11, f), X[0], padded[0])
    both_formats(lambda x, f: crop(x, 1, 3, 2, 0, data_format=f), padded, X)
    both_formats(lambda x, f: crop(x, None, 3, 2, None, 6, 8, f), padded[0], X[0])
    check_slopes(lambda x: crop(pad(x, 1, 1, 1, 1), 0, 2, 1, 0), X)
    for call, message in (
        (lambda: pad(X, 1, 1), "expected two of before, after and target"),
        (lambda: pad(X, 1, 1, None, None, 4, 9), "sides of 0 or more"),
        (lambda: crop(X, 3, 0, 3, 0), "something left of 6"),
        (lambda: pad(X[0, 0], 1, 1, 1, 1), "expected images of rank 3 or 4"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(("strides", "rows", "columns"), [(None, 3, 2), (1, 5, 5), ((2, 3), 3, 2)])
def test_patches(strides: Any, rows: int, columns: int) -> None:
    down, across = (2, 4) if strides is None else np.broadcast_to(strides, 2)
    expected = np.zeros((2, rows, columns, 24))
    for i, j in np.ndindex(rows, columns):
        patch = X[:, i * down : i * down + 2, j * across : j * across + 4]
        expected[:, i, j] = patch.reshape(2, -1)
    found = ops.image.extract_patches(X, (2, 4), strides)
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(ops.image.extract_patches(X[0], (2, 4), strides), expected[0])


def test_space_and_depth() -> None:
    blocks = X.reshape(2, 3, 2, 4, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 3, 4, 12)
    both_formats(lambda x, f: ops.space_to_depth(x, 2, f), X, blocks)
    both_formats(lambda x, f: ops.depth_to_space(x, 2, f), blocks, X)
    check_slopes(lambda x: ops.depth_to_space(x, 2), blocks)
    with pytest.raises(ValueError, match="a multiple of 4 channels, received 3"):
        ops.depth_to_space(X, 2)
    with pytest.raises(ValueError, match="to be multiples of 5"):
        ops.space_to_depth(X, 5)
