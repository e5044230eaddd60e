"""Pooling: ties, NaN and infinity, slopes of slopes, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, ops


def slope(x: Any, **arguments: Any) -> Any:
    """Return the gradient of the sum of max_pool(x)."""

    @lamina.function
    def run(x: Any) -> Any:
        return lamina.grad(ops.sum(ops.max_pool(x, **arguments)), x)

    return np.asarray(run(x))


def test_the_first_of_equals_takes_the_whole_gradient() -> None:
    x = np.zeros((1, 4, 4, 17), np.float32)
    expected = np.zeros_like(x)
    expected[:, ::2, ::2] = 1
    np.testing.assert_array_equal(slope(x, pool_size=2), expected)
    x[0, 1, 1] = -0.0
    np.testing.assert_array_equal(slope(x, pool_size=2), expected)


def test_windows_that_overlap_add_their_gradients() -> None:
    x = np.float32([1, 5, 2, 3]).reshape(1, 4, 1)
    np.testing.assert_array_equal(slope(x, pool_size=2, strides=1).ravel(), [0, 2, 0, 1])


def test_not_a_number_counts_as_the_largest() -> None:
    x = np.arange(24, dtype=np.float32).reshape(1, 6, 4)
    x[0, 1, 0] = x[0, 2, 1] = x[0, 3, 1] = np.nan
    y = np.asarray(ops.max_pool(x, 3))
    assert np.isnan(y[0, 0, :2]).all()
    assert np.isnan(y).sum() == 3
    assert slope(x, pool_size=3)[0, :, 1].tolist() == [0, 0, 1, 1, 0, 0]


def test_minus_infinity_is_found() -> None:
    x = np.full((1, 4, 3), -np.inf, np.float32)
    np.testing.assert_array_equal(ops.max_pool(x, 2), np.full((1, 2, 3), -np.inf))
    assert slope(x, pool_size=2)[0, :, 0].tolist() == [1, 0, 1, 0]


def test_gradients_of_gradients() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3))

    @lamina.function
    def curve(x: Any) -> Any:
        total = ops.sum(ops.square(ops.max_pool(x, 2))) + ops.sum(
            ops.square(ops.average_pool(x, 2))
        )
        return lamina.grad(ops.sum(ops.square(lamina.grad(total, x))) / 2.0, x)

    # The slope is H x with H = 2 (M'M + A'A), M picking the largest and A taking the means.
    blocks = x.reshape(2, 2, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(8, 4, 3)
    largest = blocks == blocks.max(axis=1, keepdims=True)

    def product(v: Any) -> Any:
        peak = np.sum(largest * v, axis=1, keepdims=True)
        return 2 * largest * peak + np.mean(v, axis=1, keepdims=True) / 2

    expected = product(product(blocks))
    expected = expected.reshape(2, 2, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(x.shape)
    np.testing.assert_allclose(np.asarray(curve(x)), expected, rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_nobody_reads_is_not_needed(threads: int, split_all: None) -> None:
    x = np.random.default_rng(1).normal(size=(3, 9, 9, 20)).astype(np.float32)
    lamina.utils.set_num_threads(threads)
    np.testing.assert_array_equal(layers.MaxPooling2D(3)(x), ops.max_pool(x, 3))


def test_other_names_and_configs() -> None:
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.GlobalAvgPool1D is layers.GlobalAveragePooling1D
    layer = layers.AveragePooling2D((2, 3), padding="SAME", data_format="channels_first")
    config = layer.get_config()
    assert config["pool_size"] == [2, 3] == config["strides"]
    again = layers.AveragePooling2D.from_config(config)
    assert (again.padding, again.data_format) == ("same", "channels_first")
    assert layers.deserialize({"class_name": "MaxPool1D", "config": {}}).pool_size == (2,)


def test_shapes_of_unknown_batches() -> None:
    x = lamina.Input((28, 28, 3))
    assert layers.MaxPooling2D()(x).shape == (None, 14, 14, 3)
    assert layers.GlobalAveragePooling2D(keepdims=True)(x).shape == (None, 1, 1, 3)
    assert layers.MaxPooling2D(3, padding="same").compute_output_shape((5, 7, 8, 2)) == (5, 3, 3, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pool_size": 0}, "pool_size to be an integer of at least 1, or 2 of them"),
        ({"pool_size": (2, 2, 2)}, "or 2 of them, received pool_size=\\(2, 2, 2\\)"),
        ({"strides": -1}, "strides"),
        ({"padding": "full"}, "padding 'valid' or 'same', received padding='full'"),
        ({"data_format": "nchw"}, "'channels_last' or 'channels_first', received 'nchw'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"MaxPooling2D 'small'.*{message}"):
        layers.MaxPooling2D(**arguments, name="small")


def test_windows_that_do_not_fit() -> None:
    layer = layers.MaxPooling2D(5, name="big")
    with pytest.raises(ValueError, match=r"MaxPooling2D 'big': pool_size \(5, 5\) does not fit"):
        layer(np.zeros((1, 4, 9, 1), np.float32))
    with pytest.raises(ValueError, match="input with 4 dimensions"):
        layer(np.zeros((4, 9, 1), np.float32))
    with pytest.raises(ValueError, match=r"max_pool: expected pool_size to fit the input's \(4,\)"):
        ops.max_pool(np.zeros((1, 4, 1), np.float32), 5)
    with pytest.raises(ValueError, match="1 to 3 spatial axes"):
        ops.average_pool(np.zeros((4, 1), np.float32), 1)
