"""fit: its numbers, the order of rows, interruption."""

from __future__ import annotations

import _thread
import threading
import time
import warnings

import numpy as np
import pytest

import lamina
from lamina import Input, Sequential, callbacks, layers, metrics, ops, optimizers
from training_models import KERNEL, LABELS, X, Y, assert_same_weights, classifier, linear, rng


def reference_fit(x, y, epochs, batch, rate, weight=None):
    """Train y = x w + b by plain gradient descent in float64; return losses of epochs, w and b."""
    w, b = KERNEL.astype(np.float64), np.zeros(1)
    weight = np.ones(len(x)) if weight is None else np.asarray(weight)
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch):
            xb, yb, wb = (a[start : start + batch] for a in (x, y, weight))
            error = xb @ w + b - yb
            total += np.sum(wb[:, None] * error**2)
            slope = 2 * wb[:, None] * error / len(xb)
            w, b = w - rate * xb.T @ slope, b - rate * slope.sum(axis=0)
        history.append(total / len(x))
    return history, w, b


# Numbers


@pytest.mark.parametrize("batch", [1, 5, 8, 23, 100])
def test_fit_is_gradient_descent(batch):
    model = linear(optimizers.SGD(0.05))
    history = model.fit(X, Y, batch_size=batch, epochs=3, shuffle=False, verbose=0)
    expected, w, b = reference_fit(X, Y, 3, batch, 0.05)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], b, rtol=1e-4, atol=1e-6)


def test_sample_weights_scale_the_loss_but_not_its_divisor():
    weight = rng.random(23).astype(np.float32)
    model = linear(optimizers.SGD(0.05), metrics=["mae"], weighted_metrics=["mse"])
    history = model.fit(
        X, Y, batch_size=6, epochs=2, shuffle=False, verbose=0, sample_weight=weight
    )
    expected, w, _ = reference_fit(X, Y, 2, 6, 0.05, weight)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)
    error = np.abs(model.predict(X, verbose=0) - Y)
    found = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)
    np.testing.assert_allclose(found["mae"], error.mean(), rtol=1e-5)
    weighted = np.sum(weight * error[:, 0] ** 2) / weight.sum()
    np.testing.assert_allclose(found["mse"], weighted, rtol=1e-5)


def test_class_weight_is_sample_weight():
    by_class, by_row = classifier(), classifier()
    by_row.set_weights(by_class.get_weights())
    options = {"shuffle": False, "verbose": 0, "epochs": 2}
    one = by_class.fit(X, LABELS, class_weight={0: 2.0, 2: 0.5}, **options)
    weight = np.array([2.0, 1.0, 0.5])[LABELS]
    other = by_row.fit(X, LABELS, sample_weight=weight, **options)
    assert one.history == other.history
    assert_same_weights(by_class.get_weights(), by_row.get_weights())


def test_regularizers_and_added_losses_are_part_of_the_loss():
    class Penalty(layers.Layer):
        def call(self, inputs):
            self.add_loss(0.5 * ops.mean(ops.square(inputs)))
            return inputs

    model = Sequential(
        [Input((4,)), layers.Dense(1, kernel_regularizer=lamina.regularizers.L2(0.1)), Penalty()]
    )
    model.set_weights([KERNEL, np.zeros(1)])
    model.compile(optimizer=optimizers.SGD(0.0), loss="mse")
    output = X @ KERNEL
    parts = np.mean((output - Y) ** 2), 0.1 * np.sum(KERNEL**2), 0.5 * np.mean(output**2)
    np.testing.assert_allclose(
        model.evaluate(X, Y, batch_size=23, verbose=0), sum(parts), rtol=1e-5
    )
    history = model.fit(X, Y, batch_size=23, verbose=0)
    np.testing.assert_allclose(history.history["loss"][0], sum(parts), rtol=1e-5)


def test_many_epochs_at_once_are_the_epochs_one_by_one():
    results = []
    for watch in (None, [callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)]):
        lamina.utils.set_random_seed(3)
        model = linear("adam", metrics=["mae"])
        results.append((model.fit(X, Y, 4, epochs=5, verbose=0, callbacks=watch), model))
    (one, first), (other, second) = results
    assert one.history == other.history
    assert_same_weights(first.get_weights(), second.get_weights())


def test_the_number_of_threads_changes_no_bit():
    x = rng.normal(size=(300, 200)).astype(np.float32)
    results = []
    for threads in (1, 2, 5):
        lamina.utils.set_num_threads(threads)
        lamina.utils.set_random_seed(4)
        model = Sequential([Input((200,)), layers.Dense(150, "tanh"), layers.Dense(1)])
        model.compile(optimizer="adam", loss="mse")
        history = model.fit(x, x.sum(axis=1), batch_size=64, epochs=2, verbose=0)
        results.append((history.history, model.get_weights()))
    for history, weights in results[1:]:
        assert history == results[0][0]
        assert_same_weights(weights, results[0][1])


def test_no_epochs_change_nothing():
    model = linear()
    state = lamina.random.get_state()
    history = model.fit(X, Y, epochs=0, verbose=0)
    assert history.history == {}
    np.testing.assert_array_equal(model.get_weights()[0], KERNEL)
    np.testing.assert_array_equal(lamina.random.get_state(), state)


def test_metrics_can_be_read_after_fit():
    metric = metrics.MeanAbsoluteError(name="error")
    model = linear(metrics=[metric])
    history = model.fit(X, Y, epochs=4, verbose=0)
    assert float(metric.result()) == history.history["error"][-1]
    assert model.get_metrics_result()["error"].item() == history.history["error"][-1]
    assert model.metrics_names == ["loss", "error"]


def test_float64_from_end_to_end():
    lamina.config.set_floatx("float64")
    model = linear(optimizers.SGD(0.05))
    history = model.fit(X, Y, batch_size=6, epochs=3, shuffle=False, verbose=0)
    expected, w, _ = reference_fit(X.astype(float), Y.astype(float), 3, 6, 0.05)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-12)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-12)
    assert model.predict(X, verbose=0).dtype == np.float64


# Order of rows


def test_shuffling_is_by_the_global_seed():
    def train(seed):
        lamina.utils.set_random_seed(seed)
        model = linear()
        model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
        return model.get_weights()[0]

    np.testing.assert_array_equal(train(1), train(1))
    assert not np.array_equal(train(1), train(2))


@pytest.mark.parametrize(("shuffle", "within"), [(True, False), ("batch", True), (False, True)])
def test_every_row_comes_once_an_epoch(shuffle, within):
    seen = []
    x = np.arange(20, dtype=np.float32)[:, None]
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(optimizer=optimizers.SGD(0.0), loss="mae")

    class Sums(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"] * 4 * (batch + 1))

    for _ in range(2):
        seen.clear()
        model.fit(x, x, batch_size=4, shuffle=shuffle, verbose=0, callbacks=[Sums()])
        np.testing.assert_allclose(seen[-1], x.sum(), rtol=1e-6)
        in_order = np.allclose(seen, np.cumsum(x.reshape(5, 4).sum(axis=1)))
        assert in_order == within


def test_shuffling_within_batches_changes_their_order():
    trained = []
    for shuffle in ("batch", False):
        model = Sequential([Input((4,)), layers.Dropout(0.5, seed=1), layers.Dense(1)])
        model.set_weights([KERNEL, np.zeros(1)])
        model.compile(optimizer="sgd", loss="mse")
        model.fit(X, Y, batch_size=8, shuffle=shuffle, verbose=0)
        trained.append(model.get_weights()[0])
    assert not np.array_equal(*trained)


# Interruption


@pytest.mark.parametrize("verbose", [0, 2])
def test_ctrl_c_leaves_a_usable_model(verbose):
    x = rng.normal(size=(4096, 4)).astype(np.float32)
    y = x.sum(axis=1)
    model = linear()
    model.fit(x, y, batch_size=1, verbose=0)
    done = int(model.optimizer.iterations.numpy())
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=1, epochs=10**6, verbose=verbose)
    assert time.perf_counter() - started < 2
    timer.join()
    assert int(model.optimizer.iterations.numpy()) > done
    assert np.isfinite(model.get_weights()[0]).all()
    history = model.fit(x, y, batch_size=64, epochs=2, verbose=0)
    assert len(history.epoch) == 2


def test_training_lets_other_threads_run():
    x = rng.normal(size=(20000, 4)).astype(np.float32)
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    model = linear()
    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    model.fit(x, x.sum(axis=1), batch_size=8, epochs=20, verbose=0)
    took = time.perf_counter() - started
    done.set()
    thread.join()
    assert len(ticks) > took / 0.05


def test_no_warnings_in_ordinary_use():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = classifier(metrics=["accuracy"])
        model.fit(X, LABELS, epochs=2, validation_split=0.2, verbose=0)
        model.evaluate(X, LABELS, verbose=0)
        model.predict(X, verbose=0)


def test_batches_of_ever_new_sizes_do_not_pile_up_plans():
    model = linear()
    for rows in range(1, 200):
        model.predict_on_batch(np.zeros((rows, X.shape[1]), np.float32))
    assert len(model._steps._steps) <= 64
