"""What the callbacks that watch one quantity have in common."""

from __future__ import annotations

import warnings
from typing import Any

from lamina.callbacks.base import Callback, Logs


class MonitorCallback(Callback):
    """Watch one entry of the logs and tell improvements from the rest.

    monitor: its name. mode: "min", "max", or "auto" to follow what is known of the loss or metric.
    baseline: the value to be beaten at first. min_delta: smaller changes are no improvement.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0.0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__}: unknown mode {mode!r} (of auto, min, max); auto is used",
                stacklevel=5,  # over the checks of both classes
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)

    def improves(self, value: float, reference: float | None) -> bool:
        """Return whether `value` beats `reference` by over `min_delta`; anything beats None."""
        if reference is None:
            return True
        if self._direction() == "min":
            return value + self.min_delta < reference
        return value - self.min_delta > reference

    def _direction(self) -> str:
        # Settled late: the metrics of a model exist once it has seen data.
        if self.mode == "auto":
            direction = self.model.metric_direction(self.monitor.removeprefix("val_"))
            if direction is None:
                raise ValueError(
                    f"{type(self).__name__}: whether {self.monitor!r} is to be minimized or "
                    "maximized is not known; pass mode='min' or mode='max'"
                )
            self.mode = direction
        return self.mode

    def monitored(self, logs: Logs | None) -> Any:
        """Return the watched value, or None with a warning that names what there is."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            available = ", ".join(logs or {}) or "nothing"
            warnings.warn(
                f"{type(self).__name__}: {self.monitor!r} is not available; there is {available}",
                stacklevel=4,
            )
        return value
