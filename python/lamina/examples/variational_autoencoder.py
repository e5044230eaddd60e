"""A variational autoencoder learns to draw digits.

The encoder gives a distribution of 16 numbers for each image, a sampling layer draws from it by
reparameterization and adds its divergence from N(0, 1) to the loss, the decoder makes an image of
the draw; decoded noise then looks like digits. Data: MNIST, grey levels as probabilities of ink.
In full form the bound of the log-likelihood comes above -100 nats an image. Source: Kingma &
Welling 2013, "Auto-Encoding Variational Bayes".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lamina import datasets, layers, losses, models, ops, plot, random
from lamina.examples import AtLeast, AtMost

DATA = ("mnist",)
GOALS = {
    "bound": AtLeast(quick=-180, full=-101),
    "divergence": AtLeast(quick=2, full=15),
    "ink_of_samples_to_digits": AtMost(quick=1.5, full=1.15),
}

CODE = 16


class Sampling(layers.Layer):
    """Draw z from N(mean, exp(log_variance)); add its divergence from N(0, 1) to the loss."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = random.SeedGenerator()

    def call(self, inputs: Any) -> Any:
        mean, log_variance = inputs
        divergence = (ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0) / 2.0
        self.add_loss(ops.mean(ops.sum(divergence, axis=-1)))
        noise = random.normal(mean.shape, dtype=mean.dtype, seed=self.seed)
        return mean + ops.exp(log_variance / 2.0) * noise


def nats(image: Any, decoded: Any) -> Any:
    """Return the reconstruction's negative log-likelihood: summed, not averaged, over pixels."""
    return 784 * losses.binary_crossentropy(image, decoded)


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    (x, _), (x_test, _) = datasets.mnist.load_data()
    x, x_test = (images.reshape(-1, 784) / 255.0 for images in (x, x_test))
    if quick:
        x, x_test = x[:6000], x_test[:1000]

    image, code = layers.Input((784,)), layers.Input((CODE,))
    hidden = layers.Dense(256, "relu")(layers.Dense(512, "relu")(image))
    mean, log_variance = layers.Dense(CODE)(hidden), layers.Dense(CODE)(hidden)
    encoder = models.Model(image, [mean, log_variance])
    hidden = layers.Dense(512, "relu")(layers.Dense(256, "relu")(code))
    decoder = models.Model(code, layers.Dense(784, "sigmoid")(hidden))

    autoencoder = models.Model(image, decoder(Sampling()(encoder(image))))
    autoencoder.compile(optimizer="adam", loss=nats)
    autoencoder.fit(x, x, batch_size=128, epochs=4 if quick else 30, verbose=verbose)

    bound = -autoencoder.evaluate(x_test, x_test, verbose=0)
    mean, log_variance = encoder.predict(x_test, verbose=0)
    divergence = (np.square(mean) + np.exp(log_variance) - log_variance - 1).sum(axis=1).mean() / 2
    samples = decoder.predict(np.random.default_rng(0).normal(size=(1000, CODE)), verbose=0)
    if pictures:
        ax = plot.images(samples[:100].reshape(-1, 28, 28))
        ax.figure.savefig(pictures / "variational_autoencoder.png")
    return {
        "bound": bound,
        "divergence": divergence,
        "ink_of_samples_to_digits": samples.mean() / x_test.mean(),
    }
