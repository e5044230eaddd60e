"""Averages of gradients over steps and of weights over updates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, callbacks, layers, models, optimizers

GRADIENTS = [np.float32([1, -2]), np.float32([3, 0]), np.float32([-1, 5]), np.float32([2, 2])]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop"])
def test_accumulated_gradients_update_as_their_mean(kind: str, traced: bool) -> None:
    make = getattr(optimizers, kind)
    weight, other = Variable(np.zeros(2, np.float32)), Variable(np.zeros(2, np.float32))
    slow = make(0.1, gradient_accumulation_steps=2, clipnorm=1.5)
    plain = make(0.1, clipnorm=1.5)
    step: Any = lambda gradient: slow.apply([gradient], [weight])  # noqa: E731
    if traced:
        slow.build([weight])
        step = lamina.function(step)
    seen = []
    for gradient in GRADIENTS:
        step(gradient)
        seen.append(weight.numpy())
    expected = []
    for i in (0, 2):
        plain.apply([(GRADIENTS[i] + GRADIENTS[i + 1]) / 2], [other])
        expected.append(other.numpy())
    np.testing.assert_array_equal(seen[0], 0)
    np.testing.assert_allclose(seen[1::2], expected, rtol=1e-6)
    np.testing.assert_array_equal(seen[2], seen[1])
    assert int(slow.iterations) == 2


def averages(momentum: float, every: int | None) -> tuple[list[Any], list[Any]]:
    """Return weights and averages after each of SGD's steps, in plain NumPy."""
    w, a = np.zeros(2), np.zeros(2)
    weights, found = [], []
    for t, gradient in enumerate(GRADIENTS):
        w = w - 0.1 * gradient
        m = momentum if t else 0.0
        a = m * a + (1 - m) * w
        if every is not None and (t + 1) % every == 0:
            w = a
        weights.append(w)
        found.append(a)
    return weights, found


@pytest.mark.parametrize("every", [None, 1, 3])
def test_averages_of_weights(every: int | None) -> None:
    weight = Variable(np.zeros(2, np.float32))
    optimizer = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=every)
    expected, average = averages(0.7, every)
    for gradient, value in zip(GRADIENTS, expected, strict=True):
        optimizer.apply([gradient], [weight])
        np.testing.assert_allclose(weight, value, rtol=1e-6)
    assert [v.name.rpartition("_")[2] for v in optimizer.variables[2:]] == ["average"]
    np.testing.assert_allclose(optimizer.variables[2], average[-1], rtol=1e-6)
    optimizer.finalize_variable_values()
    np.testing.assert_allclose(weight, average[-1], rtol=1e-6)


def network(**options: Any) -> models.Sequential:
    model = models.Sequential([layers.Input((3,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(optimizers.SGD(0.05, **options), "mse")
    return model


X = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
Y = X[:, :1] * 2


def test_fit_ends_with_the_averages() -> None:
    model, plain = network(use_ema=True, ema_momentum=0.5), network()
    w = []
    for _ in range(3):
        plain.fit(X, Y, shuffle=False, verbose=0)
        w.append(plain.get_weights()[0])
    model.fit(X, Y, epochs=3, shuffle=False, verbose=0)
    expected = 0.25 * w[0] + 0.25 * w[1] + 0.5 * w[2]
    np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-5)


def test_validation_sees_the_averages_if_they_are_swapped_in() -> None:
    model, plain = network(use_ema=True, ema_momentum=0.5), network()
    w = []
    for _ in range(2):
        plain.fit(X, Y, shuffle=False, verbose=0)
        w.append(plain.get_weights())
    data = {"validation_data": (X, Y), "shuffle": False, "verbose": 0}
    history = model.fit(X, Y, epochs=2, callbacks=[callbacks.SwapEMAWeights()], **data).history
    plain.set_weights([(a + b) / 2 for a, b in zip(*w, strict=True)])
    expected = plain.evaluate(X, Y, verbose=0)
    assert history["val_loss"][1] == pytest.approx(expected, rel=1e-5)

    class Watch(callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(self.model.get_weights()[0])

    seen: list[Any] = []
    model = network(use_ema=True, ema_momentum=0.5)
    model.fit(X, Y, epochs=2, callbacks=[callbacks.SwapEMAWeights(True), Watch()], **data)
    np.testing.assert_allclose(seen[0], w[0][0], rtol=1e-5)
    np.testing.assert_allclose(seen[1], (w[0][0] + w[1][0]) / 2, rtol=1e-5)
    np.testing.assert_array_equal(model.get_weights()[0], seen[1])


def test_accumulation_in_fit() -> None:
    model, whole = network(gradient_accumulation_steps=2), network()
    model.fit(X, Y, batch_size=16, epochs=3, shuffle=False, verbose=0)
    whole.fit(X, Y, batch_size=32, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], whole.get_weights()[0], rtol=1e-5)


def test_configs_and_errors() -> None:
    made = optimizers.AdamW(use_ema=True, ema_momentum=0.9, gradient_accumulation_steps=3)
    again = optimizers.AdamW.from_config(made.get_config())
    assert (again.use_ema, again.ema_momentum, again.gradient_accumulation_steps) == (True, 0.9, 3)
    for options, message in (
        ({"ema_momentum": 1.5}, "ema_momentum in"),
        ({"gradient_accumulation_steps": 1}, "an integer >= 2"),
        ({"use_ema": True, "ema_overwrite_frequency": 0}, "an integer >= 1"),
    ):
        with pytest.raises(ValueError, match=message):
            optimizers.SGD(**options)
    with pytest.raises(TypeError, match="unknown arguments"):
        optimizers.SGD(use_emma=True)
    model = network()
    with pytest.raises(ValueError, match="with use_ema=True"):
        model.evaluate(X, Y, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
