"""Layers that bring data into range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamina import config, ops
from lamina.layers.base import Layer
from lamina.layers.input_spec import Shape
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class Rescaling(Layer):
    """Compute x scale + offset, in floating point."""

    supports_masking = True

    def __init__(self, scale: ArrayLike, offset: ArrayLike = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = np.asarray(scale, dtype=np.float64).tolist()
        self.offset = np.asarray(offset, dtype=np.float64).tolist()

    def call(self, inputs: TensorBase) -> TensorBase:
        scale, offset = (np.asarray(v, self.compute_dtype) for v in (self.scale, self.offset))
        return ops.add(ops.multiply(ops.cast(inputs, self.compute_dtype), scale), offset)


@layers.register()
class Normalization(Layer):
    """Compute (x - mean) / max(√variance, ε), with statistics of their own along `axis`.

    axis: the axis or axes that keep statistics each; None: one mean and variance for all.
    mean, variance: given, or found by `adapt`; then they are weights: mean, variance, count.
    invert: compute mean + x max(√variance, ε) instead.
    """

    supports_masking = True

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: ArrayLike | None = None,
        variance: ArrayLike | None = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError(
                f"{self._title}: expected both mean and variance or neither, "
                f"received mean={mean!r}, variance={variance!r}"
            )
        self.axis = (axis,) if isinstance(axis, int) else tuple(axis or ())
        self.invert = invert
        self.given_mean = None if mean is None else np.asarray(mean, dtype=np.float64)
        self.given_variance = None if variance is None else np.asarray(variance, dtype=np.float64)
        shapes = [
            np.shape(given) for given in (self.given_mean, self.given_variance) if given is not None
        ]
        if len(set(shapes)) > 1:
            raise ValueError(
                f"{self._title}: expected mean and variance of one shape, "
                f"received {shapes[0]} and {shapes[1]}"
            )

    def build(self, input_shape: Shape) -> None:
        ndim = len(input_shape)
        if any(not -ndim <= axis < ndim for axis in self.axis):
            raise ValueError(
                f"{self._title}: expected axis in {-ndim}..{ndim - 1}, "
                f"received axis={self.axis} for shape {input_shape}"
            )
        kept = sorted(axis % ndim for axis in self.axis)
        if any(input_shape[axis] is None for axis in kept):
            raise ValueError(
                f"{self._title}: expected known sizes along axis={self.axis}, "
                f"received shape {input_shape}"
            )
        self._reduced = tuple(axis for axis in range(ndim) if axis not in kept)
        self._sizes = tuple(int(input_shape[axis] or 0) for axis in kept)
        self._broadcast = tuple(int(input_shape[a] or 0) if a in kept else 1 for a in range(ndim))
        if self.given_mean is not None and self.given_variance is not None:
            self._mean, self._variance = map(self._spread, (self.given_mean, self.given_variance))
        else:
            self.adapt_mean = self.add_weight(self._sizes, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(
                self._sizes, "ones", trainable=False, name="variance"
            )
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")

    def _spread(self, values: NDArray[np.float64]) -> NDArray[Any]:
        """Return given statistics in the shape that broadcasts against the input."""
        values = np.broadcast_to(values, self._sizes)
        return values.reshape(self._broadcast).astype(self.compute_dtype)

    def adapt(self, data: Any) -> None:
        """Set mean and variance to those of `data`: an array, or an iterable of batches.

        A batch may be (x, y): x counts.
        """
        if self.given_mean is not None:
            raise ValueError(f"{self._title}: adapt() is not for a layer given mean and variance")
        batches = [data] if hasattr(data, "__array__") else data
        if not isinstance(batches, Iterable) or isinstance(batches, (str, bytes, dict)):
            raise TypeError(
                f"{self._title}: adapt() expected an array or an iterable of batches, "
                f"received {type(data).__name__}"
            )
        count, mean, variance = 0, np.zeros(()), np.zeros(())
        for batch in batches:
            x = np.asarray(batch[0] if isinstance(batch, tuple) else batch, dtype=np.float64)
            self._check_batch(x)
            n = math.prod(x.shape[axis] for axis in self._reduced)
            # Joining two samples adds the spread of their means: Chan, Golub and LeVeque 1979.
            share, shift = n / max(count + n, 1), x.mean(axis=self._reduced) - mean
            spread = x.var(axis=self._reduced)
            variance = (1 - share) * variance + share * spread + share * (1 - share) * shift**2
            mean = mean + share * shift
            count += n
        if count == 0:
            raise ValueError(f"{self._title}: adapt() received no data")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _check_batch(self, x: NDArray[np.float64]) -> None:
        if x.size == 0:
            raise ValueError(f"{self._title}: adapt() received an empty batch, shape {x.shape}")
        if not self.built:
            self.build(x.shape)
        kept = [axis for axis in range(x.ndim) if axis not in self._reduced]
        if x.ndim != len(self._broadcast) or tuple(x.shape[axis] for axis in kept) != self._sizes:
            expected = tuple(
                None if axis in self._reduced else size for axis, size in enumerate(self._broadcast)
            )
            raise ValueError(
                f"{self._title}: adapt() expected data of shape {expected}, received {x.shape}"
            )

    def call(self, inputs: TensorBase) -> TensorBase:
        inputs = ops.cast(inputs, self.compute_dtype)
        if self.given_mean is not None:
            mean, variance = map(ops.convert_to_tensor, (self._mean, self._variance))
        else:
            mean = ops.reshape(self.adapt_mean, self._broadcast)
            variance = ops.reshape(self.adapt_variance, self._broadcast)
        deviation = ops.maximum(ops.sqrt(variance), config.epsilon())
        return mean + inputs * deviation if self.invert else (inputs - mean) / deviation

    @property
    def mean(self) -> Any:
        """The mean in use, in the shape that broadcasts against the input."""
        return self._in_use(self.given_mean, "mean")

    @property
    def variance(self) -> Any:
        """The variance in use, likewise."""
        return self._in_use(self.given_variance, "variance")

    def _in_use(self, given: NDArray[np.float64] | None, name: str) -> Any:
        if given is None:
            return ops.reshape(getattr(self, f"adapt_{name}"), self._broadcast)
        return self._spread(given) if self.built else given

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again; what was adapted is in the weights."""
        given = {"mean": self.given_mean, "variance": self.given_variance}
        plain = {key: None if value is None else value.tolist() for key, value in given.items()}
        # An empty list of axes is what None means.
        return {**super().get_config(), "axis": list(self.axis), **plain}
