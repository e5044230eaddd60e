"""The record of a training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lamina.callbacks.base import Callback, Logs


class History(Callback):
    """Record the logs of every epoch; `fit` adds one and returns it.

    `epoch` lists the epochs of the last `fit`; `history` maps each name to its values, epoch by
    epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.record([epoch], {name: [value] for name, value in (logs or {}).items()})

    def record(self, epochs: Iterable[int], logs: Mapping[str, Iterable[Any]]) -> None:
        """Add the logs of several epochs: for each name a value per epoch."""
        self.epoch.extend(epochs)
        for name, values in logs.items():
            self.history.setdefault(name, []).extend(values)

    def __repr__(self) -> str:
        return f"History({len(self.epoch)} epochs of {', '.join(self.history) or 'nothing'})"
