"""Layers that disturb the data in training: what share, which moments, which numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lamina import layers


@pytest.mark.parametrize("noise_shape", [None, (None, 1), (1, 8)])
def test_dropout_keeps_the_mean_and_drops_its_share(noise_shape: Any) -> None:
    x = np.ones((1000, 8), np.float32)
    layer = layers.Dropout(0.25, noise_shape=noise_shape, seed=1)
    y = layer(x, training=True).numpy()
    assert set(np.unique(y)) <= {np.float32(0), np.float32(1 / 0.75)}
    if noise_shape is None:
        assert abs((y == 0).mean() - 0.25) < 0.02
    else:
        axis = noise_shape.index(1)
        np.testing.assert_array_equal(y, np.broadcast_to(y.take([0], axis), y.shape))
    assert (layer(x, training=True).numpy() != y).any()  # each call draws anew
    again = layers.Dropout(0.25, noise_shape=noise_shape, seed=1)
    np.testing.assert_array_equal(again(x, training=True), y)


def test_noise_has_its_deviation() -> None:
    noise = layers.GaussianNoise(0.5, seed=1)(np.zeros((1000, 20), np.float32), training=True)
    assert abs(noise.numpy().std() - 0.5) < 0.01
    assert abs(noise.numpy().mean()) < 0.01


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_for_selu_keeps_mean_and_deviation(rate: float) -> None:
    x = np.random.default_rng(0).normal(size=(2000, 50)).astype(np.float32)
    y = layers.AlphaDropout(rate, seed=1)(x, training=True).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02
    assert len(np.unique(y)) < x.size * (1 - rate) * 1.05
    noisy = layers.GaussianDropout(rate, seed=1)(np.ones_like(x), training=True).numpy()
    assert abs(noisy.mean() - 1) < 0.05
    assert abs(noisy.var() * (1 - rate) / rate - 1) < 0.05


def test_activity_regularization_adds_to_the_loss() -> None:
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    layer(np.array([[1.0, -2.0], [3.0, 0.0]], np.float32))
    assert float(layer.losses[0]) == pytest.approx((0.5 * 6 + 0.25 * 14) / 2)
    assert layers.ActivityRegularization.from_config(layer.get_config()).l2 == 0.25


@pytest.mark.parametrize("kind", [layers.AlphaDropout, layers.GaussianDropout])
def test_nothing_keeps_the_variance_if_all_is_dropped(kind: Any) -> None:
    with pytest.raises(ValueError, match=r"expected rate in \[0, 1\), received rate=1"):
        kind(1)


@pytest.mark.parametrize("kind", [layers.Dropout, layers.AlphaDropout])
def test_a_noise_shape_of_another_rank_is_refused(kind: Any) -> None:
    layer = kind(0.25, noise_shape=(None, 1), seed=1)
    with pytest.raises(ValueError, match=r"expected noise_shape \(None, 1\) of rank 3"):
        layer(np.ones((2, 3, 4), np.float32), training=True)
