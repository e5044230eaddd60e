"""A network is trained by a loop of one's own.

What `fit` does, written out: a function compiled by `lamina.function` computes the loss of a batch,
its gradients by `lamina.grad`, and applies them; Python shuffles and counts. Data: heart disease of
303 patients, of whom 61 are kept for testing; predicted is the probability of the disease.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lamina
from lamina import datasets, layers, losses, models, ops, optimizers
from lamina.examples import AtLeast

GOALS = {"test_accuracy": AtLeast(quick=0.73, full=0.77)}


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    (x_train, y_train), (x_test, y_test) = datasets.heart.load_data()
    mean, spread = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_test = (x_train - mean) / spread, (x_test - mean) / spread

    model = models.Sequential(
        [
            layers.Input((x_train.shape[1],)),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    loss_of = losses.BinaryCrossentropy()
    optimizer = optimizers.Adam(0.003)

    @lamina.function
    def step(x: Any, y: Any) -> Any:
        loss = loss_of(y, model(x, training=True))
        weights = model.trainable_variables
        optimizer.apply(lamina.grad(loss, weights), weights)
        return loss

    rng = np.random.default_rng(0)
    epochs = 10 if quick else 20
    for epoch in range(epochs):
        total = 0.0
        batches = np.array_split(rng.permutation(len(x_train)), 8)
        for rows in batches:
            total += float(step(x_train[rows], y_train[rows]))
        if verbose:
            print(f"epoch {epoch + 1} of {epochs}: loss {total / len(batches):.4f}")

    right = ops.round(ops.squeeze(model(x_test), -1)) == y_test.ravel()
    return {"test_accuracy": float(ops.mean(right))}
