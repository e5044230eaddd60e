"""Save the model while it trains."""

from __future__ import annotations

import os
import warnings

import numpy as np

from lamina.callbacks.base import Logs
from lamina.callbacks.monitor import MonitorCallback


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, after every epoch or every so many batches.

    filepath: may hold format fields: `{epoch}` (from 1), `{batch}` (from 1, with an integer
    `save_freq`) and the names of the logs, as in "{epoch:02d}-{val_loss:.2f}.lamina". Missing
    directories are made.
    save_best_only: save only when `monitor` improves, on `initial_value_threshold` at first.
    save_weights_only: `save_weights` instead of `save`. save_freq: "epoch" or a number of batches.
    verbose: 1 prints every decision. For monitor and mode see `MonitorCallback`.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                f"ModelCheckpoint: expected save_freq to be 'epoch' or a number of batches, "
                f"received {save_freq!r}"
            )
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._epoch = 0
        self._batches = 0  # since the last save
        if save_freq != "epoch":
            # Set here and not defined as a method, so that others need not run batch by batch.
            self.on_train_batch_end = self._on_train_batch_end  # type: ignore[method-assign]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def _on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self._batches == self.save_freq:
            self._batches = 0
            self._save(self._epoch, logs or {}, batch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: Logs, batch: int | None = None) -> None:
        path = self._path(epoch, logs, batch)
        if not self._worth_saving(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise OSError(f"ModelCheckpoint: filepath {path!r} is a directory; name a file in it")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, epoch: int, logs: Logs, batch: int | None) -> str:
        fields = {"epoch": epoch + 1, **logs}
        if batch is not None:
            fields.setdefault("batch", batch + 1)
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint: filepath {self.filepath!r} asks for {error}; "
                f"known are {', '.join(fields)}"
            ) from None

    def _worth_saving(self, epoch: int, logs: Logs, path: str) -> bool:
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = self.monitored(logs)
        if current is None:
            return True
        if np.ndim(current) > 0:
            warnings.warn(
                f"ModelCheckpoint: {self.monitor} is not a scalar, so every model is saved",
                stacklevel=5,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.improves(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(
            epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}"
        )
        self.best = current
        return True

    def _say(self, epoch: int, message: str) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {message}")
