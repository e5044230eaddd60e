"""What a network learnt about the digits 0 to 4 helps it to read 5 to 9 from few examples.

Transfer learning: a network learns 0 to 4 from 30,000 images. It is cut at a layer, frozen, and
gets a new head, which learns 5 to 9 from five images of each; then all is fine-tuned at a small
rate. A network of the same shape that starts from nothing is the yardstick. Data: MNIST.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import datasets, layers, models, optimizers
from lamina.examples import AtLeast

DATA = ("mnist",)
GOALS = {
    "frozen": AtLeast(quick=0.55, full=0.65),
    "fine_tuned": AtLeast(quick=0.62, full=0.68),
    "gain": AtLeast(quick=0.02, full=0.05),  # of what is fine-tuned over what starts from nothing
}
FEW = 5  # images of each new digit


def network() -> models.Model:
    """Return a network for five classes, whose layer "features" is worth keeping."""
    return models.Sequential(
        [
            layers.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(256, activation="relu", name="features"),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )


def learn(
    model: models.Model, x: Any, y: Any, epochs: int, verbose: int, rate: float = 1e-3
) -> None:
    """Train a model anew: what is frozen now stays as it is."""
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, verbose=verbose)


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data()
    x_train, x_test = x_train / 255.0, x_test / 255.0
    old, new = y_train < 5, np.flatnonzero(y_train >= 5)
    few = np.concatenate([new[y_train[new] == digit][:FEW] for digit in range(5, 10)])
    x_few, y_few = x_train[few], y_train[few] - 5
    x_new, y_new = x_test[y_test >= 5], y_test[y_test >= 5] - 5

    base = network()
    learn(base, x_train[old], y_train[old], epochs=1 if quick else 5, verbose=verbose)

    # Cut behind the features, freeze them, and put a new head on them.
    body = models.Model(base.inputs, base.get_layer("features").output)
    body.trainable = False
    model = models.Sequential([body, layers.Dense(5, activation="softmax")])
    learn(model, x_few, y_few, epochs=60, verbose=verbose)
    frozen = model.evaluate(x_new, y_new, verbose=0)[1]

    body.trainable = True
    learn(model, x_few, y_few, epochs=30, verbose=verbose, rate=1e-4)
    tuned = model.evaluate(x_new, y_new, verbose=0)[1]

    fresh = network()
    learn(fresh, x_few, y_few, epochs=90, verbose=verbose)
    scratch = fresh.evaluate(x_new, y_new, verbose=0)[1]
    return {
        "frozen": frozen,
        "fine_tuned": tuned,
        "from_nothing": scratch,
        "gain": tuned - scratch,
    }
