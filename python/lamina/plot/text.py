"""Learning curves of characters, for where there is no matplotlib."""

from __future__ import annotations

from typing import Any

MARKS = "*o"


def learning_curves(history: Any, metric: str = "loss", width: int = 60, height: int = 12) -> str:
    """Return a metric over the epochs, and what it was on held-out data, as lines of text."""
    logs = getattr(history, "history", history)
    known = {metric: "training", f"val_{metric}": "held out"}
    curves = {word: logs[name] for name, word in known.items() if name in logs}
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
    names = ", ".join(f"{mark} {word}" for mark, word in zip(MARKS, curves, strict=False))
    epochs = f"{len(logs[metric])} epochs"
    lines.append(" " * 9 + "+" + "-" * width)
    lines.append(" " * 10 + f"{metric}: {names}".ljust(width - len(epochs)) + epochs)
    return "\n".join(lines)
