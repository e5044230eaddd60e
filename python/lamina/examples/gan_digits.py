"""Two networks play against each other until one draws digits.

The generator makes an image of 64 random numbers, the discriminator tells such images from real
ones. A classifier that has learned real digits judges the made ones. Data: MNIST. In full form the
classifier is sure of its answer (above 0.9) for most of the made images, and all ten digits are
among them. Source: Goodfellow et al. 2014, "Generative Adversarial Nets".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lamina import datasets, layers, models, optimizers, plot
from lamina.examples import AtLeast
from lamina.examples.gan_mixture import GAN

DATA = ("mnist",)
GOALS = {
    "digits_found": AtLeast(quick=3, full=10),
    "sure": AtLeast(quick=None, full=0.55),
}
NOISE = 64


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    (x, y), _ = datasets.mnist.load_data()
    if quick:
        x, y = x[:6000], y[:6000]
    x = x.reshape(-1, 784) / 127.5 - 1

    gan = GAN(
        models.Sequential(
            [
                layers.Input((NOISE,)),
                layers.Dense(128),
                layers.LeakyReLU(0.2),
                layers.Dense(256),
                layers.LeakyReLU(0.2),
                layers.Dense(784, "tanh"),
            ]
        ),
        models.Sequential(
            [
                layers.Input((784,)),
                layers.Dense(256),
                layers.LeakyReLU(0.2),
                layers.Dropout(0.3),
                layers.Dense(128),
                layers.LeakyReLU(0.2),
                layers.Dropout(0.3),
                layers.Dense(1),
            ]
        ),
        NOISE,
    )
    gan.compile(optimizers.Adam(5e-4, beta_1=0.5), optimizers.Adam(5e-4, beta_1=0.5))
    gan.fit(x, batch_size=64 if quick else 128, epochs=3 if quick else 25, verbose=verbose)

    classifier = models.Sequential(
        [layers.Input((784,)), layers.Dense(128, "relu"), layers.Dense(10, "softmax")]
    )
    classifier.compile("adam", "sparse_categorical_crossentropy")
    classifier.fit(x, y, epochs=2 if quick else 5, verbose=verbose)
    made = gan.generate(2000).numpy()
    probability = classifier.predict(made, verbose=0)
    counts = np.bincount(probability.argmax(axis=1), minlength=10)
    if pictures:
        plot.images(made[:100].reshape(-1, 28, 28)).figure.savefig(pictures / "gan_digits.png")
    return {
        "digits_found": float((counts >= 20).sum()),  # 1 % of the images
        "sure": (probability.max(axis=1) > 0.9).mean(),
    }
