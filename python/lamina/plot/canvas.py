"""Where pictures are drawn: the user's Axes or new ones."""

from __future__ import annotations

from typing import Any


def axes(ax: Any = None, size: tuple[float, float] = (6.0, 4.0)) -> Any:
    """Return the Axes given, else those of a new figure of `size` inches."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "lamina.plot needs matplotlib: pip install matplotlib, or 'lamina[plot]'"
        ) from error
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def plain(ax: Any) -> None:
    """Take away the frame and the ticks of an Axes that shows things, not numbers."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
