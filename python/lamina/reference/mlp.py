"""A multilayer perceptron in plain NumPy: what the compiled training step computes, readable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lamina.reference.layers import dense
from lamina.reference.losses import LOSSES
from lamina.reference.optimizers import OPTIMIZERS
from lamina.reference.registry import Array, in_dtype

# Keras 3's defaults.
SETTINGS: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "adam": {
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
    },
    "rmsprop": {
        "learning_rate": 0.001,
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-7,
        "centered": False,
    },
}


class MLP:
    """Dense layers, a loss and an optimizer, trained by back-propagation.

    weights: kernel, bias of each layer in turn; they are copied, and the computation is in their
    dtype. activations: one name a layer. loss: a name in `losses`. optimizer: "sgd", "adam" or
    "rmsprop", with `settings` in place of its defaults.
    """

    def __init__(
        self,
        weights: Sequence[Array],
        activations: Sequence[str],
        loss: str = "mean_squared_error",
        optimizer: str = "sgd",
        **settings: Any,
    ) -> None:
        self.weights = [np.array(w) for w in weights]
        self.activations = list(activations)
        self.loss = LOSSES[loss]
        self.step = OPTIMIZERS[optimizer]
        self.settings = {**SETTINGS[optimizer], **settings}
        self.learning_rate = self.settings.pop("learning_rate")
        # Every optimizer here starts from zeros, has at most three slots and returns those it uses.
        self.slots = [[np.zeros_like(w)] * 3 for w in self.weights]
        self.iterations = 0

    def predict(self, x: Array) -> Array:
        """Return the last layer's output, (samples, features) -> (samples, outputs)."""
        return self._forward(x)[-1]

    def gradients(self, x: Array, y: Array) -> tuple[float, list[Array]]:
        """Return the mean loss over the samples, and its gradient for each weight."""
        values = self._forward(x)
        loss = float(np.mean(self.loss.value(y, values[-1])))
        dy: Any = in_dtype(self.loss.gradient(y, values[-1]) / len(x), x)
        gradients: list[Any] = []
        for below, (kernel, bias), name in reversed(
            list(zip(values, self._layers(), self.activations, strict=False))
        ):
            assert dense.backward is not None
            dy, *of_weights = dense.backward(dy, below, kernel, bias, activation=name)
            gradients = [*of_weights, *gradients]
        return loss, gradients

    def train_on_batch(self, x: Array, y: Array) -> float:
        """Do one step of the optimizer; return the loss before it."""
        loss, gradients = self.gradients(x, y)
        for i, g in enumerate(gradients):
            w, slots = self.step(
                self.weights[i],
                self.slots[i],
                g,
                self.learning_rate,
                self.iterations,
                **self.settings,
            )
            self.weights[i] = in_dtype(w, g)
            self.slots[i] = [in_dtype(slot, g) for slot in slots]
        self.iterations += 1
        return loss

    def fit(
        self,
        x: Array,
        y: Array,
        epochs: int = 1,
        batch_size: int = 32,
        orders: Iterable[Array] | None = None,
    ) -> list[float]:
        """Train; return each epoch's mean loss over the samples, as they were met.

        orders: for each epoch the order in which to take the samples; None: as they come. The last
        batch may be short.
        """
        losses = []
        for order in orders if orders is not None else [np.arange(len(x))] * epochs:
            total = 0.0
            for start in range(0, len(x), batch_size):
                rows = order[start : start + batch_size]
                total += self.train_on_batch(x[rows], y[rows]) * len(rows)
            losses.append(total / len(x))
        return losses

    def _layers(self) -> list[tuple[Array, Array]]:
        return list(zip(self.weights[::2], self.weights[1::2], strict=True))

    def _forward(self, x: Array) -> list[Array]:
        """Return the input and the output of each layer."""
        values = [x]
        for (kernel, bias), name in zip(self._layers(), self.activations, strict=True):
            values.append(dense.forward(values[-1], kernel, bias, activation=name))
        return values
