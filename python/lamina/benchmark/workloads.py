"""What is measured: products, single layers, training and prediction, as one list of records.

Every peer does the same work from a record: data and starting weights follow from its shapes and a
fixed seed. `flops` is the least arithmetic it takes, two operations a multiply-add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lamina.benchmark.networks import (
    GRU,
    LSTM,
    Array,
    BatchNormalization,
    Bidirectional,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    Network,
    mlp,
)


@dataclass(frozen=True)
class Product:
    """`a @ b` with a (m, k) and b (k, n); `layout` tells transposed operands, as in "nt"."""

    kind: ClassVar[str] = "product"
    m: int
    k: int
    n: int
    layout: str = "nn"

    @property
    def name(self) -> str:
        return f"{self.m}x{self.k}x{self.n} {self.layout}"

    @property
    def flops(self) -> float:
        return 2.0 * self.m * self.k * self.n

    def data(self) -> tuple[Array, Array]:
        """Return the operands as they lie in memory: a (k, m) or b (n, k) where transposed."""
        generator = np.random.default_rng(0)
        shapes = zip(self.layout, ((self.m, self.k), (self.k, self.n)), strict=True)
        a, b = (
            generator.standard_normal(shape[::-1] if flag == "t" else shape, np.float32)
            for flag, shape in shapes
        )
        return a, b


@dataclass(frozen=True)
class Step:
    """One dense layer with relu: its output, or on from there to the gradients of all it takes."""

    kind: ClassVar[str] = "step"
    rows: int
    features: int
    units: int
    backward: bool

    @property
    def name(self) -> str:
        way = "forward+backward" if self.backward else "forward"
        return f"{way} {self.rows}x{self.features}x{self.units}"

    @property
    def flops(self) -> float:
        return (6.0 if self.backward else 2.0) * self.rows * self.features * self.units

    def data(self) -> tuple[Array, Array, Array, Array]:
        """Return x (rows, features), kernel (features, units), bias (units,), dy (rows, units)."""
        generator = np.random.default_rng(0)
        rows, features, units = self.rows, self.features, self.units
        shapes = ((rows, features), (features, units), (units,), (rows, units))
        x, kernel, bias, dy = (generator.standard_normal(shape, np.float32) for shape in shapes)
        return x, kernel, bias, dy


@dataclass(frozen=True)
class Training:
    """Train with Adam on shuffled batches, `epochs` times over all `rows`."""

    kind: ClassVar[str] = "training"
    name: str
    network: Network
    loss: str  # "mse", "mae" or "sparse_categorical_crossentropy" (on logits)
    batch: int
    rows: int
    epochs: int = 1
    learning_rate: float = 1e-3

    @property
    def flops(self) -> float:
        """Count forward, weight gradients, and input gradients behind the first layer."""
        counts = self.network.multiply_adds()
        first = next(count for count in counts if count)
        return 2.0 * self.rows * self.epochs * (3 * sum(counts) - first)

    def data(self) -> tuple[Array, Array]:
        """Return normal rows and what a random linear teacher, a little noisy, says of them."""
        generator = np.random.default_rng(0)
        x = generator.standard_normal((self.rows, *self.network.input_shape), np.float32)
        flat = x.reshape(self.rows, -1)
        shape = (flat.shape[1], *self.network.output_shape)
        teacher = generator.standard_normal(shape, np.float32) / np.float32(math.sqrt(shape[0]))
        answer = flat @ teacher
        answer += 0.1 * generator.standard_normal(answer.shape, np.float32)
        if self.loss == "sparse_categorical_crossentropy":
            return x, answer.argmax(axis=1).astype(np.int32)
        return x, answer


WAYS = ("call", "predict")


@dataclass(frozen=True)
class Prediction:
    """Predict `rows` rows in one call: of the model or, where a library has it, of `predict`."""

    kind: ClassVar[str] = "prediction"
    title: str
    network: Network
    rows: int
    way: str = "call"

    @property
    def name(self) -> str:
        return f"{self.title}_{self.rows} {self.way}"

    @property
    def flops(self) -> float:
        return 2.0 * self.rows * sum(self.network.multiply_adds())

    def data(self) -> Array:
        generator = np.random.default_rng(0)
        return generator.random((self.rows, *self.network.input_shape), np.float32)


Case = Product | Step | Training | Prediction

CROSSENTROPY = "sparse_categorical_crossentropy"
MNIST = Network((784,), (Dense(128, "relu"), Dropout(0.2), Dense(10)))
CNN = Network(
    (28, 28, 1),
    (
        *(Conv2D(32, 3), MaxPooling2D(2)),
        *(Conv2D(64, 3), MaxPooling2D(2)),
        *(Flatten(), Dropout(0.5), Dense(10)),
    ),
)
SIZES = (
    *((1, 784, 128), (32, 784, 128), (128, 784, 128), (128, 13, 256), (128, 256, 128)),
    *((128, 128, 64), (32, 16, 32), (256, 784, 1024)),
    *((size, size, size) for size in (256, 512, 1024, 2048)),
)


def _image(layer: Layer) -> Network:
    """Put one layer between small images of 16 channels and a classifier."""
    return Network((14, 14, 16), (layer, Flatten(), Dense(10)))


LAYERS = ((32, 784, 128), (128, 256, 128), (256, 1024, 1024))

SECTIONS: dict[str, tuple[Case, ...]] = {
    "matrix products": tuple(
        Product(*size, layout) for size in SIZES for layout in ("nn", "nt", "tn", "tt")
    ),
    "one dense layer": tuple(Step(*size, way) for size in LAYERS for way in (False, True)),
    "training": (
        Training("celsius", mlp(1, 1), "mse", 32, 7, epochs=500, learning_rate=0.1),
        Training("heart", mlp(13, 256, 128, 64, 1), "mae", 128, 303, epochs=50),
        Training("small_b32", mlp(16, 32, 32, 1), "mse", 32, 20000),
        Training("mnist_b32", MNIST, CROSSENTROPY, 32, 60000),
        Training("mnist_b128", MNIST, CROSSENTROPY, 128, 60000),
        Training("wide_b256", mlp(784, 1024, 1024, 10), CROSSENTROPY, 256, 25600),
        Training("cnn_b128", CNN, CROSSENTROPY, 128, 5120),
        Training("cnn_b32", CNN, CROSSENTROPY, 32, 2560),
        Training("lstm_b32", Network((50, 8), (LSTM(64), Dense(1))), "mse", 32, 2048),
        Training("lstm_b128", Network((50, 16), (LSTM(128), Dense(1))), "mse", 128, 2048),
    ),
    "one layer, trained": (
        Training("gru_b32", Network((50, 8), (GRU(64), Dense(1))), "mse", 32, 2048),
        Training(
            "bidirectional_b32", Network((50, 8), (Bidirectional(32), Dense(1))), "mse", 32, 2048
        ),
        Training("depthwise_b32", _image(DepthwiseConv2D(3)), CROSSENTROPY, 32, 1024),
        Training("transpose_b32", _image(Conv2DTranspose(16, 3, 2)), CROSSENTROPY, 32, 1024),
        Training("batchnorm_b32", _image(BatchNormalization()), CROSSENTROPY, 32, 1024),
    ),
    "prediction": (
        *(Prediction("mlp", MNIST, rows, way) for rows in (1, 64, 10000) for way in WAYS),
        *(Prediction("cnn", CNN, rows, way) for rows in (1, 256) for way in WAYS),
    ),
}

QUICK = {
    *("32x784x128 nn", "128x784x128 tn", "256x256x256 nn", "1024x1024x1024 nn"),
    *("forward 128x256x128", "forward+backward 128x256x128"),
    *("celsius", "heart", "small_b32", "mnist_b128"),
    *("mlp_1 call", "mlp_1 predict", "mlp_64 call", "mlp_10000 call"),
}


def select(quick: bool) -> dict[str, list[Case]]:
    """Return the cases of each section, all or a quick selection."""
    return {
        section: [case for case in cases if not quick or case.name in QUICK]
        for section, cases in SECTIONS.items()
    }
