"""A network learns a few digits by heart; dropout, a penalty and stopping in time help.

The same network, 784-512-512-10, learns 1,000 digits: as it is; with dropout; with an L2 penalty;
stopped where the loss on held-out digits was least. The plain one's held-out loss falls, and then
rises again. Data: MNIST. In full form it rises by a third, and the remedies end lower.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamina import callbacks, datasets, layers, models, plot, regularizers
from lamina.examples import AtLeast, AtMost

DATA = ("mnist",)
GOALS = {
    "plain_rise": AtLeast(quick=1.02, full=1.25),
    "dropout_to_plain": AtMost(quick=1.0, full=0.95),
    "penalty_to_plain": AtMost(quick=None, full=0.9),
    "stopping_to_plain": AtMost(quick=1.0, full=0.8),
}
LOSS = "sparse_categorical_crossentropy"


def build(dropout: float = 0.0, penalty: float = 0.0) -> models.Sequential:
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dropout(0.6 * dropout),
            layers.Dense(512, "relu", kernel_regularizer=regularizers.L2(penalty)),
            layers.Dropout(dropout),
            layers.Dense(512, "relu", kernel_regularizer=regularizers.L2(penalty)),
            layers.Dropout(dropout),
            layers.Dense(10, "softmax"),
        ]
    )
    # As a metric, too: there without the penalty, so that the four can be compared.
    model.compile(optimizer="adam", loss=LOSS, metrics=[LOSS])
    return model


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    (x, y), (x_test, y_test) = datasets.mnist.load_data()
    x, y = x[:1000].reshape(-1, 784) / 255.0, y[:1000]
    x_test, y_test = x_test[:2000].reshape(-1, 784) / 255.0, y_test[:2000]
    stopping = callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    trainings: dict[str, tuple[models.Sequential, list[Any]]] = {
        "plain": (build(), []),
        "dropout": (build(dropout=0.5), []),
        "penalty": (build(penalty=1e-3), []),
        "stopping": (build(), [stopping]),
    }
    held_out, best = {}, {}
    ax = None
    for name, (model, watchers) in trainings.items():
        history = model.fit(
            x,
            y,
            batch_size=50,
            epochs=10 if quick else 60,
            validation_data=(x_test, y_test),
            callbacks=watchers,
            verbose=verbose,
        )
        best[name] = min(history.history[f"val_{LOSS}"])
        _, held_out[name] = model.evaluate(x_test, y_test, verbose=0)
        if pictures:
            ax = plot.learning_curves(history, LOSS, name, ax)
    if ax is not None and pictures:
        ax.set_ylim(0, 1)
        ax.figure.savefig(pictures / "overfitting.png")
    plain = held_out["plain"]
    ratios = {f"{name}_to_plain": held_out[name] / plain for name in list(trainings)[1:]}
    return {"plain_rise": plain / best["plain"], **ratios}
