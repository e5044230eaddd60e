"""Networks as plain records that every peer can build, with their multiply-adds and weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """A layer without weights that keeps its input's shape; shapes leave out the batch."""

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return ()

    def start(self, generator: np.random.Generator, shape: Shape) -> list[Array]:
        """Return starting weights: Glorot uniform kernels and zero biases, float32."""
        return [_glorot(generator, weight) for weight in self.weights(shape)]

    def output(self, shape: Shape) -> Shape:
        return shape

    def multiply_adds(self, shape: Shape) -> int:
        return 0


def _glorot(generator: np.random.Generator, shape: Shape) -> Array:
    if len(shape) == 1:
        return np.zeros(shape, np.float32)
    fans = math.prod(shape[:-2]) * (shape[-2] + shape[-1])
    limit = math.sqrt(6 / fans)
    return generator.uniform(-limit, limit, shape).astype(np.float32)


@dataclass(frozen=True)
class Dense(Layer):
    """`activation(x @ kernel + bias)` on (features,)."""

    units: int
    activation: str = "linear"

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return (shape[-1], self.units), (self.units,)

    def output(self, shape: Shape) -> Shape:
        return (self.units,)

    def multiply_adds(self, shape: Shape) -> int:
        return shape[-1] * self.units


@dataclass(frozen=True)
class Dropout(Layer):
    """Drop a share of the inputs while training."""

    rate: float


@dataclass(frozen=True)
class Conv2D(Layer):
    """Valid convolution with square kernels, then relu, on (height, width, channels)."""

    filters: int
    size: int

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return (self.size, self.size, shape[-1], self.filters), (self.filters,)

    def output(self, shape: Shape) -> Shape:
        return (shape[0] - self.size + 1, shape[1] - self.size + 1, self.filters)

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) * self.size**2 * shape[-1]


@dataclass(frozen=True)
class DepthwiseConv2D(Layer):
    """Valid convolution of each channel with a square kernel of its own."""

    size: int

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return (self.size, self.size, shape[-1], 1), (shape[-1],)

    def output(self, shape: Shape) -> Shape:
        return (shape[0] - self.size + 1, shape[1] - self.size + 1, shape[-1])

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) * self.size**2


@dataclass(frozen=True)
class Conv2DTranspose(Layer):
    """Transposed convolution with square kernels, `stride` output pixels for one of the input."""

    filters: int
    size: int
    stride: int

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return (self.size, self.size, self.filters, shape[-1]), (self.filters,)

    def output(self, shape: Shape) -> Shape:
        height, width = (self.stride * (length - 1) + self.size for length in shape[:2])
        return (height, width, self.filters)

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(shape) * self.size**2 * self.filters


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Normalization of each channel over the batch."""

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return ((shape[-1],),) * 4

    def start(self, generator: np.random.Generator, shape: Shape) -> list[Array]:
        """Return scale, offset, moving mean and moving variance."""
        return [np.full(shape[-1], value, np.float32) for value in (1, 0, 0, 1)]


@dataclass(frozen=True)
class MaxPooling2D(Layer):
    """Maxima of square windows side by side."""

    size: int

    def output(self, shape: Shape) -> Shape:
        return (shape[0] // self.size, shape[1] // self.size, shape[2])


@dataclass(frozen=True)
class Flatten(Layer):
    """One vector a row."""

    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


@dataclass(frozen=True)
class Recurrent(Layer):
    """The last state of a recurrent layer with gates over (steps, features)."""

    units: int
    gates: ClassVar[int]

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        columns = self.gates * self.units
        return (shape[-1], columns), (self.units, columns), (columns,)

    def output(self, shape: Shape) -> Shape:
        return (self.units,)

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * (shape[-1] + self.units) * self.gates * self.units


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory."""

    gates = 4


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent units, the reset gate after the product, as its two biases tell."""

    gates = 3

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        kernel, recurrent, (columns,) = super().weights(shape)
        return kernel, recurrent, (2, columns)


@dataclass(frozen=True)
class Bidirectional(Layer):
    """The last states of one LSTM forwards and one backwards, side by side."""

    units: int

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return LSTM(self.units).weights(shape) * 2

    def output(self, shape: Shape) -> Shape:
        return (2 * self.units,)

    def multiply_adds(self, shape: Shape) -> int:
        return 2 * LSTM(self.units).multiply_adds(shape)


@dataclass(frozen=True)
class Network:
    """Layers one after the other on rows of `input_shape`."""

    input_shape: Shape
    layers: tuple[Layer, ...]

    def walk(self) -> list[tuple[Layer, Shape]]:
        """Return each layer with the shape of its input."""
        steps, shape = [], self.input_shape
        for layer in self.layers:
            steps.append((layer, shape))
            shape = layer.output(shape)
        return steps

    @property
    def output_shape(self) -> Shape:
        layer, shape = self.walk()[-1]
        return layer.output(shape)

    def multiply_adds(self) -> list[int]:
        """Return each layer's multiply-adds for one row, forward."""
        return [layer.multiply_adds(shape) for layer, shape in self.walk()]

    def weights(self, seed: int = 1) -> list[list[Array]]:
        """Return each layer's starting weights."""
        generator = np.random.default_rng(seed)
        return [layer.start(generator, shape) for layer, shape in self.walk()]


def mlp(features: int, *units: int) -> Network:
    """Dense layers with relu between them."""
    hidden = tuple(Dense(count, "relu") for count in units[:-1])
    return Network((features,), (*hidden, Dense(units[-1])))
