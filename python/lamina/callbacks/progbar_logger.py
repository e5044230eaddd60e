"""The progress line as a callback."""

from __future__ import annotations

from typing import Any

from lamina.callbacks.base import Callback, Logs
from lamina.progress import Progress


class ProgbarLogger(Callback):
    """Print the progress of `fit`, `evaluate` and `predict`, as `verbose` asks; see `Progress`.

    Validation within `fit` prints nothing of its own: its numbers end the epoch's line.
    """

    def __init__(self) -> None:
        super().__init__()
        self.verbose = 1
        self.epochs = 1
        self._steps: int | None = None
        self._line: Progress | None = None
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs", 1)
        self._steps = params.get("steps")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._end(logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._update(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._end(logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._update(batch, logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._end(None)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._update(batch, None)

    def _begin(self) -> None:
        self._line = Progress(self._steps, self.verbose)

    def _update(self, batch: int, logs: Logs | None) -> None:
        if self._line is not None:
            self._line.update(batch + 1, logs)

    def _end(self, logs: Logs | None) -> None:
        if self._line is not None:
            self._line.finish(logs)
            self._steps = self._line.steps  # an iterable's length is known once it has run out
