"""Train a network on the bundled heart data, save it, load it, predict, and time it."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import lamina
from lamina import callbacks, datasets, layers, models, plot
from lamina.benchmark import networks
from lamina.benchmark.peers import numpy as numpy_peer
from lamina.benchmark.workloads import Training

EPOCHS, BATCH = 60, 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("lamina-demo"),
        help="folder for the model and the picture (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    lamina.utils.set_random_seed(arguments.seed)
    (x_train, y_train), (x_test, y_test) = datasets.heart.load_data(seed=arguments.seed)
    mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_test = (x_train - mean) / deviation, (x_test - mean) / deviation
    print(f"Heart disease: {len(x_train)} patients to learn from, {len(x_test)} held out.")

    model = build()
    history = model.fit(
        x_train,
        y_train,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(x_test, y_test),
        verbose=0,
        callbacks=[ProgressLine(EPOCHS)],
    )
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Held-out accuracy: {accuracy:.1%} of {len(x_test)} patients.\n")

    arguments.output.mkdir(parents=True, exist_ok=True)
    if importlib.util.find_spec("matplotlib") is None:
        print(plot.text.learning_curves(history))
    else:
        picture = arguments.output / "learning-curve.png"
        plot.learning_curves(history).figure.savefig(picture, dpi=150)
        print(f"Learning curve: {picture}")

    path = arguments.output / "heart.safetensors"
    model.save(path)
    loaded = models.load_model(path)
    probability = loaded.predict(x_test[:4], verbose=0)[:, 0]
    same = np.array_equal(probability, model.predict(x_test[:4], verbose=0)[:, 0])
    verdict = "predicts the same" if same else "PREDICTS SOMETHING ELSE"
    print(f"Saved to {path}; loaded back, the model {verdict}:")
    for p, truth in zip(probability, y_test, strict=False):
        print(f"  ill with probability {p:5.1%}, in truth {'ill' if truth else 'healthy'}")

    ours, theirs = race(x_train, y_train)
    print(
        f"\nThis training takes Lamina {ours * 1e3:.1f} ms and hand-written NumPy "
        f"{theirs * 1e3:.1f} ms: {theirs / ours:.1f} times as fast."
    )
    return 0 if same else 1


def build() -> Any:
    """Make the demo's network, compiled."""
    model = lamina.Sequential(
        [
            layers.Input((13,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


class ProgressLine(callbacks.Callback):
    """One line for the whole training, rewritten after every epoch."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        done = epoch + 1
        if not sys.stdout.isatty() and done < self.epochs:
            return
        bar = "━" * round(24 * done / self.epochs)
        numbers = "  ".join(f"{name} {value:.3f}" for name, value in (logs or {}).items())
        end = "\n" if done == self.epochs else ""
        print(f"\repoch {done}/{self.epochs} {bar:<24}  {numbers}", end=end, flush=True)


def race(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the seconds that the demo's training takes in Lamina and in NumPy, best of three."""
    model = build()
    network = networks.Network(
        (13,),
        (
            networks.Dense(16, "relu"),
            networks.Dropout(0.5),
            networks.Dense(8, "relu"),
            networks.Dense(1),  # its sigmoid is part of the loss
        ),
    )
    case = Training("demo", network, "binary_crossentropy", BATCH, len(x), EPOCHS)
    by_hand = numpy_peer.training_on(case, x, y[:, None].astype(np.float32))
    works = (
        lambda: model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0),
        by_hand,
    )
    best = [float("inf")] * 2
    for _ in range(3):
        for i, work in enumerate(works):
            begin = time.perf_counter()
            work()
            best[i] = min(best[i], time.perf_counter() - begin)
    return best[0], best[1]
