"""Learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamina.plot.canvas import axes


def learning_curves(history: Any, metric: str = "loss", label: str = "", ax: Any = None) -> Any:
    """Draw a metric over the epochs, and in a dashed line what it was on held-out data.

    history: what `fit` returned, or its `history`, a dict from names to values epoch by epoch.
    label: what to call these curves; several trainings drawn on one Axes can be compared.
    Raises ValueError for a metric that was not recorded.
    """
    curves: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    if metric not in curves:
        raise ValueError(
            f"learning_curves: no metric {metric!r} in the history; there are {list(curves)}"
        )
    ax = axes(ax)
    name = label or metric
    epochs = range(1, len(curves[metric]) + 1)
    (line,) = ax.plot(epochs, curves[metric], label=name)
    held_out = curves.get(f"val_{metric}")
    if held_out is not None:
        # With validation_freq, every n-th epoch was validated, the last of them at the end.
        every = len(epochs) // max(len(held_out), 1) or 1
        at = [every * (i + 1) for i in range(len(held_out))]
        ax.plot(at, held_out, "--", color=line.get_color(), label=f"{name}, held out")
    ax.set(xlabel="epoch", ylabel=metric)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax
