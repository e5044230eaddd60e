"""Two networks play against each other until one draws points from a ring of eight clusters.

The generator turns noise into points, the discriminator tells them from real ones; each has its own
optimizer, and one traced step trains both. Data: drawn here, eight Gaussians with deviation 0.1 on
a circle of radius 2. In full form all eight clusters are found, and nineteen points in twenty
lie within three deviations of one. Source: Goodfellow et al. 2014, "Generative Adversarial Nets".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import lamina
from lamina import layers, losses, models, ops, optimizers, random
from lamina.examples import AtLeast

GOALS = {
    "clusters_found": AtLeast(quick=4, full=8),
    "points_in_clusters": AtLeast(quick=0.25, full=0.9),
}

NOISE, CLUSTERS, DEVIATION = 8, 8, 0.1
judge = losses.BinaryCrossentropy(from_logits=True)


class GAN(models.Model):
    """A generator from noise to data, and a discriminator from data to one logit."""

    def __init__(self, generator: models.Model, discriminator: models.Model, noise: int) -> None:
        super().__init__()
        self.generator, self.discriminator, self.noise = generator, discriminator, noise
        self.seed = random.SeedGenerator()

    def compile(self, generator_optimizer: Any, discriminator_optimizer: Any) -> None:  # type: ignore[override]
        super().compile()
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer

    def generate(self, count: int, training: bool = False) -> Any:
        return self.generator(random.normal((count, self.noise), seed=self.seed), training=training)

    def train_step(self, real: Any) -> dict[str, Any]:
        rows = real.shape[0]

        made = ops.stop_gradient(self.generate(rows, training=True))
        verdict = self.discriminator(ops.concatenate([real, made]), training=True)
        truth = ops.concatenate([ops.ones((rows, 1)), ops.zeros((rows, 1))])
        discriminator_loss = judge(truth, verdict)
        weights = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(lamina.grad(discriminator_loss, weights), weights)

        verdict = self.discriminator(self.generate(rows, training=True), training=True)
        generator_loss = judge(ops.ones((rows, 1)), verdict)
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(lamina.grad(generator_loss, weights), weights)
        return {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}


def run(quick: bool = False, verbose: int = 0, pictures: Path | None = None) -> dict[str, float]:
    rng = np.random.default_rng(0)
    angles = 2 * np.pi * np.arange(CLUSTERS) / CLUSTERS
    centers = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = centers[rng.integers(0, CLUSTERS, 25600)] + DEVIATION * rng.normal(size=(25600, 2))

    gan = GAN(
        models.Sequential(
            [
                layers.Input((NOISE,)),
                layers.Dense(128, "relu"),
                layers.Dense(128, "relu"),
                layers.Dense(2),
            ]
        ),
        models.Sequential(
            [
                layers.Input((2,)),
                layers.Dense(128, "relu"),
                layers.Dense(128, "relu"),
                layers.Dense(1),
            ]
        ),
        NOISE,
    )
    gan.compile(optimizers.Adam(1e-3, beta_1=0.5), optimizers.Adam(1e-3, beta_1=0.5))
    gan.fit(points, batch_size=256, epochs=10 if quick else 100, verbose=verbose)

    made = gan.generate(4000).numpy()
    distances = np.linalg.norm(made[:, None] - centers, axis=-1)
    near = distances.min(axis=1) < 3 * DEVIATION
    counts = np.bincount(distances[near].argmin(axis=1), minlength=CLUSTERS)
    if pictures:
        from matplotlib import pyplot

        figure, ax = pyplot.subplots(figsize=(4, 4), layout="constrained")
        ax.scatter(*points[:2000].T, s=2, label="real")
        ax.scatter(*made[:2000].T, s=2, label="made")
        ax.legend()
        figure.savefig(pictures / "gan_mixture.png")
    return {
        "clusters_found": float((counts > 40).sum()),  # 1 % of the points
        "points_in_clusters": near.mean(),
    }
