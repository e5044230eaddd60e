"""Models made of symbolic inputs and outputs, and their description as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lamina import nest, registry
from lamina.layers.core import InputLayer
from lamina.models.graph import Graph
from lamina.models.model import Model
from lamina.symbolic import Operation
from lamina.tensor import KerasTensor, Tensor, TensorBase
from lamina.utils.own_objects import custom_object_scope


@registry.layers.register()
class Functional(Model):
    """What `Model(inputs, outputs)` makes: the layers between symbolic inputs and outputs.

    The model may start and end at any symbolic tensor, such as `layer.output`; layers stay shared.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        for role, structure in (("inputs", inputs), ("outputs", outputs)):
            if structure is None or not nest.flatten(structure):
                raise ValueError(f"Model: expected {role}, received {structure!r}")
        super().__init__(inputs, outputs, name=name, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return name, layers, calls (in computing order), inputs and outputs as plain data."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            **graph_config(self._require_graph("")),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model, with new weights, that `get_config` described."""
        with custom_object_scope(custom_objects or {}):
            inputs, outputs = graph_from_config(config)
        return cls(
            inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True)
        )


def graph_config(graph: Graph) -> dict[str, Any]:
    """Describe a graph: operations by config, calls by the numbers of those they build on."""
    places: dict[int, dict[str, Any]] = {}
    for number, node in enumerate(graph.nodes):
        for index, tensor in enumerate(node.outputs):
            places[id(tensor)] = {"$tensor": [number, index]}
            if tensor._keras_mask is not None:
                places[id(tensor._keras_mask)] = {"$mask": [number, index]}
    calls = [
        {
            "operation": node.operation.name,
            "args": [_encode(arg, places) for arg in node.args],
            "kwargs": {key: _encode(value, places) for key, value in node.kwargs.items()},
        }
        for node in graph.nodes
    ]
    return {
        "operations": [_describe(operation) for operation in graph.operations],
        "calls": calls,
        "inputs": _encode(graph.input_structure, places),
        "outputs": _encode(graph.output_structure, places),
    }


def graph_from_config(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Make new layers and call them as described; return the symbolic inputs and outputs."""
    try:
        operations = {entry["name"]: _revive(entry) for entry in config["operations"]}
        results: list[list[KerasTensor]] = []
        for call in config["calls"]:
            operation = operations[call["operation"]]
            if isinstance(operation, InputLayer):
                results.append([operation.output])
                continue
            args = [_decode(arg, results) for arg in call["args"]]
            kwargs = {key: _decode(value, results) for key, value in call["kwargs"].items()}
            results.append(nest.flatten(operation(*args, **kwargs)))
        return _decode(config["inputs"], results), _decode(config["outputs"], results)
    except (KeyError, IndexError) as error:
        raise ValueError(f"not the config of a functional model: {error!r} is missing") from error


def _describe(operation: Any) -> dict[str, Any]:
    kind = "Operation" if isinstance(operation, Operation) else registry.name_of(type(operation))
    return {"class_name": kind, "name": operation.name, "config": operation.get_config()}


def _revive(entry: Mapping[str, Any]) -> Any:
    if entry["class_name"] == "Operation":
        return Operation.from_config(entry["config"])
    return registry.layers.deserialize(dict(entry))


# What JSON has no word for is written as a dict of one key.


def _encode(value: Any, places: Mapping[int, Mapping[str, Any]]) -> Any:
    if isinstance(value, KerasTensor):
        return places[id(value)]
    if isinstance(value, slice):
        return {"$slice": [_encode(v, places) for v in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"$ellipsis": True}
    if isinstance(value, (np.ndarray, Tensor)):
        array = np.asarray(value)
        return {"$array": array.tolist(), "dtype": array.dtype.name}
    if isinstance(value, TensorBase):
        raise ValueError(
            f"cannot describe a model that uses {value!r} outside of a layer; "
            f"make it a weight of one"
        )
    if isinstance(value, tuple):
        return {"$tuple": [_encode(item, places) for item in value]}
    if isinstance(value, list):
        return [_encode(item, places) for item in value]
    if isinstance(value, Mapping):
        return {key: _encode(item, places) for key, item in value.items()}
    return registry.serialize(value)


def _decode(value: Any, results: Sequence[Sequence[KerasTensor]]) -> Any:
    if isinstance(value, list):
        return [_decode(item, results) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "$tensor" in value:
        number, index = value["$tensor"]
        return results[number][index]
    if "$mask" in value:
        number, index = value["$mask"]
        return results[number][index]._keras_mask
    if "$slice" in value:
        return slice(*(_decode(item, results) for item in value["$slice"]))
    if "$ellipsis" in value:
        return Ellipsis
    if "$array" in value:
        return np.asarray(value["$array"], dtype=value["dtype"])
    if "$tuple" in value:
        return tuple(_decode(item, results) for item in value["$tuple"])
    return {key: _decode(item, results) for key, item in value.items()}
