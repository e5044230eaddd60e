"""What subclasses of models and layers override and add: steps, losses, metrics, frozen parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, losses, metrics, models, ops, optimizers, random

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 5)).astype(np.float32)
Y = X[:, :1] - 0.5 * X[:, 1:2]


class Autoencoder(models.Model):
    """A variational autoencoder as tutorials write it: with its own metrics, step and noise."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = layers.Dense(4), layers.Dense(5)
        self.noise = random.SeedGenerator(1)
        self.trackers = [metrics.Mean(name=name) for name in ("loss", "error", "divergence")]

    @property
    def metrics(self) -> list[Any]:
        return self.trackers

    def call(self, x: Any) -> Any:
        mean, log_variance = ops.split(self.encoder(x), 2, axis=1)
        z = mean + ops.exp(log_variance / 2) * random.normal(mean.shape, seed=self.noise)
        return self.decoder(z), mean, log_variance

    def train_step(self, data: Any) -> dict[str, Any]:
        x = data
        y, mean, log_variance = self(x, training=True)
        error = ops.mean(ops.sum(ops.square(x - y), axis=1))
        divergence = -0.5 * ops.mean(
            ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1)
        )
        variables = self.trainable_variables
        gradients = lamina.grad(error + divergence, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        for tracker, value in zip(
            self.trackers, (error + divergence, error, divergence), strict=True
        ):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.metrics}


def test_an_own_step_with_metrics_of_its_own() -> None:
    lamina.utils.set_random_seed(0)
    model = Autoencoder()
    model.compile(optimizers.Adam(0.02))
    history = model.fit(X, epochs=20, batch_size=30, verbose=0).history
    assert set(history) == {"loss", "error", "divergence"}
    parts = np.add(history["error"], history["divergence"])
    np.testing.assert_allclose(history["loss"], parts, rtol=1e-5)
    assert history["loss"][-1] < 0.8 * history["loss"][0]


class Players(models.Model):
    """A generative adversarial network as tutorials write it: parts and a step, nothing to call."""

    def __init__(self) -> None:
        super().__init__()
        self.critic = models.Sequential([layers.Dense(8, "relu"), layers.Dense(1)])
        self.generator = models.Sequential([layers.Dense(8, "relu"), layers.Dense(5)])
        self.trackers = [metrics.Mean(name="critic_loss"), metrics.Mean(name="generator_loss")]

    @property
    def metrics(self) -> list[Any]:
        return self.trackers

    def compile(self, critic_optimizer: Any, generator_optimizer: Any) -> None:  # type: ignore[override]
        super().compile(optimizer=None)
        self.optimizers = critic_optimizer, generator_optimizer
        self.judge = losses.BinaryCrossentropy(from_logits=True)

    def train_step(self, data: Any) -> dict[str, Any]:
        rows = ops.shape(data)[0]
        noise = random.normal((rows, 2))
        wishes = [([0.0, 1.0], self.critic), ([1.0, 1.0], self.generator)]
        for (wish, player), optimizer, tracker in zip(
            wishes, self.optimizers, self.trackers, strict=True
        ):
            seen = ops.concatenate([self.generator(noise), data])
            labels = np.repeat(wish, rows).reshape(-1, 1)
            loss = self.judge(labels, self.critic(seen))
            optimizer.apply(lamina.grad(loss, player.trainable_weights), player.trainable_weights)
            tracker.update_state(loss)
        return {tracker.name: tracker.result() for tracker in self.metrics}


def test_a_model_with_a_step_of_its_own_needs_no_call(tmp_path: Path) -> None:
    lamina.utils.set_random_seed(0)
    players = Players()
    players.compile(optimizers.Adam(0.01), optimizers.Adam(0.01))
    history = players.fit(X, epochs=2, batch_size=30, verbose=0).history
    assert set(history) == {"critic_loss", "generator_loss"}
    assert np.abs(np.subtract(history["critic_loss"], np.log(2))).max() < 0.5
    before = players.critic.get_weights() + players.generator.get_weights()
    players.fit((X[start : start + 30] for start in (0, 30, 60)), verbose=0)
    after = players.critic.get_weights() + players.generator.get_weights()
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert [int(each.iterations) for each in players.optimizers] == [9, 9]
    with pytest.raises(NotImplementedError, match="must override call"):
        players.predict(X, verbose=0)

    players.save(tmp_path / "players.lamina")
    with pytest.warns(UserWarning, match=r"its compile\(\) is its own"):
        loaded = models.load_model(tmp_path / "players.lamina", {"Players": Players})
    assert (loaded.name, loaded.compiled) == (players.name, False)
    for one, other in zip(loaded.get_weights(), players.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_the_metrics_that_an_override_names_are_reported() -> None:
    class Few(models.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.hidden = layers.Dense(1), metrics.Mean(name="hidden")

        @property
        def metrics(self) -> list[Any]:
            return super().metrics[:2]

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Few()
    model.compile("sgd", "mse", metrics=["mae"])
    assert set(model.fit(X, Y, verbose=0).history) == {"loss", "mae"}


class Watched(layers.Layer):
    """Adds a penalty and reports two means."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense = layers.Dense(3, kernel_initializer="ones")
        self.size = metrics.Mean(name="size")

    def call(self, x: Any) -> Any:
        y = self.dense(x)
        self.size.update_state(ops.abs(y))
        self.add_metric(ops.max(y), name="largest")
        self.add_loss(0.1 * ops.mean(ops.square(y)))
        return y


def test_losses_and_metrics_of_layers() -> None:
    watched = Watched()
    model = models.Sequential([layers.Input((5,)), watched, layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    assert [metric.name for metric in watched.metrics] == ["largest", "size"]
    logs = model.evaluate(X, Y, batch_size=45, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "mae", "largest", "size"}
    y = X.sum(1)
    assert logs["size"] == pytest.approx(np.abs(y).mean(), rel=1e-5)
    assert logs["largest"] == pytest.approx((y[:45].max() + y[45:].max()) / 2, rel=1e-5)
    error = np.mean(np.square(Y - np.asarray(model(X))))
    assert logs["loss"] == pytest.approx(error + 0.1 * np.mean(y**2), rel=1e-5)
    model(X)
    assert float(model.losses[0]) == pytest.approx(0.1 * np.mean(y**2), rel=1e-5)


def test_own_test_and_predict_steps() -> None:
    class Own(models.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1, kernel_initializer="ones")

        def call(self, x: Any) -> Any:
            return self.dense(x)

        def test_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            return {"worst": ops.max(ops.abs(self(x) - y))}

        def predict_step(self, data: Any) -> Any:
            y = self(data)
            return {"value": y, "rounded": ops.round(y)}

    model = Own()
    model.compile("sgd", "mse")
    expected = X.sum(1, keepdims=True)
    logs = model.evaluate(X, Y, batch_size=90, verbose=0, return_dict=True)
    assert logs == {"worst": pytest.approx(np.abs(expected - Y).max(), rel=1e-5)}
    found = model.predict(X, batch_size=40, verbose=0)
    np.testing.assert_allclose(found["value"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found["rounded"], np.round(found["value"]))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_frozen_layers_keep_their_weights(optimizer: str) -> None:
    model = models.Sequential(
        [layers.Input((5,)), layers.Dense(4, "tanh"), layers.Dense(3, "tanh"), layers.Dense(1)]
    )
    model.layers[1].trainable = False
    model.compile(optimizer, "mse")
    before = model.get_weights()
    model.fit(X, Y, epochs=2, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [True, True, False, False, True, True]
    assert len(model.trainable_weights) == 4
    model.layers[1].trainable = True
    model.compile(optimizer, "mse")
    model.fit(X, Y, verbose=0)
    after = model.layers[1].get_weights()
    assert not any(np.array_equal(a, b) for a, b in zip(before[2:4], after, strict=True))


def test_a_step_of_ones_own_may_use_the_compiled_metrics() -> None:
    class Stepping(models.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
            weights = self.trainable_variables
            self.optimizer.apply_gradients(zip(lamina.grad(loss, weights), weights, strict=True))
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    histories = []
    for kind in (models.Model, Stepping):
        inputs = lamina.Input((3,))
        model = kind(inputs, layers.Dense(1, kernel_initializer="ones")(inputs))
        model.compile("sgd", "mse", metrics=["mae", "accuracy"])
        fit = model.fit(x, x[:, :1], epochs=2, shuffle=False, verbose=0, validation_split=0.2)
        histories.append(fit.history)
    assert list(histories[0]) == list(histories[1])
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-5)


def test_errors_name_the_layer_they_come_from() -> None:
    class Wrong(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return ops.matmul(inputs, np.ones((7, 2), np.float32))

    x = np.ones((2, 5, 4), np.float32)
    for call, message in (
        (lambda: Wrong(name="it")(x), "^Wrong 'it': matmul: "),
        (lambda: lamina.Sequential([Wrong(name="it")])(x), "^Wrong 'it': matmul: "),
        (lambda: Wrong(name="it")(lamina.Input((5, 4))), "^Wrong 'it': matmul: "),
        (
            lambda: layers.GlobalAveragePooling1D(name="p")(x, mask=np.ones((2, 7), bool)),
            r"^GlobalAveragePooling1D 'p': .*\(2, 7, 1\) and \(2, 5, 4\)",
        ),
        (lambda: layers.Dense(2, name="d")(x, mask=x), "^Dense 'd': .*argument 'mask'"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            call()
