"""Learning curves: a picture where matplotlib is installed, characters otherwise."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

MARKS = "*o+x"


def draw(curves: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw losses over epochs: a picture file where matplotlib is installed, else characters."""
    if importlib.util.find_spec("matplotlib") is None:
        print(text_plot(curves))
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="loss")
    for name, values in curves.items():
        axes.plot(range(1, len(values) + 1), values, label=name)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    print(f"Learning curve: {path}")


def text_plot(curves: Mapping[str, Sequence[float]], width: int = 60, height: int = 12) -> str:
    """Plot curves of equal length with characters."""
    top = max(max(values) for values in curves.values())
    bottom = min(min(values) for values in curves.values())
    rows = [[" "] * width for _ in range(height)]
    for mark, values in zip(MARKS, curves.values(), strict=False):
        for column in range(width):
            value = values[column * (len(values) - 1) // (width - 1)]
            row = round((top - value) / ((top - bottom) or 1) * (height - 1))
            rows[row][column] = mark
    labels = {0: f"{top:.3f}", height - 1: f"{bottom:.3f}"}
    lines = [f"{labels.get(i, ''):>8} |{''.join(row)}".rstrip() for i, row in enumerate(rows)]
    names = ", ".join(f"{mark} {name}" for mark, name in zip(MARKS, curves, strict=False))
    epochs = f"{len(next(iter(curves.values())))} epochs"
    lines.append(" " * 9 + "+" + "-" * width)
    lines.append(" " * 10 + f"loss: {names}".ljust(width - len(epochs)) + epochs)
    return "\n".join(lines)
