"""The base class of callbacks: one method per moment of training, evaluation and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina.registry import Checked

if TYPE_CHECKING:
    from lamina.models.model import Model

Logs = dict[str, Any]  # names of metrics and their values so far


class Callback(Checked):
    """Act on the course of `fit`, `evaluate` and `predict`: a subclass overrides some hooks.

    `logs` holds the metrics under the names of the history: of the epoch so far at a batch's end,
    of the whole epoch (validation included, prefixed `val_`) at an epoch's end. A hook may add
    entries to the logs of an epoch: callbacks after it and the history see them. Setting
    `model.stop_training = True` ends training after the batch or epoch.

    params: what the model is asked for: `verbose`, `epochs` and `steps`.
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Model | None = None

    @property
    def model(self) -> Model:
        """The model at work."""
        if self._model is None:
            raise ValueError(f"{type(self).__name__}: no model yet; pass the callback to fit")
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive `verbose`, `epochs` and `steps` (batches in an epoch; None if not known)."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receive the model that is about to work."""
        self._model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Act before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Act after the last epoch; `logs` are that epoch's."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Act before an epoch (counted from 0)."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Act after an epoch and its validation."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before a training batch; another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after a training batch; another name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before a training batch (counted from 0 in each epoch)."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after a training batch."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Act before evaluation, validation included."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Act after evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before a batch of evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after a batch of evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Act before prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Act after prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after a batch of prediction; `logs["outputs"]` are the batch's predictions."""


def overrides(callback: Callback, hook: str) -> bool:
    """Return whether the callback does anything in a hook, by its class or on the instance."""
    return hook in vars(callback) or getattr(type(callback), hook) is not getattr(Callback, hook)
