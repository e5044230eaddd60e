"""Callbacks: when they are called, with what, and what they may change."""

from __future__ import annotations

import numpy as np
import pytest

from callback_models import X, Y, line_model
from lamina import callbacks
from lamina.callbacks import Callback


@pytest.fixture
def model():
    return line_model()


class Recorder(Callback):
    """Writes down which hooks are called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            return lambda *args, **kwargs: self.calls.append((name, *args))
        return super().__getattribute__(name)

    def names(self):
        return [call[0] for call in self.calls]


class Batches(Callback):
    """Overrides the batch hooks, so that training stops at each batch."""

    def __init__(self):
        super().__init__()
        self.began, self.logs = [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.began.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append((batch, logs))


def test_hooks_come_in_order(model):
    recorder = Recorder()
    model.fit(
        X, Y, batch_size=5, validation_data=(X, Y), callbacks=[recorder, Batches()], verbose=0
    )
    assert recorder.names() == [
        "on_train_begin",
        "on_epoch_begin",
        *["on_train_batch_begin", "on_train_batch_end"] * 2,
        "on_test_begin",
        "on_test_end",
        "on_epoch_end",
        "on_train_end",
    ]


def test_hooks_of_evaluate_and_predict(model):
    class Every(Callback):
        def on_test_batch_end(self, batch, logs=None):
            seen.append((batch, sorted(logs)))

        def on_predict_batch_end(self, batch, logs=None):
            seen.append((batch, logs["outputs"].shape))

    seen = []
    model.evaluate(X, Y, batch_size=6, verbose=0, callbacks=[Every()])
    assert seen == [(0, ["loss", "mae"]), (1, ["loss", "mae"])]
    seen.clear()
    model.predict(X, batch_size=6, verbose=0, callbacks=[Every()])
    assert seen == [(0, (6, 1)), (1, (4, 1))]


def test_batch_logs_are_means_so_far(model):
    batches = Batches()
    history = model.fit(X, Y, batch_size=4, callbacks=batches, verbose=0, shuffle=False)
    assert batches.began == [0, 1, 2]
    assert [batch for batch, _ in batches.logs] == [0, 1, 2]
    assert batches.logs[-1][1] == {name: values[0] for name, values in history.history.items()}
    assert batches.logs[0][1]["loss"] != batches.logs[1][1]["loss"]


def test_watching_batches_changes_nothing(model):
    import lamina

    weights, results = model.get_weights(), []
    for watch in (
        [],
        [Batches()],
        [callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)],
    ):
        lamina.utils.set_random_seed(7)
        model.set_weights(weights)
        history = model.fit(X, Y, batch_size=3, epochs=3, callbacks=watch, verbose=0)
        results.append((history.history, model.get_weights()))
    for history, trained in results[1:]:
        assert history == results[0][0]
        for one, other in zip(trained, results[0][1], strict=True):
            np.testing.assert_array_equal(one, other)


def test_stopping_within_an_epoch(model):
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    history = model.fit(X, Y, batch_size=2, epochs=5, callbacks=[Stop()], verbose=0)
    assert history.epoch == [0]
    assert int(model.optimizer.iterations.numpy()) == 2


def test_batch_aliases_and_params(model):
    class Old(Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(batch)

    seen, old = [], Old()
    model.fit(X, Y, batch_size=5, epochs=2, callbacks=[old], verbose=0)
    assert seen == [0, 1, 0, 1]
    assert old.params == {"verbose": 0, "epochs": 2, "steps": 2}
    assert old.model is model


def test_logs_added_by_callbacks_reach_the_history(model):
    extra = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=epoch))
    history = model.fit(X, Y, epochs=2, callbacks=[extra], verbose=0)
    assert history.history["extra"] == [0, 1]
    assert list(history.history) == ["loss", "mae", "extra"]


def test_what_is_no_callback_is_refused_before_training(model):
    weights = model.get_weights()
    for wrong in (print, callbacks.History, [object()]):
        with pytest.raises(TypeError, match="callbacks: expected instances of Callback"):
            model.fit(X, Y, callbacks=wrong, verbose=0)
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_history_is_returned_and_kept(model):
    history = model.fit(X, Y, epochs=3, initial_epoch=1, verbose=0)
    assert history is model.history
    assert history.epoch == [1, 2]
    assert [len(values) for values in history.history.values()] == [2, 2]
    assert "2 epochs" in repr(history)


def test_callback_lists_may_be_nested_and_used_by_hand(model):
    seen = []
    one = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    many = callbacks.CallbackList([[one], one], add_history=True, model=model, epochs=3)
    many.on_train_begin()
    many.on_epoch_end(2, {"loss": 1.0})
    many.on_train_end()
    assert seen == [2, 2]
    assert model.history.history == {"loss": [1.0]}
