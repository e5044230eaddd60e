"""What each callback does: stopping early, the learning rate, hooks by function."""

from __future__ import annotations

import numpy as np
import pytest

from callback_models import X, Y, line_model
from lamina import Sequential, callbacks, layers


@pytest.fixture
def model():
    return line_model()


def logged(values, monitor="val_loss"):
    """Return a callback put before others that replaces what was measured."""

    def replace(epoch, logs):
        logs[monitor] = values[epoch]

    return callbacks.LambdaCallback(on_epoch_end=replace)


@pytest.mark.parametrize(
    ("values", "options", "epochs"),
    [
        ([3, 2, 1, 0], {}, 4),
        ([3, 2, 2, 1], {}, 3),
        ([3, 3, 3, 3], {"patience": 2}, 3),
        ([3, 2.95, 2.9, 2.85], {"min_delta": 0.2}, 2),
        ([1, 2, 3, 4], {"mode": "max"}, 4),
        ([4, 3, 2, 1], {"mode": "max", "patience": 2}, 3),
        ([1, 2, 3, 4], {"start_from_epoch": 2}, 4),
        ([5, 4, 3, 2], {"baseline": 1, "patience": 3}, 4),
        ([5, 4, 5, 5], {"baseline": 1, "patience": 2}, 3),
    ],
)
def test_early_stopping(model, values, options, epochs):
    stop = callbacks.EarlyStopping(**options)
    history = model.fit(X, Y, epochs=4, callbacks=[logged(values), stop], verbose=0)
    assert len(history.epoch) == epochs


def test_early_stopping_restores_the_best_weights(model, capsys):
    seen = []
    watch = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(model.get_weights())
    )
    stop = callbacks.EarlyStopping(patience=2, restore_best_weights=True, verbose=1)
    model.fit(X, Y, epochs=9, callbacks=[logged([3, 1, 2, 2]), watch, stop], verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], seen[1][0])
    assert not np.array_equal(seen[1][0], seen[3][0])
    assert "Epoch 4: early stopping" in (printed := capsys.readouterr().out)
    assert "end of the best epoch: 2" in printed


def test_one_early_stopping_serves_many_fits(model):
    stop = callbacks.EarlyStopping()
    for _ in range(2):
        history = model.fit(X, Y, epochs=4, callbacks=[logged([3, 2, 2, 1]), stop], verbose=0)
        assert len(history.epoch) == 3


def test_the_direction_follows_the_metric():
    model = Sequential([layers.Input((2,)), layers.Dense(3)])
    labels = np.zeros(10, np.int64)
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer="sgd", loss=loss, metrics=["accuracy"])
    for monitor, values in (("val_accuracy", [1, 2, 3, 3]), ("loss", [3, 2, 1, 1])):
        stop = callbacks.EarlyStopping(monitor=monitor)
        history = model.fit(
            X, labels, epochs=5, callbacks=[logged(values, monitor), stop], verbose=0
        )
        assert len(history.epoch) == 4
        assert stop.mode == ("max" if "acc" in monitor else "min")


def test_an_unknown_direction_is_an_error(model):
    stop = callbacks.EarlyStopping(monitor="mystery")
    with pytest.raises(ValueError, match="mode='min' or mode='max'"):
        model.fit(X, Y, epochs=3, callbacks=[logged([1, 2, 3], "mystery"), stop], verbose=0)


def test_a_missing_monitor_is_a_warning(model):
    with pytest.warns(UserWarning, match="'val_loss' is not available; there is loss, mae"):
        model.fit(X, Y, callbacks=[callbacks.EarlyStopping()], verbose=0)


def test_an_unknown_mode_is_a_warning():
    with pytest.warns(UserWarning, match="unknown mode 'lowest'"):
        assert callbacks.EarlyStopping(mode="lowest").mode == "auto"


def test_learning_rate_scheduler(model, capsys):
    scheduler = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    history = model.fit(X, Y, epochs=3, callbacks=[scheduler], verbose=0)
    np.testing.assert_allclose(history.history["learning_rate"], [0.05, 0.025, 0.0125])
    assert (
        "Epoch 2: LearningRateScheduler setting learning rate to 0.025" in capsys.readouterr().out
    )
    model.fit(X, Y, callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.5)], verbose=0)
    assert float(model.optimizer.learning_rate) == 0.5


def test_a_schedule_must_return_a_float(model):
    with pytest.raises(ValueError, match="expected a float from the schedule, received 'fast'"):
        model.fit(X, Y, callbacks=[callbacks.LearningRateScheduler(lambda *_: "fast")], verbose=0)


def test_a_changed_rate_is_used_without_compiling_again(model):
    weights = model.get_weights()
    stand = callbacks.LearningRateScheduler(lambda epoch: 0.0)
    model.fit(X, Y, verbose=0, epochs=2, callbacks=[stand])
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_reduce_on_plateau(model):
    reduce = callbacks.ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.03)
    values = [1, 1, 1, 1, 1, 1, 1, 1]
    history = model.fit(X, Y, epochs=8, callbacks=[logged(values), reduce], verbose=0)
    # The rate of an epoch is logged before it is reduced.
    expected = [0.1, 0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.03]
    np.testing.assert_allclose(history.history["learning_rate"], expected)


def test_reduce_on_plateau_refuses_growth():
    with pytest.raises(ValueError, match="factor < 1, received 1"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_terminate_on_nan(model, capsys):
    model.set_weights([np.full((2, 1), np.nan), np.zeros(1)])
    stop = callbacks.TerminateOnNaN()
    history = model.fit(X, Y, batch_size=2, epochs=3, callbacks=[stop], verbose=0)
    assert history.epoch == [0]
    assert "Batch 0: invalid loss nan" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="nan after batch 0"):
        model.fit(X, Y, callbacks=[callbacks.TerminateOnNaN(raise_error=True)], verbose=0)


def test_lambda_callback_knows_all_hooks_and_no_others(model):
    seen = []
    watch = callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(batch),
        on_test_end=lambda logs: seen.append("tested"),
    )
    model.fit(X, Y, batch_size=5, validation_data=(X, Y), callbacks=[watch], verbose=0)
    assert seen == [0, 1, "tested"]
    with pytest.raises(ValueError, match="unknown hook 'on_epoch_ends'; known are on_batch_begin"):
        callbacks.LambdaCallback(on_epoch_ends=print)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: callbacks.EarlyStopping(patience="2"), "patience to be a number, received '2'"),
        (lambda: callbacks.EarlyStopping(min_delta=[0]), "min_delta to be a number, received"),
        (lambda: callbacks.ReduceLROnPlateau(monitor=3), "monitor to be a string, received 3"),
    ],
)
def test_arguments_of_a_wrong_type(make, message):
    with pytest.raises(ValueError, match=rf"^\w+: expected {message}"):
        make()
