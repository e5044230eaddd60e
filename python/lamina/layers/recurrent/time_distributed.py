"""A layer applied to every step of a sequence."""

from __future__ import annotations

from typing import Any

from lamina import nest, ops
from lamina.layers.base import Layer
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class TimeDistributed(Layer):
    """Apply a layer to each step, with the same weights: (batch, time, ...) → (batch, time, ...).

    All steps are computed at once, as rows of one large batch; a layer whose rows depend on each
    other (`BatchNormalization` in training) sees one step after the other instead.
    """

    supports_masking = True

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise ValueError(f"{self._title}: expected a layer, received {layer!r}")
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        if len(input_shape) < 3:
            raise ValueError(
                f"{self._title}: expected input with at least 3 dimensions (batch, time, ...), "
                f"received shape {tuple(input_shape)}"
            )
        if not self.layer.built:
            self.layer.build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: TensorBase, mask: Any = None, training: bool = False) -> Any:
        batch, steps = inputs.shape[:2]
        if mask is not None and mask.shape[:2] != (batch, steps):
            raise ValueError(
                f"{self._title}: expected a mask of shape {(batch, steps)}, received {mask.shape}"
            )
        if self._rows_depend_on_each_other():
            each = [self._apply(inputs[:, t], _at(mask, t), training) for t in range(steps)]
            return nest.map_structure(lambda *outputs: ops.stack(outputs, axis=1), *each)

        def as_rows(x: TensorBase) -> TensorBase:
            return ops.reshape(x, (batch * steps, *x.shape[2:]))

        outputs = self._apply(as_rows(inputs), None if mask is None else as_rows(mask), training)
        return nest.map_structure(lambda x: ops.reshape(x, (batch, steps, *x.shape[1:])), outputs)

    def _apply(self, inputs: TensorBase, mask: Any, training: bool) -> Any:
        options: dict[str, Any] = {}
        if "mask" in self.layer._call_parameters and mask is not None:
            options["mask"] = mask
        if "training" in self.layer._call_parameters:
            options["training"] = training
        return self.layer(inputs, **options)

    def _rows_depend_on_each_other(self) -> bool:
        parts = (self.layer, *self.layer._flatten_layers())
        return any(type(part).__name__ == "BatchNormalization" for part in parts)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer; the one it applies is made from its own config."""
        return cls(**{**config, "layer": layers.get(config["layer"])})


def _at(mask: Any, t: int) -> Any:
    return None if mask is None else mask[:, t]
