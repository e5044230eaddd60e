"""Layers that move values around without computing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lamina import ops
from lamina.layers.base import Layer
from lamina.layers.core import positive_integer
from lamina.layers.input_spec import InputSpec
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class Flatten(Layer):
    """Make one axis of all but the batch: (batch, a, b, ...) → (batch, a b ...).

    data_format: "channels_first" moves axis 1 to the end before.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        formats = ("channels_last", "channels_first")
        if data_format is not None and data_format not in formats:
            raise ValueError(
                f"{self._title}: expected data_format in {formats}, received {data_format!r}"
            )
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: TensorBase) -> TensorBase:
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = ops.transpose(inputs, (0, *range(2, inputs.ndim), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))


@layers.register()
class Reshape(Layer):
    """Give each sample `target_shape`, in which one size may be -1: whatever is left."""

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)
        if any(size < -1 for size in self.target_shape) or self.target_shape.count(-1) > 1:
            raise ValueError(
                f"{self._title}: expected sizes of 0 or more and at most one -1, "
                f"received target_shape={self.target_shape}"
            )

    def call(self, inputs: TensorBase) -> TensorBase:
        size = math.prod(inputs.shape[1:])
        known = math.prod(n for n in self.target_shape if n != -1)
        free = -1 in self.target_shape
        if (known == 0 or size % known) if free else known != size:
            raise ValueError(
                f"{self._title}: cannot give samples of shape {inputs.shape[1:]} ({size} values) "
                f"the target_shape {self.target_shape}"
            )
        sample = (size // known if n == -1 else n for n in self.target_shape)
        return ops.reshape(inputs, (inputs.shape[0], *sample))


@layers.register()
class Permute(Layer):
    """Reorder the axes of each sample, counted from 1: output axis i is input axis dims[i - 1]."""

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"{self._title}: expected dims to be a permutation of 1..{len(self.dims)}, "
                f"received dims={self.dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: TensorBase) -> TensorBase:
        return ops.transpose(inputs, (0, *self.dims))


@layers.register()
class RepeatVector(Layer):
    """Repeat each sample n times: (batch, features) → (batch, n, features)."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"{self._title}: expected n to be an int, received {n!r}")
        self.n = positive_integer(self._title, "n", n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: TensorBase) -> TensorBase:
        batch, features = inputs.shape
        return ops.broadcast_to(ops.expand_dims(inputs, 1), (batch, self.n, features))
