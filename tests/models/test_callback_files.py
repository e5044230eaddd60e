"""Callbacks that write files: CSVLogger and ModelCheckpoint."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from callback_models import X, Y, line_model
from lamina import callbacks


@pytest.fixture
def model():
    return line_model()


def test_csv_logger(model, tmp_path):
    path = tmp_path / "log.csv"
    log = callbacks.CSVLogger(path, separator=";")
    history = model.fit(X, Y, epochs=3, validation_data=(X, Y), callbacks=[log], verbose=0)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert set(rows[0]) == {"epoch", *history.history}
    assert float(rows[2]["val_loss"]) == history.history["val_loss"][2]


def test_csv_logger_appends_and_fills_gaps(model, tmp_path):
    path = tmp_path / "log.csv"
    for _ in range(2):
        log = callbacks.CSVLogger(path, append=True)
        model.fit(
            X, Y, epochs=2, validation_data=(X, Y), validation_freq=2, callbacks=[log], verbose=0
        )
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "0", "1"]
    assert [row["val_loss"] == "NA" for row in rows] == [True, False, True, False]


class Saver:
    """Stands for a model that is saved."""

    def __init__(self):
        self.saved = []

    def save(self, path, overwrite):
        self.saved.append(path)

    save_weights = save


@pytest.mark.parametrize(
    ("options", "saved"),
    [
        ({}, ["1-4.0", "2-3.0", "3-5.0"]),
        ({"save_best_only": True}, ["1-4.0", "2-3.0"]),
        ({"save_best_only": True, "mode": "max"}, ["1-4.0", "3-5.0"]),
        ({"save_best_only": True, "initial_value_threshold": 3.5}, ["2-3.0"]),
        ({"save_weights_only": True}, ["1-4.0", "2-3.0", "3-5.0"]),
    ],
)
def test_when_a_checkpoint_is_saved(tmp_path, options, saved):
    saver = Saver()
    saver.metric_direction = lambda name: "min"
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.1f}", **options)
    checkpoint.set_model(saver)
    for epoch, loss in enumerate([4, 3, 5]):
        checkpoint.on_epoch_begin(epoch)
        checkpoint.on_epoch_end(epoch, {"val_loss": float(loss)})
    assert [path[len(str(tmp_path)) + 1 :] for path in saver.saved] == saved


def test_checkpoints_between_batches(model, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(model, "save_weights", lambda path, overwrite: saved.append(path))
    checkpoint = callbacks.ModelCheckpoint("{epoch}-{batch}", save_weights_only=True, save_freq=3)
    model.fit(X, Y, batch_size=5, epochs=4, callbacks=[checkpoint], verbose=0)
    assert saved == ["2-1", "3-2"]


def test_a_checkpoint_can_be_loaded(model, tmp_path):
    path = tmp_path / "deep" / "best.weights.h5"
    checkpoint = callbacks.ModelCheckpoint(path, save_weights_only=True)
    model.fit(X, Y, callbacks=[checkpoint], verbose=0)
    trained = model.get_weights()
    model.set_weights([np.zeros_like(weight) for weight in trained])
    model.load_weights(path)
    for one, other in zip(trained, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_checkpoint_refusals(model, tmp_path):
    with pytest.raises(ValueError, match="'epoch' or a number of batches, received 'batch'"):
        callbacks.ModelCheckpoint("x", save_freq="batch")
    with pytest.raises(KeyError, match="asks for 'val_acc'; known are epoch, loss, mae"):
        model.fit(X, Y, callbacks=[callbacks.ModelCheckpoint("{val_acc}")], verbose=0)
    with pytest.raises(OSError, match="is a directory"):
        model.fit(X, Y, callbacks=[callbacks.ModelCheckpoint(tmp_path)], verbose=0)
