"""Normalization by the statistics of the batch, and by their moving averages."""

from __future__ import annotations

from typing import Any

from lamina import config, initializers, ops
from lamina.layers.input_spec import InputSpec, Shape
from lamina.layers.normalization import Affine, known_sizes, whole_axis
from lamina.ops._apply import apply
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class BatchNormalization(Affine):
    """Normalize each place along `axis` over the batch and all other axes.

    In training by the batch's mean and variance, of which moving averages are kept: average ·
    momentum + batch's · (1 - momentum). Elsewhere, and if `trainable` is False, by these averages.
    A mask (batch, ...) leaves out what it hides.
    Weights: gamma, beta, moving_mean, moving_variance. synchronized: without effect, all of a
    batch being in one place; nor have the arguments of renorm, which must be False.
    Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(epsilon, center, scale, **kwargs)
        if renorm:
            raise ValueError(
                f"{self._title}: renorm=True is not offered; for small batches take "
                "LayerNormalization or GroupNormalization"
            )
        self._set_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._set_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(
                f"{self._title}: expected momentum in 0..1, received momentum={momentum!r}"
            )
        self.axis = whole_axis(self._title, axis)
        self.momentum = float(momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Shape) -> None:
        shape = known_sizes(self, input_shape, self.axis)
        self.add_affine(shape)
        self.moving_mean = self.add_weight(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def call(
        self, inputs: TensorBase, training: bool = False, mask: TensorBase | None = None
    ) -> TensorBase:
        if not training or not self.trainable:
            return self._normalized(inputs, self.moving_mean, self.moving_variance)
        if mask is None:
            outputs, mean, variance = self._by_own_moments(inputs)
        else:
            mean, variance = self._masked_moments(inputs, mask)
            outputs = self._normalized(inputs, mean, variance)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept, new = average.value * self.momentum, value * (1.0 - self.momentum)
            average.assign(kept + new)
        return outputs

    def _normalized(self, x: TensorBase, mean: TensorBase, variance: TensorBase) -> TensorBase:
        return ops.batch_normalization(
            x, mean, variance, self.axis, self.beta, self.gamma, self.epsilon
        )

    def _by_own_moments(self, x: TensorBase) -> tuple[TensorBase, TensorBase, TensorBase]:
        """Return the normalized x, its mean and its variance, in one go."""
        channels = (x.shape[self.axis],)
        gamma = ops.ones(channels, x.dtype) if self.gamma is None else self.gamma
        beta = ops.zeros(channels, x.dtype) if self.beta is None else self.beta
        last = ops.moveaxis(x, self.axis, -1)
        y, mean, variance = apply("batch_norm", last, gamma, beta, epsilon=self.epsilon)
        return ops.moveaxis(y, -1, self.axis), mean, variance

    def _masked_moments(self, x: TensorBase, mask: TensorBase) -> tuple[TensorBase, TensorBase]:
        if mask.ndim != x.ndim - 1:
            raise ValueError(
                f"{self._title}: expected a mask of shape {x.shape[:-1]}, received {mask.shape}"
            )
        others = [axis for axis in range(x.ndim) if axis != self.axis % x.ndim]
        seen = ops.cast(ops.expand_dims(ops.cast(mask, "bool"), -1), x.dtype)
        seen = ops.broadcast_to(seen, x.shape)
        count = ops.sum(seen, others, keepdims=True) + config.epsilon()
        mean = ops.sum(x * seen, others, keepdims=True) / count
        variance = ops.sum(ops.square(x - mean) * seen, others, keepdims=True) / count
        return ops.ravel(mean), ops.ravel(variance)
