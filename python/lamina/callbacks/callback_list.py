"""Many callbacks behind the interface of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.callbacks.base import Callback, Logs, overrides
from lamina.callbacks.history import History
from lamina.callbacks.progbar_logger import ProgbarLogger

BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class CallbackList(Callback, checks=False):
    """Call every callback of a list at each hook, in order; history and progress line come last.

    callbacks: a callback, or a (nested) list of them. `add_history` and `add_progbar` add a
    `History` and a `ProgbarLogger` where the list has none. params: `verbose`, `epochs`, `steps`,
    handed to each.
    """

    def __init__(
        self,
        callbacks: Callback | Sequence[Any] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks = list(_flatten(callbacks))
        self.history = self._find(History)
        self.progbar = self._find(ProgbarLogger)
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar and self.progbar is None:
            self.progbar = ProgbarLogger()
            self.callbacks.append(self.progbar)
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def _find(self, kind: type[Any]) -> Any:
        return next((callback for callback in self.callbacks if isinstance(callback, kind)), None)

    def append(self, callback: Callback) -> None:
        """Add a callback at the end."""
        self.callbacks.append(callback)

    def wants_batches(self, phase: str) -> bool:
        """Return whether a callback asks for every batch of a phase: "train", "test" or "predict".

        The progress line does not count: it is content to be told now and then.
        """
        return any(
            overrides(callback, hook)
            for callback in self.callbacks
            if type(callback) is not ProgbarLogger
            for hook in BATCH_HOOKS[phase]
        )

    def only_records(self) -> bool:
        """Return whether nothing but the history listens, so that nobody minds when it is told."""
        return all(type(callback) is History for callback in self.callbacks)

    def record(self, epochs: range, logs: dict[str, list[float]]) -> None:
        """Tell the histories of several epochs at once, where `only_records`."""
        for callback in self.callbacks:
            if isinstance(callback, History):
                callback.record(epochs, logs)

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def _call(self, hook: str, *args: Any, logs: Logs | None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, hook)(*args, logs)

    def _call_batch(self, hook: str, batch: int, logs: Logs | None) -> None:
        # Users' functions may name their first argument as they like, but not this one.
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            getattr(callback, hook)(batch, logs=logs)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._call("on_train_begin", logs=logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._call("on_train_end", logs=logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_end", epoch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._call("on_test_begin", logs=logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._call("on_test_end", logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_test_batch_end", batch, logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._call("on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._call("on_predict_end", logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_batch("on_predict_batch_end", batch, logs)


def _flatten(callbacks: Any) -> list[Callback]:
    if callbacks is None:
        return []
    if isinstance(callbacks, (list, tuple)):
        return [leaf for callback in callbacks for leaf in _flatten(callback)]
    if not isinstance(callbacks, Callback):
        hint = " (pass an instance, not the class)" if isinstance(callbacks, type) else ""
        raise TypeError(f"callbacks: expected instances of Callback, received {callbacks!r}{hint}")
    return [callbacks]
