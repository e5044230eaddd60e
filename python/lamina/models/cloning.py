"""Copies of models with layers and weights of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lamina import nest
from lamina.layers.base import Layer
from lamina.layers.core import InputLayer
from lamina.models.functional import Functional
from lamina.models.model import Model
from lamina.models.sequential import Sequential
from lamina.tensor import KerasTensor

Clone = Callable[[Layer], Layer]


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Clone | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Model:
    """Return a model of the same architecture with new layers and new weights.

    input_tensors: symbolic tensors to start from instead of new inputs.
    clone_function(layer): the copy of a layer (not of inputs); the default goes by its config.
    call_function(layer, *args, **kwargs): calls a copy. recursive: reach into nested models too.

    Raises ValueError for a subclassed model: `Model.from_config` may serve there.
    """
    if model._graph is None and not isinstance(model, Sequential):
        raise ValueError(
            f"{model._title}: clone_model expected a Sequential or functional model, "
            f"received a {type(model).__name__}"
        )

    def copy(layer: Any) -> Any:
        if not isinstance(layer, Layer) or isinstance(layer, InputLayer):
            return layer
        if recursive and isinstance(layer, (Functional, Sequential)):
            return clone_model(layer, None, clone_function, call_function, recursive)
        return (clone_function or _from_config)(layer)

    if isinstance(model, Sequential):
        return _clone_sequential(model, input_tensors, copy)
    return _clone_functional(model, input_tensors, copy, call_function)


def _from_config(layer: Layer) -> Layer:
    return type(layer).from_config(layer.get_config())


def _clone_sequential(model: Sequential, input_tensors: Any, copy: Clone) -> Model:
    layers: list[Any] = [copy(layer) for layer in model.layers]
    tensors = nest.flatten(input_tensors) if input_tensors is not None else []
    if len(tensors) > 1:
        raise ValueError(
            f"{model._title}: clone_model expected one input tensor, received {len(tensors)}"
        )
    if tensors:
        _check_symbolic(model, tensors)
        layers.insert(0, tensors[0])
    elif isinstance(first := model._stack[0] if model._stack else None, InputLayer):
        layers.insert(0, InputLayer.from_config(first.get_config()))
    return Sequential(layers, trainable=model.trainable, name=model.name)


def _clone_functional(
    model: Model, input_tensors: Any, copy: Clone, call_function: Callable[..., Any] | None
) -> Model:
    graph = model._require_graph("graph")
    copies = {id(operation): copy(operation) for operation in graph.operations}

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        own = copies[id(operation)]
        if call_function is not None and isinstance(own, Layer):
            return call_function(own, *args, **kwargs)
        return own(*args, **kwargs)

    if input_tensors is None:
        entries = [tensor.history[0] for tensor in graph.inputs if tensor.history is not None]
        tensors = [InputLayer.from_config(entry.get_config()).output for entry in entries]
    else:
        tensors = nest.flatten(input_tensors)
        _check_symbolic(model, tensors)
        if len(tensors) != len(graph.inputs):
            raise ValueError(
                f"{model._title}: clone_model expected {len(graph.inputs)} input tensors, "
                f"received {len(tensors)}"
            )
    outputs = graph.run(tensors, call)
    inputs = nest.pack_as(graph.input_structure, tensors)
    return Functional(inputs, outputs, name=model.name, trainable=model.trainable)


def _check_symbolic(model: Model, tensors: Sequence[Any]) -> None:
    for tensor in tensors:
        if not isinstance(tensor, KerasTensor):
            raise ValueError(
                f"{model._title}: clone_model expected symbolic input tensors, received {tensor!r}"
            )
