"""The base class of models: a layer that can be trained, summarised and saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina import nest, registry
from lamina.layers import masks
from lamina.layers.base import Layer
from lamina.models.graph import Graph
from lamina.models.training import Trainer
from lamina.tensor import KerasTensor
from lamina.utils.own_objects import custom_object_scope


@registry.layers.register()
class Model(Trainer, Layer):
    """A network: `Model(inputs, outputs)` of symbolic tensors, or a subclass with a `call`.

    inputs, outputs: a tensor each, or lists or dicts of tensors, from `Input` through layer calls.
    """

    _own_build = False

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional(args, kwargs):
            from lamina.models.functional import Functional

            cls = Functional
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, inputs: Any = None, outputs: Any = None, **kwargs: Any) -> None:
        if len(args := [given for given in (inputs, outputs) if given is not None]) == 1:
            raise ValueError(f"Model: expected both inputs and outputs, received only {args[0]!r}")
        name = kwargs.pop("name", None)
        super().__init__(name=name, **kwargs)
        self._graph: Graph | None = None
        if inputs is not None:
            self._graph = Graph(inputs, outputs)
            self.built = True
            if not self.trainable:
                self.trainable = False  # reaches the layers

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(Trainer, name):
            object.__setattr__(self, name, value)  # nothing that the computation depends on
        else:
            super().__setattr__(name, value)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the outputs; a subclass overrides it."""
        if self._graph is None:
            raise NotImplementedError(
                f"{self._title}: {type(self).__name__} must override call(inputs)"
            )
        tensors = self._graph.match(self._title, inputs)
        if mask is not None:
            tensors = masks.put(tensors, nest.leaves(mask))
        return _alone(self._graph.run(tensors))

    def _cast_input(self, leaf: Any) -> Any:
        # A graph casts to the dtype of each of its inputs.
        return leaf if self._graph is not None else super()._cast_input(leaf)

    def build(self, input_shape: Any) -> None:
        """Make the weights by running `call` on symbolic inputs of `input_shape`."""
        if self._graph is None:
            self._infer_shapes(input_shape)

    @property
    def _layers(self) -> list[Layer]:
        own = super()._layers
        if self._graph is None:
            return own
        layers = [*self._graph.layers, *own]
        return list({id(layer): layer for layer in layers}.values())

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in this model."""
        return self._layers

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by name or by its place in `layers`; raise ValueError if there is none."""
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError(f"{self._title}: get_layer() expected either a name or an index")
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    f"{self._title}: get_layer() expected an index below {len(layers)}, "
                    f"received {index}"
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"{self._title}: no layer named {name!r}; there are {[layer.name for layer in layers]}"
        )

    # What the functional graph knows

    def _require_graph(self, what: str) -> Graph:
        if self._graph is None:
            raise AttributeError(
                f"{self._title} has no {what}: it is not built on symbolic inputs"
                + ("" if self.built else " yet; call it on data, or build(input_shape)")
            )
        return self._graph

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs."""
        return self._require_graph("inputs").inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs."""
        return self._require_graph("outputs").outputs

    @property
    def input(self) -> Any:
        """The symbolic inputs, in the structure the model was given them."""
        return _alone(self._require_graph("input").input_structure)

    @property
    def output(self) -> Any:
        """The symbolic outputs, in the structure the model was given them."""
        return _alone(self._require_graph("output").output_structure)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return [str(tensor.name) for tensor in self.inputs]

    @property
    def output_names(self) -> list[str] | None:
        """The names of the outputs; None for a model that is not a graph."""
        return None if self._graph is None else self._graph.output_names

    @property
    def input_shape(self) -> Any:
        """The shape of the input, a list of shapes if there are several."""
        return _alone([tensor.shape for tensor in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the output, a list of shapes if there are several."""
        return _alone([tensor.shape for tensor in self.outputs])

    # Reports and files

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print a table of the layers with their output shapes and numbers of parameters."""
        from lamina.models.summary import summarize

        text = summarize(self, line_length, positions, expand_nested, show_trainable, layer_range)
        (print_fn or print)(text)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a model again, as plain data."""
        config = super().get_config()
        return {key: value for key, value in config.items() if key not in ("inputs", "outputs")}

    def __reduce__(self) -> Any:
        from lamina.models import saving

        classes = {type(part).__name__: type(part) for part in (self, *self._flatten_layers())}
        return saving.put_together, (*saving.take_apart(self), classes)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model, with new weights, that `get_config` described."""
        if cls is Model and "calls" in config:
            from lamina.models.functional import Functional

            return Functional.from_config(config, custom_objects)
        with custom_object_scope(custom_objects or {}):
            return super().from_config(config)

    def to_json(self, **options: Any) -> str:
        """Return the architecture, without weights, as JSON; `options` go to `json.dumps`."""
        import json

        from lamina.models.saving import describe

        return json.dumps(describe(self), **options)

    def save(self, filepath: Any, overwrite: bool = True, include_optimizer: bool = True) -> None:
        """Write architecture, weights, compile arguments and optimizer state to one file.

        The file is a safetensors file whatever its name ends in (.lamina, .keras, .safetensors):
        arrays by path, and a JSON description in its metadata. It holds no code. An old file is
        replaced at once or not at all.
        """
        from lamina.models import saving

        saving.save_model(self, filepath, overwrite, include_optimizer)

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Write the weights to a safetensors file, by path."""
        from lamina.models import saving

        saving.save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: Any, skip_mismatch: bool = False, by_name: bool = False
    ) -> None:
        """Read weights that `save_weights` or `save` wrote for a model of the same layers.

        by_name: match layers by name, not by order; those without a namesake keep their weights.
        skip_mismatch: leave layers whose weights do not fit, with a warning, not a ValueError.
        """
        from lamina.models import saving

        saving.load_weights(self, filepath, skip_mismatch, by_name)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """Return the model, with new weights, that `to_json` described."""
    import json

    from lamina.models.saving import revive

    return revive(json.loads(json_string), custom_objects)


def _is_functional(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return len(args) == 2 or "outputs" in kwargs


def _alone(structure: Any) -> Any:
    return (
        structure[0] if isinstance(structure, (list, tuple)) and len(structure) == 1 else structure
    )
