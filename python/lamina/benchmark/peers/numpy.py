"""NumPy by hand: the fastest way known to write each case in plain NumPy.

Work arrays are kept and written in place, and Adam runs over all weights as one flat vector.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lamina.benchmark.networks import Array, Dense, Dropout, Network
from lamina.benchmark.peers import Unsupported, Work
from lamina.benchmark.workloads import Prediction, Product, Step, Training

Loss = Callable[[Array, Array], tuple[float, Array]]  # (outputs, labels) -> mean, gradient


def setup(threads: int) -> None:
    """Nothing to do: its BLAS read the number of threads from the environment."""


def version() -> str:
    return f"NumPy {np.__version__}"


def product(case: Product) -> Work:
    a, b = case.data()
    left, right = (a.T if case.layout[0] == "t" else a), (b.T if case.layout[1] == "t" else b)
    return lambda: np.matmul(left, right)


def step(case: Step) -> Work:
    x, kernel, bias, dy = case.data()
    y, dz = np.empty_like(dy), np.empty_like(dy)
    dx, dkernel = np.empty_like(x), np.empty_like(kernel)

    def forward() -> Array:
        np.matmul(x, kernel, out=y)
        np.add(y, bias, out=y)
        return np.maximum(y, 0, out=y)

    def backward() -> tuple[Array, Array, Array]:
        np.multiply(dy, forward() > 0, out=dz)
        return np.matmul(dz, kernel.T, out=dx), np.matmul(x.T, dz, out=dkernel), dz.sum(axis=0)

    return backward if case.backward else forward


class Mlp:
    """A network of dense and dropout layers with its gradient and Adam's state."""

    def __init__(self, network: Network) -> None:
        if not all(isinstance(layer, Dense | Dropout) for layer in network.layers):
            raise Unsupported("only dense layers are written by hand")
        self.layers = network.layers
        shapes = [weight.shape for layer in network.weights() for weight in layer]
        self.start = np.concatenate([w.ravel() for layer in network.weights() for w in layer])
        self.flat, self.gradient = self.start.copy(), np.zeros_like(self.start)
        self.m, self.v = np.zeros_like(self.start), np.zeros_like(self.start)
        self.scratch = np.empty_like(self.start)
        self.kernels, self.biases = self._views(self.flat, shapes)
        self.dkernels, self.dbiases = self._views(self.gradient, shapes)
        self.generator = np.random.default_rng(0)
        self.steps = 0

    @staticmethod
    def _views(flat: Array, shapes: list[tuple[int, ...]]) -> tuple[list[Array], list[Array]]:
        offsets = np.cumsum([0] + [int(np.prod(shape)) for shape in shapes])
        views = [
            flat[offset : offset + int(np.prod(shape))].reshape(shape)
            for offset, shape in zip(offsets[:-1], shapes, strict=True)
        ]
        return views[::2], views[1::2]

    def reset(self) -> None:
        """Go back to the starting weights."""
        self.flat[:], self.steps = self.start, 0
        self.m[:] = self.v[:] = 0

    def forward(self, x: Array) -> Array:
        """Return the outputs for rows x, without dropout."""
        dense = iter(zip(self.kernels, self.biases, strict=True))
        for layer in self.layers:
            if isinstance(layer, Dense):
                kernel, bias = next(dense)
                x = x @ kernel
                x += bias
                if layer.activation == "relu":
                    np.maximum(x, 0, out=x)
        return x

    def train(self, x: Array, y: Array, loss: Loss) -> float:
        """Leave the gradient of the mean loss over rows x in `gradient`, return the loss."""
        values: list[Array] = [x]
        masks: list[Array] = []
        index = 0
        for layer in self.layers:
            if isinstance(layer, Dense):
                z = values[-1] @ self.kernels[index]
                z += self.biases[index]
                if layer.activation == "relu":
                    np.maximum(z, 0, out=z)
                values.append(z)
                index += 1
            elif isinstance(layer, Dropout):
                keep = np.float32(1 / (1 - layer.rate))
                mask = self.generator.random(values[-1].shape, np.float32) >= layer.rate
                masks.append(mask * keep)
                values.append(values[-1] * masks[-1])
        value, dy = loss(values[-1], y)
        for depth in reversed(range(len(self.layers))):
            layer = self.layers[depth]
            if isinstance(layer, Dropout):
                dy *= masks.pop()
            elif isinstance(layer, Dense):
                index -= 1
                if layer.activation == "relu":
                    dy *= values[depth + 1] > 0
                np.matmul(values[depth].T, dy, out=self.dkernels[index])
                dy.sum(axis=0, out=self.dbiases[index])
                if index:
                    dy = dy @ self.kernels[index].T
        return value

    def adam(self, rate: float) -> None:
        """Take one step of Adam (Kingma & Ba, arXiv:1412.6980) with its usual coefficients."""
        self.steps += 1
        np.subtract(self.gradient, self.m, out=self.scratch)
        self.scratch *= np.float32(0.1)
        self.m += self.scratch
        np.multiply(self.gradient, self.gradient, out=self.scratch)
        self.scratch -= self.v
        self.scratch *= np.float32(0.001)
        self.v += self.scratch
        np.sqrt(self.v, out=self.scratch)
        self.scratch += np.float32(1e-7)
        np.divide(self.m, self.scratch, out=self.scratch)
        self.scratch *= np.float32(rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps))
        self.flat -= self.scratch


def mse(z: Array, y: Array) -> tuple[float, Array]:
    error = z - y
    return float(np.vdot(error, error)) / error.size, error * np.float32(2 / error.size)


def mae(z: Array, y: Array) -> tuple[float, Array]:
    error = z - y
    return float(np.abs(error).mean()), np.sign(error) / np.float32(error.size)


def sparse_categorical_crossentropy(z: Array, y: Array) -> tuple[float, Array]:
    rows = np.arange(len(z))
    z -= z.max(axis=1, keepdims=True)
    picked = z[rows, y]
    np.exp(z, out=z)
    total = z.sum(axis=1, keepdims=True)
    z /= total
    z[rows, y] -= 1
    z /= np.float32(len(z))
    return float((np.log(total[:, 0]) - picked).mean()), z


def binary_crossentropy(z: Array, y: Array) -> tuple[float, Array]:
    value = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return float(value.mean()), (1 / (1 + np.exp(-z)) - y) / np.float32(z.size)


LOSSES = {f.__name__: f for f in (mse, mae, sparse_categorical_crossentropy, binary_crossentropy)}


def training(case: Training) -> Work:
    return training_on(case, *case.data())


def training_on(case: Training, x: Array, y: Array) -> Work:
    """Return the work of a training case on rows of one's own."""
    model, loss = Mlp(case.network), LOSSES[case.loss]

    def run() -> float:
        model.reset()
        total = 0.0
        for _ in range(case.epochs):
            total = 0.0
            order = model.generator.permutation(case.rows)
            for begin in range(0, case.rows, case.batch):
                rows = order[begin : begin + case.batch]
                total += len(rows) * model.train(x[rows], y[rows], loss)
                model.adam(case.learning_rate)
        return total / case.rows

    return run


def prediction(case: Prediction) -> Work:
    x, model = case.data(), Mlp(case.network)
    return lambda: model.forward(x)
