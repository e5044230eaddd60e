"""Training against the NumPy reference: the same weights and losses after some epochs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import lamina
from lamina import layers, models, optimizers
from lamina.reference import MLP
from op_case import Array

FEATURES, SAMPLES, BATCH, EPOCHS = 7, 45, 8, 4  # the last batch has 5 samples


class Net(NamedTuple):
    """Units and activation of each layer, the loss, and what its targets are."""

    sizes: list[int]
    activations: list[str]
    loss: str
    targets: str = "numbers"


NETS = {
    "linear-mse": Net([3], ["linear"], "mean_squared_error"),
    "relu-mse": Net([17, 3], ["relu", "linear"], "mean_squared_error"),
    "sigmoid-mse": Net([9, 5, 2], ["sigmoid", "tanh", "sigmoid"], "mean_squared_error"),
    "tanh-mae": Net([11, 1], ["tanh", "linear"], "mean_absolute_error"),
    "elu-huber": Net([6, 4], ["elu", "softplus"], "huber"),
    "relu-bce": Net([13, 1], ["relu", "sigmoid"], "binary_crossentropy", "bits"),
    "tanh-cce": Net([8, 8, 4], ["tanh", "relu", "softmax"], "categorical_crossentropy", "one-hot"),
    "relu-scce": Net([19, 5], ["relu", "softmax"], "sparse_categorical_crossentropy", "labels"),
}
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "momentum": ("SGD", {"learning_rate": 0.02, "momentum": 0.9}),
    "nesterov": ("SGD", {"learning_rate": 0.02, "momentum": 0.8, "nesterov": True}),
    "adam": ("Adam", {"learning_rate": 0.01}),
    "amsgrad": ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.003}),
    "centered": ("RMSprop", {"learning_rate": 0.003, "centered": True, "momentum": 0.5}),
}


def start(net: Net, dtype: str) -> tuple[Array, Array, list[Array]]:
    """Return x, y and the first weights."""
    rng = np.random.default_rng(21)
    x, outputs = rng.normal(size=(SAMPLES, FEATURES)), net.sizes[-1]
    labels = rng.integers(0, outputs, SAMPLES)
    y = {
        "numbers": rng.normal(size=(SAMPLES, outputs)).astype(dtype),
        "bits": rng.integers(0, 2, (SAMPLES, outputs)).astype(dtype),
        "one-hot": np.eye(outputs, dtype=dtype)[labels],
        "labels": labels,
    }[net.targets]
    weights = []
    for fan_in, fan_out in zip([FEATURES, *net.sizes], net.sizes, strict=False):
        kernel = rng.normal(size=(fan_in, fan_out)) / fan_in**0.5
        weights += [kernel.astype(dtype), 0.1 * rng.normal(size=fan_out).astype(dtype)]
    return x.astype(dtype), y, [w.astype(dtype) for w in weights]


def pair(net: Net, optimizer: str, dtype: str) -> tuple[models.Sequential, MLP, Array, Array]:
    """Return a compiled model and the reference with the same weights, and the data."""
    lamina.config.set_floatx(dtype)  # losses are computed in it
    x, y, weights = start(net, dtype)
    name, settings = OPTIMIZERS[optimizer]
    model = models.Sequential([layers.Input((FEATURES,))])
    for units, activation in zip(net.sizes, net.activations, strict=True):
        model.add(layers.Dense(units, activation))
    model.set_weights(weights)
    model.compile(getattr(optimizers, name)(**settings), net.loss)
    reference = MLP(weights, net.activations, net.loss, name.lower(), **settings)
    return model, reference, x, y


def tolerance(optimizer: str, dtype: str) -> float:
    """Return how far numbers may be apart, relative to the largest of their array.

    In float32 the core rounds Adam's step size, in which 1 - beta_2^t has few digits, as Keras
    does; the reference finds it in float64. Each step differs by some 6e-6 for that.
    """
    if dtype == "float64":
        return 1e-10
    return 3e-5 if optimizer in ("adam", "amsgrad") else 1e-5


def check(model: models.Sequential, reference: MLP, x: Array, limit: float = 1e-10) -> None:
    """Compare weights and predictions."""
    actual = [*model.get_weights(), model.predict(x, verbose=0)]
    expected = [*reference.weights, reference.predict(x)]
    for one, other in zip(actual, expected, strict=True):
        assert one.dtype == other.dtype == x.dtype
        assert np.abs(one - other).max() <= limit * np.abs(other).max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("net", NETS)
def test_training_equals_the_reference(net: str, optimizer: str, dtype: str) -> None:
    model, reference, x, y = pair(NETS[net], optimizer, dtype)
    before = reference.predict(x)
    history = model.fit(x, y, BATCH, EPOCHS, verbose=0, shuffle=False).history["loss"]
    expected = reference.fit(x, y, EPOCHS, BATCH)
    check(model, reference, x, tolerance(optimizer, dtype))
    assert history == pytest.approx(expected, rel=1e-5 if dtype == "float32" else 1e-10)
    assert not np.allclose(reference.predict(x), before, rtol=1e-3)  # it did train


@pytest.mark.parametrize("batch_size", [1, 44, SAMPLES, 64])
def test_any_batch_size(batch_size: int) -> None:
    model, reference, x, y = pair(NETS["relu-mse"], "adam", "float64")
    model.fit(x, y, batch_size, 2, verbose=0, shuffle=False)
    reference.fit(x, y, 2, batch_size)
    check(model, reference, x)


def test_a_given_order_is_shuffled_data() -> None:
    model, reference, x, y = pair(NETS["relu-scce"], "momentum", "float64")
    rng = np.random.default_rng(4)
    orders = [rng.permutation(SAMPLES) for _ in range(3)]
    for order in orders:
        model.fit(x[order], y[order], BATCH, verbose=0, shuffle=False)
    reference.fit(x, y, batch_size=BATCH, orders=orders)
    check(model, reference, x)


def test_steps_by_hand() -> None:
    model, reference, x, y = pair(NETS["tanh-cce"], "nesterov", "float64")
    for rows in (slice(0, 8), slice(8, 9), slice(9, 45)):
        assert float(model.train_on_batch(x[rows], y[rows])) == pytest.approx(
            reference.train_on_batch(x[rows], y[rows]), rel=1e-10
        )
        check(model, reference, x)


def test_gradients_of_the_reference_are_the_slopes_of_its_loss() -> None:
    _, reference, x, y = pair(NETS["sigmoid-mse"], "sgd", "float64")
    _, gradients = reference.gradients(x, y)
    rng, step, weights = np.random.default_rng(5), 1e-6, reference.weights
    for i, gradient in enumerate(gradients):
        direction, sides = rng.normal(size=gradient.shape), []
        for sign in (1, -1):
            moved = weights[i] + sign * step * direction
            reference.weights = [*weights[:i], moved, *weights[i + 1 :]]
            sides.append(reference.gradients(x, y)[0])
        reference.weights = weights
        slope = (sides[0] - sides[1]) / (2 * step)
        assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6, abs=1e-8)
