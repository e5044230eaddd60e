"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina.callbacks.base import Callback


class LambdaCallback(Callback):
    """Call functions at hooks, given by the hooks' names.

    Functions of `on_epoch_*` take (epoch, logs), those of `on_*_batch_*` (batch, logs), others
    (logs).
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **hooks: Callable[..., Any],
    ) -> None:
        super().__init__()
        hooks.update(
            (name, function)
            for name, function in (
                ("on_epoch_begin", on_epoch_begin),
                ("on_epoch_end", on_epoch_end),
                ("on_train_begin", on_train_begin),
                ("on_train_end", on_train_end),
                ("on_train_batch_begin", on_train_batch_begin),
                ("on_train_batch_end", on_train_batch_end),
            )
            if function is not None
        )
        for name, function in hooks.items():
            if not (name.startswith("on_") and hasattr(Callback, name)):
                known = ", ".join(hook for hook in dir(Callback) if hook.startswith("on_"))
                raise ValueError(f"LambdaCallback: unknown hook {name!r}; known are {known}")
            if not callable(function):
                raise TypeError(f"LambdaCallback: {name} is no function: {function!r}")
            setattr(self, name, function)
