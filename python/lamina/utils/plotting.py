"""A model's picture in a file."""

from __future__ import annotations

from os import PathLike
from typing import Any


def plot_model(
    model: Any,
    to_file: str | PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Any:
    """Draw a model's layers and save the picture; return the Axes, which notebooks show.

    to_file: the name, whose ending says the format, such as .png, .svg or .pdf. dpi: pixels an
    inch. Boxes always have names and shapes, and go from the top down: the other arguments are
    taken for Keras's sake. `lamina.plot.model` draws on Axes of yours. Raises ImportError without
    matplotlib, ValueError for a model without a graph.
    """
    from lamina import plot

    ax = plot.model(model)
    ax.figure.savefig(to_file, dpi=dpi, bbox_inches="tight")
    return ax
