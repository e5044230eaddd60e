"""Networks as plain records that every peer can build, with their multiply-adds and weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """A layer without weights that keeps its input's shape; shapes leave out the batch."""

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        return ()

    def output(self, shape: Shape) -> Shape:
        return shape

    def multiply_adds(self, shape: Shape) -> int:
        return 0


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
class LSTM(Layer):
    """The last state of a long short-term memory over (steps, features)."""

    units: int

    def weights(self, shape: Shape) -> tuple[Shape, ...]:
        gates = 4 * self.units
        return (shape[-1], gates), (self.units, gates), (gates,)

    def output(self, shape: Shape) -> Shape:
        return (self.units,)

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * (shape[-1] + self.units) * 4 * self.units


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
        """Return each layer's starting weights: Glorot uniform kernels and zero biases, float32."""
        generator = np.random.default_rng(seed)

        def draw(shape: Shape) -> Array:
            if len(shape) == 1:
                return np.zeros(shape, np.float32)
            fans = math.prod(shape[:-2]) * (shape[-2] + shape[-1])
            limit = math.sqrt(6 / fans)
            return generator.uniform(-limit, limit, shape).astype(np.float32)

        return [[draw(weight) for weight in layer.weights(shape)] for layer, shape in self.walk()]


def mlp(features: int, *units: int) -> Network:
    """Dense layers with relu between them."""
    hidden = tuple(Dense(count, "relu") for count in units[:-1])
    return Network((features,), (*hidden, Dense(units[-1])))
