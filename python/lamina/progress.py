"""The progress line: how far an epoch is, how fast, and its metrics so far."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

import numpy as np

_WIDTH = 20  # characters of the bar
_INTERVAL = 0.1  # seconds between two redraws


class Progress:
    """Print the progress of `steps` batches, in the manner of Keras.

        469/469 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - accuracy: 0.9123 - loss: 0.3011

    verbose 1 redraws the line where the output is a terminal or notebook and prints only its end
    elsewhere; verbose 2 prints one plain line at the end; 0 nothing. steps: None where the number
    is not known yet.
    """

    def __init__(
        self, steps: int | None, verbose: int = 1, unit: str = "step", file: TextIO | None = None
    ) -> None:
        self.steps = steps
        self.verbose = verbose
        self.unit = unit
        # A process without a terminal may have no stdout at all.
        self._file = (sys.stdout or io.StringIO()) if file is None else file
        self._done = 0
        self._start = self._drawn = time.perf_counter()
        self._length = 0  # of the line on the screen, to blank what a shorter one leaves
        self._redraws = verbose == 1 and (self._file.isatty() or "ipykernel" in sys.modules)

    def update(self, done: int, logs: Mapping[str, Any] | None = None) -> None:
        """Tell that `done` batches are finished; draw if it is time to."""
        self._done = done
        now = time.perf_counter()
        if self._redraws and now - self._drawn >= _INTERVAL:
            self._drawn = now
            self._draw(self._line(now - self._start, logs, last=False))

    def finish(self, logs: Mapping[str, Any] | None = None) -> None:
        """Draw the line for good."""
        if self.steps is None:
            self.steps = self._done
        self._done = self.steps
        if self.verbose:
            self._draw(self._line(time.perf_counter() - self._start, logs, last=True), "\n")

    def _draw(self, line: str, end: str = "") -> None:
        padding = " " * (self._length - len(line))
        self._file.write(("\r" if self._redraws else "") + line + padding + end)
        self._file.flush()
        self._length = len(line)

    def _line(self, elapsed: float, logs: Mapping[str, Any] | None, last: bool) -> str:
        per_step = elapsed / max(self._done, 1)
        speed = f"{_duration(per_step)}/{self.unit}"
        metrics = "".join(f" - {name}: {_number(value)}" for name, value in (logs or {}).items())
        if self.verbose == 2:
            return f"{self._done}/{self.steps} - {elapsed:.0f}s - {speed}{metrics}"
        if self.steps is None:
            return f"{self._done:>7}/Unknown {elapsed:.0f}s {speed}{metrics}"
        # While it runs the line says how long it will take, at its end how long it took.
        seconds = elapsed if last else per_step * (self.steps - self._done)
        count = f"{self._done:>{len(str(self.steps))}}/{self.steps}"
        return f"{count} {self._bar()} {_clock(seconds)} {speed}{metrics}"

    def _bar(self) -> str:
        full, empty = "━", "─"
        if not (getattr(self._file, "encoding", None) or "utf-8").lower().startswith("utf"):
            full, empty = "=", "-"
        filled = _WIDTH * self._done // max(self.steps or 0, 1)
        return full * filled + empty * (_WIDTH - filled)


def _number(value: Any) -> str:
    if np.ndim(value) > 0:
        return str(np.asarray(value))
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    if whole >= 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds * 1e6:.0f}us"
