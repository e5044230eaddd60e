"""Four ways to go down a gradient of all data at once, from plain descent to Rprop.

With `batch_size=len(x)` every epoch is one step along the exact gradient. Plain descent, momentum,
Manhattan propagation (a fixed step by the gradient's sign) and resilient propagation (a step of its
own for each weight) start from the same weights. Data: heart, bundled. In full form, 200 steps,
Rprop has learned the data by heart while plain descent has hardly begun.
"""

from __future__ import annotations

from pathlib import Path

from lamina import datasets, layers, models, optimizers, plot
from lamina.examples import AtMost

GOALS = {
    "plain": AtMost(quick=0.6, full=0.45),
    "momentum_to_plain": AtMost(quick=0.95, full=0.4),
    "manhattan_to_plain": AtMost(quick=1.1, full=0.6),
    "rprop_to_plain": AtMost(quick=0.3, full=0.001),
}


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    (x, y), _ = datasets.heart.load_data()
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    model = models.Sequential(
        [layers.Input((13,)), layers.Dense(32, "tanh"), layers.Dense(1, "sigmoid")]
    )
    start = model.get_weights()
    ways = {
        "plain": optimizers.SGD(0.1),
        "momentum": optimizers.SGD(0.1, momentum=0.9),
        "manhattan": optimizers.Manhattan(0.002),
        "rprop": optimizers.Rprop(),
    }
    end = {}
    ax = None
    for name, optimizer in ways.items():
        model.set_weights(start)
        model.compile(optimizer=optimizer, loss="binary_crossentropy")
        steps = 30 if quick else 200
        history = model.fit(x, y, batch_size=len(x), epochs=steps, verbose=verbose)
        end[name] = history.history["loss"][-1]
        if pictures:
            ax = plot.learning_curves(history, label=name, ax=ax)
    if ax is not None and pictures:
        ax.figure.savefig(pictures / "full_batch.png")
    plain = end.pop("plain")
    return {"plain": plain} | {f"{name}_to_plain": loss / plain for name, loss in end.items()}
