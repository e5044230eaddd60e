"""Stop when the loss is lost."""

from __future__ import annotations

import math

from lamina.callbacks.base import Callback, Logs


class TerminateOnNaN(Callback):
    """Stop training after the batch whose loss is NaN or infinite.

    raise_error: raise RuntimeError instead, so that no callback's `on_train_end` runs.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss is {loss} after batch {batch}")
        print(f"Batch {batch}: invalid loss {loss}, terminating training")
        self.model.stop_training = True
