"""The graph of layer calls behind a functional model: its order, and running data through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lamina import nest, ops
from lamina.layers import masks
from lamina.layers.base import Layer
from lamina.layers.core import Input, InputLayer
from lamina.layers.input_spec import InputSpec
from lamina.symbolic import Node
from lamina.tensor import KerasTensor, TensorBase, mask_of

Call = Callable[..., Any]


def _call(operation: Any, *args: Any, **kwargs: Any) -> Any:
    return operation(*args, **kwargs)


class Graph:
    """The calls between symbolic inputs and outputs, each a tensor or a nest of them.

    nodes: the calls, each after those it depends on. operations: what is called, those furthest
    from the outputs first; at one distance, in the order met when going back from the outputs.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        for role, structure in (("inputs", inputs), ("outputs", outputs)):
            for tensor in nest.flatten(structure):
                if not isinstance(tensor, KerasTensor) or tensor.history is None:
                    raise ValueError(
                        f"Model: expected {role} to be symbolic tensors that come from Input(), "
                        f"received {tensor!r}"
                    )
        if not all(_enters(tensor) for tensor in nest.flatten(inputs)):
            inputs, outputs = _cut(inputs, outputs)
        self.input_structure = inputs
        self.output_structure = outputs
        self.inputs: list[KerasTensor] = nest.flatten(inputs)
        self.outputs: list[KerasTensor] = nest.flatten(outputs)
        self.nodes, self.operations = _sort(self.inputs, self.outputs)
        _check_connected(self.inputs, self.nodes)
        _check_names([operation.name for operation in self.operations])

    @property
    def layers(self) -> list[Layer]:
        """The layers among the operations."""
        return [operation for operation in self.operations if isinstance(operation, Layer)]

    @property
    def output_names(self) -> list[str]:
        """The keys of the outputs if they are a dict, else the names of what computes them."""
        if isinstance(self.output_structure, dict):
            return sorted(self.output_structure)
        return [_history(tensor)[0].name for tensor in self.outputs]

    def run(self, inputs: Sequence[Any], call: Call = _call) -> Any:
        """Send values through the graph in place of its inputs; return those of the outputs.

        call(operation, *args, **kwargs) computes a node's outputs.
        """
        return replay(self.nodes, self.inputs, inputs, self.output_structure, call)

    def match(self, title: str, given: Any) -> list[TensorBase]:
        """Return data as one tensor for each input, of its dtype and rank.

        (n,) serves for (n, 1) and the reverse; a dict goes by the inputs' names. Raise ValueError
        where the data does not fit.
        """
        tensors = self._by_input(title, given)
        matched = []
        for tensor, wanted in zip(map(ops.convert_to_tensor, tensors), self.inputs, strict=True):
            mask = mask_of(tensor)
            spec = InputSpec(shape=(None, *wanted.shape[1:]), allow_last_axis_squeeze=True)
            expected = spec.unmet(tensor.shape)
            if expected is not None:
                which = f" for input '{wanted.name}'" if len(self.inputs) > 1 else ""
                raise ValueError(
                    f"{title}: expected {expected}{which}, received shape {tensor.shape}"
                )
            if tensor.ndim > len(wanted.shape):
                tensor = ops.squeeze(tensor, -1)
            elif tensor.ndim < len(wanted.shape):
                tensor = ops.expand_dims(tensor, -1)
            matched.append(masks.put(ops.cast(tensor, wanted.dtype), [mask]))
        return matched

    def _by_input(self, title: str, given: Any) -> list[Any]:
        structure = self.input_structure
        names = [str(tensor.name) for tensor in self.inputs]
        keys = sorted(structure) if isinstance(structure, dict) else names
        if isinstance(given, dict) and len(keys) == len(self.inputs):
            missing = [key for key in keys if key not in given]
            if missing:
                raise ValueError(f"{title}: expected inputs named {keys}, received {sorted(given)}")
            return [given[key] for key in keys]
        flat = nest.flatten(given)
        if len(flat) != len(self.inputs) or (len(flat) > 1 and isinstance(structure, dict)):
            wanted = (
                f"a dict of inputs {keys}" if isinstance(structure, dict) else f"inputs {names}"
            )
            raise ValueError(f"{title}: expected {wanted}, received {len(flat)} arrays")
        return flat


def replay(
    nodes: Sequence[Node],
    inputs: Sequence[KerasTensor],
    values: Sequence[Any],
    outputs: Any,
    call: Call,
) -> Any:
    """Run nodes again with `values` in place of symbolic inputs; return what `outputs` became."""
    known = {id(tensor): value for tensor, value in zip(inputs, values, strict=True)}

    def fill(leaf: Any) -> Any:
        return known[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

    for node in nodes:
        if not node.inputs:
            continue
        args, kwargs = nest.map_structure(fill, (node.args, node.kwargs))
        results = nest.flatten(call(node.operation, *args, **kwargs))
        for tensor, value in zip(node.outputs, results, strict=True):
            known[id(tensor)] = value
            if tensor._keras_mask is not None:
                known[id(tensor._keras_mask)] = mask_of(value)
    return nest.map_structure(fill, outputs)


def _history(tensor: KerasTensor) -> tuple[Any, int, int]:
    assert tensor.history is not None
    return tensor.history


def _producer(tensor: KerasTensor) -> Node:
    operation, index, _ = _history(tensor)
    node: Node = operation.nodes[index]
    return node


def _enters(tensor: KerasTensor) -> bool:
    return isinstance(_history(tensor)[0], InputLayer)


def _cut(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Make entry points of inputs that other layers compute, and call what follows again."""

    def entry(tensor: KerasTensor) -> KerasTensor:
        return tensor if _enters(tensor) else Input(batch_shape=tensor.shape, dtype=tensor.dtype)

    new_inputs = nest.map_structure(entry, inputs)
    flat = nest.flatten(inputs)
    nodes, _ = _sort(flat, nest.flatten(outputs))
    _check_connected(flat, nodes)
    return new_inputs, replay(nodes, flat, nest.flatten(new_inputs), outputs, _call)


def _sort(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
) -> tuple[list[Node], list[Any]]:
    """Return the nodes from inputs to outputs in computing order, and their operations."""
    nodes, met = _walk_back(inputs, outputs)
    # The depth of a node is its longest way to an output; an operation has that of its deepest.
    depths: dict[int, int] = {}
    deepest: dict[int, int] = {}
    for node in reversed(nodes):
        key = id(node.operation)
        depth = max(depths.get(id(node), 0), deepest.get(key, 0))
        deepest[key] = depth
        for tensor in node.inputs:
            source = id(_producer(tensor))
            depths[source] = max(depths.get(source, 0), depth + 1)
    operations = {id(node.operation): node.operation for node in nodes}
    # Inputs that no output depends on stay inputs.
    for tensor in inputs:
        operation = _history(tensor)[0]
        if _enters(tensor) and id(operation) not in operations:
            operations[id(operation)] = operation
            deepest[id(operation)] = 0
            met[id(operation)] = -1
            nodes.append(_producer(tensor))
    order = sorted(operations, key=lambda key: (-deepest[key], met[key]))
    return nodes, [operations[key] for key in order]


def _walk_back(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
) -> tuple[list[Node], dict[int, int]]:
    """Return nodes after those they depend on, and the order in which operations were met."""
    stops = {id(tensor) for tensor in inputs if not _enters(tensor)}
    nodes: list[Node] = []
    met: dict[int, int] = {}
    seen: set[int] = set()
    # (node, whether all before it are done); a stack of our own, for networks deeper than Python's.
    stack = [(_producer(t), False) for t in reversed(outputs) if id(t) not in stops]
    while stack:
        node, done = stack.pop()
        if done:
            nodes.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            met.setdefault(id(node.operation), len(met))
            stack.append((node, True))
            before = [t for t in reversed(node.inputs) if id(t) not in stops]
            stack.extend((_producer(tensor), False) for tensor in before)
    return nodes, met


def _check_connected(inputs: Sequence[KerasTensor], nodes: Sequence[Node]) -> None:
    known = {id(tensor) for tensor in inputs}
    for node in nodes:
        if not node.inputs and not any(id(tensor) in known for tensor in node.outputs):
            names = [tensor.name for tensor in inputs]
            raise ValueError(
                f"Model: an output depends on Input '{node.operation.name}', "
                f"which is not among the inputs {names}"
            )


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Model: expected layers of different names, received several named {twice}"
        )
