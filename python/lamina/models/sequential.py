"""Models that are a stack of layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lamina import nest, registry
from lamina.layers import context, masks
from lamina.layers.base import Layer
from lamina.layers.core import InputLayer
from lamina.models.graph import Graph
from lamina.models.model import Model
from lamina.tensor import KerasTensor
from lamina.utils.own_objects import custom_object_scope


@registry.layers.register()
class Sequential(Model):
    """A stack of layers, each fed what the one before gives.

    The weights exist, and follow `add` and `pop`, once the shape of the input is known: from an
    `Input`, `input_shape=` of the first layer, a model in first place, `build(input_shape)`, or
    the first data.
    """

    def __init__(
        self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(name=name, trainable=trainable)
        self._stack: list[Layer] = []
        self._tensors: list[KerasTensor] = []  # the symbolic output of each layer in the stack
        if layers is not None and not isinstance(layers, Iterable):
            raise ValueError(f"{self._title}: expected a list of layers, received {layers!r}")
        for layer in layers or ():
            self._append(layer)
        self._update()

    def add(self, layer: Any) -> None:
        """Put a layer (or an `Input`) on top."""
        self._append(layer)
        self._update()

    def pop(self) -> Layer:
        """Take the last layer off and return it; raise ValueError if there is none."""
        if not self.layers:
            raise ValueError(f"{self._title}: pop() found no layer")
        layer = self._stack.pop()
        del self._tensors[len(self._stack) :]
        self._update()
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, KerasTensor) and layer.history is not None:
            layer = layer.history[0]
        if not isinstance(layer, Layer):
            raise ValueError(
                f"{self._title}: expected a layer, received {layer!r} ({type(layer).__name__})"
            )
        if layer is self:
            raise ValueError(f"{self._title}: cannot be a layer of itself")
        if any(layer.name == other.name for other in self._stack):
            raise ValueError(f"{self._title}: there is a layer named {layer.name!r} already")
        if isinstance(layer, InputLayer) and self._stack:
            raise ValueError(f"{self._title}: an Input can only come first")
        new: list[Layer] = [layer]
        if not self._stack and (entry := _entry_of(layer)) is not None:
            new.insert(0, entry)
        tensors = list(self._tensors)
        for added in new:
            if isinstance(added, InputLayer):
                tensors.append(added.output)
            elif tensors:
                tensors.append(added(tensors[-1]))
        self._stack.extend(new)
        self._tensors = tensors

    def _update(self) -> None:
        """Make the graph anew after a change of the stack."""
        self._graph = (
            Graph(self._tensors[:1], self._tensors[-1]) if len(self._tensors) > 1 else None
        )
        self._built = self._graph is not None
        context.Changes.count += 1
        self._forget_plans()

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`, batch size first (it may be None)."""
        if not self._stack:
            raise ValueError(f"{self._title}: build() found no layers; add some first")
        if self._tensors or not _is_shape(input_shape):
            return
        first = self._stack[0]
        entry = InputLayer(batch_shape=(None, *input_shape[1:]), dtype=first.compute_dtype)
        tensors = [entry.output]
        for layer in self._stack:
            tensors.append(layer(tensors[-1]))
        self._stack.insert(0, entry)
        self._tensors = tensors
        self._update()

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self._graph is not None:
            return super().call(inputs, mask=mask)
        # Inputs that are nests of tensors have no graph of one input.
        if mask is not None:
            inputs = masks.put(inputs, nest.leaves(mask))
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the `Input`."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    def get_config(self) -> dict[str, Any]:
        """Return name and layers as plain data."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [registry.serialize(layer) for layer in self._stack],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model, with new weights, that `get_config` described."""
        with custom_object_scope(custom_objects or {}):
            layers = [registry.layers.deserialize(layer) for layer in config["layers"]]
        return cls(layers, trainable=config.get("trainable", True), name=config.get("name"))


def _entry_of(layer: Layer) -> InputLayer | None:
    """Return the entry that the first layer asks for: by input_shape, or as a model."""
    shape = vars(layer).get("_first_shape")
    if shape is not None:
        return InputLayer(shape, dtype=layer.compute_dtype)
    if isinstance(layer, Model) and layer._graph is not None and len(layer.inputs) == 1:
        return InputLayer(batch_shape=layer.inputs[0].shape, dtype=layer.inputs[0].dtype)
    return None


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, (list, tuple)) and all(n is None or isinstance(n, int) for n in shape)
