"""An autoencoder squeezes digits into 32 numbers and unfolds them again.

784-128-32-128-784; the same network, given noisy digits, learns to clean them. Compared with the
best linear map through 32 numbers (principal components). Data: MNIST. In full form the error on
test images is little more than a third of that of principal components, and the network takes away
more than nine tenths of the noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lamina import datasets, layers, models, plot
from lamina.examples import AtLeast, AtMost

DATA = ("mnist",)
GOALS = {
    "error": AtMost(quick=0.05, full=0.007),
    "error_to_principal_components": AtMost(quick=None, full=0.4),
    "noise_removed": AtLeast(quick=0.7, full=0.92),
}

CODE, NOISE = 32, 0.5


def build() -> models.Sequential:
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(CODE, name="code"),
            layers.Dense(128, activation="relu"),
            layers.Dense(784, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    (x_train, _), (x_test, _) = datasets.mnist.load_data()
    x_train, x_test = (
        x.reshape(-1, 784).astype("float32") / 255
        for x in (x_train[: 6000 if quick else None], x_test)
    )
    epochs = 3 if quick else 30

    model = build()
    model.fit(x_train, x_train, batch_size=128, epochs=epochs, verbose=verbose)
    decoded = model.predict(x_test, verbose=0)

    rng = np.random.default_rng(0)
    noisy_train, noisy_test = (
        (x + NOISE * rng.normal(size=x.shape)).astype("float32") for x in (x_train, x_test)
    )
    cleaner = build()
    cleaner.fit(noisy_train, x_train, batch_size=128, epochs=epochs, verbose=verbose)
    cleaned = cleaner.predict(noisy_test, verbose=0)

    if pictures:
        rows = np.concatenate([x_test[:10], decoded[:10], noisy_test[:10], cleaned[:10]])
        ax = plot.images(rows.clip(0, 1).reshape(-1, 28, 28), columns=10)
        ax.set_title("digits, decoded; noisy, cleaned", fontsize=8)
        ax.figure.savefig(pictures / "autoencoder.png")
    error = np.square(decoded - x_test).mean()
    return {
        "error": error,
        "error_to_principal_components": error / principal_error(x_train, x_test),
        "noise_removed": 1
        - np.square(cleaned - x_test).mean() / np.square(noisy_test - x_test).mean(),
    }


def principal_error(x_train: Any, x_test: Any) -> float:
    """Return the mean squared error of the best linear map through so many numbers."""
    mean = x_train.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(x_train.T))  # by variance, ascending
    centered, main = x_test - mean, axes[:, -CODE:]
    return float(np.square(centered - centered @ main @ main.T).mean())
