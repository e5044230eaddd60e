"""The logs of every epoch as a CSV file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO, Any

import numpy as np

from lamina.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Write one row per epoch: `epoch`, then the logs by name; "NA" where a value is missing.

    separator: between columns. append: continue an existing file instead of overwriting it.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._keys: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        self._writer = None
        self._file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self._file is None:
            return
        if self._writer is None:
            self._writer = self._open_table(logs)
        row = {key: _cell(logs.get(key, "NA")) for key in self._keys}
        self._writer.writerow({"epoch": epoch, **row})
        self._file.flush()  # an interrupted training leaves every epoch it finished

    def _open_table(self, logs: Logs) -> Any:
        import csv

        self._keys = sorted(logs)
        if not any(key.startswith("val_") for key in self._keys):
            # Validation may begin in a later epoch (validation_freq): keep columns for it.
            self._keys += [f"val_{key}" for key in self._keys]
        assert self._file is not None
        fields = ["epoch", *self._keys]
        writer = csv.DictWriter(self._file, fields, delimiter=self.sep, lineterminator="\n")
        if self._file.tell() == 0:
            writer.writeheader()
        return writer

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or np.ndim(value) == 0 or not isinstance(value, Iterable):
        return value
    return f"[{', '.join(map(str, value))}]"
