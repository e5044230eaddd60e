"""Copies and pickles of models, layers, optimizers and metrics: equal, and apart."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Input, Model, Sequential, layers, metrics, optimizers

X = np.random.default_rng(5).normal(size=(12, 4)).astype(np.float32)
Y = X[:, :1] - X[:, 1:2]

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
}


class Doubled(Model):
    """Known to no registry."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.inner = layers.Dense(units)

    def call(self, inputs: Any) -> Any:
        return 2.0 * self.inner(inputs)


def stack() -> Any:
    noisy = layers.Dropout(0.5, seed=3)
    return Sequential([Input((4,)), layers.Dense(5, "relu"), noisy, layers.Dense(1)])


def graph() -> Any:
    inputs = Input((4,))
    return Model(inputs, layers.Dense(1)(inputs) + 1.0)


@pytest.mark.parametrize("make", [stack, graph, lambda: Doubled(1)])
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_of_models_train_on_alike_and_apart(
    make: Callable[[], Any], copied: Callable[[Any], Any]
) -> None:
    model = make()
    model.compile(optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=4, verbose=0)
    twin = copied(model)
    assert type(twin) is type(model)
    before = twin.get_weights()
    first = model.fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    for own, others in zip(before, twin.get_weights(), strict=True):
        np.testing.assert_array_equal(own, others)
    assert twin.fit(X, Y, epochs=2, shuffle=False, verbose=0).history == first


def test_a_model_before_its_first_data() -> None:
    model = Sequential([layers.Dense(2)])
    model.compile("sgd", "mse")
    twin = copy.deepcopy(model)
    assert not twin.built
    assert twin.compiled


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_layers(copied: Callable[[Any], Any]) -> None:
    normalization = layers.Normalization()
    normalization.adapt(X)
    for layer in (normalization, layers.Dense(3), layers.PReLU(), layers.Dropout(0.3)):
        outputs = np.asarray(layer(X))
        np.testing.assert_array_equal(copied(layer)(X), outputs)
    assert copied(layers.Dense(3)).weights == []


def test_a_lambda_layer_can_be_copied() -> None:
    layer = layers.Lambda(lambda x: x * 3.0)
    np.testing.assert_array_equal(copy.deepcopy(layer)(X), X * np.float32(3))


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_an_optimizer_goes_on_with_the_copied_weights(copied: Callable[[Any], Any]) -> None:
    weights = lamina.Variable([1.0, 2.0], name="w"), lamina.Variable([3.0], name="spared")
    gradients = [[0.1, -0.2], [0.3]]
    optimizer = optimizers.Adam(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=weights[1:])
    optimizer.apply(gradients, weights)
    twin, twins = copied((optimizer, weights))
    optimizer.apply(gradients, weights)
    assert twins[1].numpy() != weights[1].numpy()
    twin.apply(gradients, twins)
    for own, other in zip(weights, twins, strict=True):
        np.testing.assert_array_equal(own.numpy(), other.numpy())
        assert other.path == own.path


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_metric_keeps_what_was_added(copied: Callable[[Any], Any]) -> None:
    metric = metrics.AUC()
    metric.update_state([0, 1, 1], [0.2, 0.7, 0.1])
    twin = copied(metric)
    metric.reset_state()
    assert float(twin.result()) == pytest.approx(0.5, abs=1e-3)
