"""Batch normalization's statistics and modes; what normalization layers refuse and describe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Sequential, layers, ops
from lamina.ops._apply import apply
from op_case import Array


def data(*shape: int) -> Array:
    return (3 * np.random.default_rng(3).normal(size=shape) + 5).astype(np.float32)


def test_moving_averages_follow_the_batches() -> None:
    layer, x = layers.BatchNormalization(momentum=0.9), data(64, 4, 3)
    layer(x)
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))
    layer(x, training=True)
    mean, variance = x.mean(axis=(0, 1)), x.var(axis=(0, 1))
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * variance, rtol=1e-5)
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean, 0.19 * mean, rtol=1e-5)


def test_a_mean_far_from_zero_costs_no_accuracy() -> None:
    x = (np.random.default_rng(4).normal(size=(5000, 3)) + 3e4).astype(np.float32)
    y = np.asarray(layers.BatchNormalization(epsilon=0.0)(x, training=True))
    exact = x.astype(np.float64)
    np.testing.assert_allclose(y, (exact - exact.mean(axis=0)) / exact.std(axis=0), atol=2e-3)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-4)


def model_of(layer: Any) -> Sequential:
    model = Sequential([lamina.Input((6,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_a_frozen_layer_infers_and_keeps_its_averages() -> None:
    layer = layers.BatchNormalization()
    model, x = model_of(layer), data(32, 6)
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    layer.trainable = False
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(layer(x, training=True), layer(x))
    layer.trainable = True
    assert not np.array_equal(layer(x, training=True), layer(x))
    assert not np.array_equal(layer.moving_mean, before[2])


def test_gradients_through_the_statistics() -> None:
    """The moments are functions of the input too, to the second derivative."""
    x, slope = np.random.default_rng(5).normal(size=(2, 7, 3))

    def penalty(x: Any, fused: bool) -> Any:
        gamma, beta = ops.ones((3,), "float64") * 2.0, ops.ones((3,), "float64")
        if fused:
            y, mean, variance = apply("batch_norm", x, gamma, beta, epsilon=0.1)
        else:
            mean, variance = ops.moments(x, 0)
            y = ops.batch_normalization(x, mean, variance, -1, beta, gamma, 0.1)
        total = ops.sum(y * slope * y) + ops.sum(mean * variance)
        return lamina.grad(ops.sum(ops.square(lamina.grad(total, x))), x)

    fused = lamina.function(lambda x: penalty(x, True))(x)
    plain = lamina.function(lambda x: penalty(x, False))(x)
    np.testing.assert_allclose(np.asarray(fused), np.asarray(plain), rtol=1e-8)


def test_hidden_steps_do_not_count() -> None:
    x = data(8, 5, 3)
    mask = np.random.default_rng(6).random((8, 5)) < 0.5
    x[~mask] = 1e6
    layer = layers.BatchNormalization(momentum=0.0)
    layer(x, training=True, mask=mask)
    np.testing.assert_allclose(layer.moving_mean, x[mask].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, x[mask].var(axis=0), rtol=1e-4)


def test_configs_make_equal_layers() -> None:
    for layer in (
        layers.BatchNormalization(axis=1, momentum=0.5, gamma_regularizer="l2", center=False),
        layers.LayerNormalization(axis=(1, 2), beta_constraint="non_neg"),
        layers.GroupNormalization(groups=2, gamma_initializer="zeros"),
        layers.RMSNormalization(epsilon=0.5),
        layers.UnitNormalization(axis=[1]),
    ):
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config


def test_a_model_with_it_is_saved_and_loaded(tmp_path: Any) -> None:
    model, x = model_of(layers.BatchNormalization()), data(32, 6)
    model.fit(x, x[:, :1], verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = lamina.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.BatchNormalization(momentum=2), "expected momentum in 0..1"),
        (lambda: layers.BatchNormalization(epsilon=-1), "expected epsilon of 0 or more"),
        (lambda: layers.BatchNormalization(axis=3)(data(4, 3)), r"expected axis in -2..1"),
        (lambda: layers.LayerNormalization(axis=(1, 5))(data(4, 3)), "expected axis in -2..1"),
        (lambda: layers.GroupNormalization(2)(data(4, 3)), "groups to divide the 3 channels"),
        (lambda: layers.GroupNormalization(0), "groups to be a positive integer"),
        (
            lambda: layers.BatchNormalization()(lamina.Input((None,))),
            r"known sizes along axis=-1, received shape \(None, None\)",
        ),
        (
            lambda: layers.BatchNormalization()(data(4, 2, 3), training=True, mask=data(4) > 0),
            r"expected a mask of shape \(4, 2\), received \(4,\)",
        ),
    ],
)
def test_wrong_arguments(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_weights_of_several_axes_lie_as_in_keras() -> None:
    """In the order of the axes as they are written, sorted: -1 before 1."""
    x = np.random.default_rng(2).normal(size=(2, 3, 4, 5)).astype(np.float32)
    for axis, shape in (([1, -1], (5, 3)), ([1, 3], (3, 5)), ([-1, -3], (3, 5))):
        layer = layers.LayerNormalization(axis=axis)
        layer.build(x.shape)
        gamma = np.arange(15, dtype=np.float32).reshape(shape)
        layer.set_weights([gamma, np.zeros(shape)])
        deviation = x - x.mean(axis=(1, 3), keepdims=True)
        normal = deviation / np.sqrt(x.var(axis=(1, 3), keepdims=True) + 1e-3)
        np.testing.assert_allclose(layer(x), normal * gamma.reshape(3, 1, 5), atol=1e-4)
