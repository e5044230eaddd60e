"""A network shows what it takes for each digit: gradients climb from noise to images.

Deep dreaming: a trained network stays as it is, and the image is what is learnt, by steps along the
gradient of the digit's log-probability with respect to the pixels, minus penalties on ink and
roughness. Another network, which took no part, says what it sees in the images. Data: MNIST. It
draws the ten images.
Source: Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import lamina
from lamina import datasets, layers, models, ops
from lamina.examples import AtLeast

DATA = ("mnist",)
GOALS = {
    "dreamt": AtLeast(quick=0.6, full=0.7),  # probability of the digit, by the dreaming network
    "recognised": AtLeast(quick=0.7, full=0.9),  # share of the images, by the other one
}
INK, ROUGHNESS, RATE = 0.02, 0.2, 0.05


def reader(x: Any, y: Any, epochs: int, verbose: int) -> models.Model:
    """Return a network that reads digits."""
    model = models.Sequential(
        [
            layers.Input((28, 28)),
            layers.Flatten(),
            layers.GaussianNoise(0.3),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )
    loss = lamina.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=128, epochs=epochs, verbose=verbose)
    return model


def dream(model: models.Model, digits: Any, steps: int) -> Any:
    """Return an image for each digit, from noise by climbing."""

    @lamina.function
    def slope(images: Any) -> Any:
        scores = ops.log_softmax(model(images))
        liking = ops.sum(scores * ops.one_hot(digits, 10))
        rough = ops.sum(ops.square(images[:, 1:] - images[:, :-1]))
        rough = rough + ops.sum(ops.square(images[:, :, 1:] - images[:, :, :-1]))
        return lamina.grad(liking - INK * ops.sum(images) - ROUGHNESS * rough, images)

    images = np.random.default_rng(0).uniform(0, 0.3, (len(digits), 28, 28)).astype("float32")
    for _ in range(steps):
        images = np.clip(images + RATE * slope(images).numpy(), 0, 1)
    return images


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    (x, y), _ = datasets.mnist.load_data()
    x, y = (x[:10000], y[:10000]) if quick else (x, y)
    x = x / 255.0
    epochs = 3 if quick else 5
    dreamer, other = (reader(x[i::2], y[i::2], epochs, verbose) for i in (0, 1))

    digits = np.arange(10)
    images = dream(dreamer, digits, steps=100 if quick else 300)
    if pictures is not None:
        from lamina import plot

        plot.images(images, columns=5).figure.savefig(pictures / "dreaming.png")
    likings = np.asarray(ops.softmax(dreamer(images)))[digits, digits]
    seen = np.argmax(other(images), axis=1)
    return {"dreamt": float(likings.mean()), "recognised": float(np.mean(seen == digits))}
