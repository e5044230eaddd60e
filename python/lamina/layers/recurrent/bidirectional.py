"""A recurrent layer that reads in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lamina import nest, ops
from lamina.layers.base import Layer
from lamina.layers.recurrent.rnn import RNN
from lamina.registry import layers
from lamina.tensor import TensorBase

_MERGE: dict[str | None, Callable[..., Any]] = {
    "concat": lambda a, b: ops.concatenate([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "ave": lambda a, b: (a + b) / 2,
    "mul": lambda a, b: a * b,
    None: lambda a, b: (a, b),
}


@layers.register()
class Bidirectional(Layer):
    """Walk through time in both directions and merge the outputs.

    layer: an `RNN`, such as `LSTM(32)`; copies of it walk forward and backward, or forward alone
    where a `backward_layer` (with go_backwards=True) is given.
    merge_mode: "concat", "sum", "ave" or "mul" of the outputs, or None: give both.
    weights: the first values of all weights, in the order of `get_weights`.

    With return_sequences, outputs of both directions stand at their times, and masked steps give
    zeros. States, given and returned, are those of the forward layer, then of the backward one.
    Source: Schuster and Paliwal 1997, IEEE Transactions on Signal Processing 45.
    """

    supports_masking = True

    def __init__(
        self,
        layer: RNN,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: RNN | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for given in (layer, backward_layer):
            if given is not None and not isinstance(given, RNN):
                raise ValueError(f"{self._title}: expected a recurrent layer, received {given!r}")
        if merge_mode not in _MERGE:
            raise ValueError(
                f"{self._title}: expected merge_mode to be one of "
                f"{', '.join(map(repr, _MERGE))}, received {merge_mode!r}"
            )
        self.merge_mode = merge_mode
        self._first_weights = weights
        self.forward_layer = _copy(layer, "forward_", layer.go_backwards)
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", not layer.go_backwards)
        self.backward_layer = backward_layer
        self._check_agreement()
        for each in (self.forward_layer, self.backward_layer):
            each.zero_output_for_mask = each.return_sequences
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state
        self.stateful = layer.stateful
        self.input_spec = layer.input_spec

    def _check_agreement(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                f"{self._title}: expected layers of different go_backwards, "
                f"received {forward.go_backwards} for both"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            values = getattr(forward, name), getattr(backward, name)
            if values[0] != values[1]:
                raise ValueError(
                    f"{self._title}: expected layers of the same {name}, "
                    f"received {values[0]} forward and {values[1]} backward"
                )

    def build(self, sequences_shape: Any) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def reset_state(self) -> None:
        """Set the states of stateful layers to zeros."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        mask = nest.flatten(previous_mask)[0] if self.return_sequences else None
        masks = [mask, mask] if self.merge_mode is None else [mask]
        states = self.forward_layer.state_size if self.return_state else []
        return [*masks, *[None] * (2 * len(states))]

    def call(
        self,
        sequences: TensorBase,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        given: list[Any] = [None, None]
        if initial_state is not None:
            half = len(initial_state) // 2
            given = [initial_state[:half], initial_state[half:]]
        ways = zip((self.forward_layer, self.backward_layer), given, strict=True)
        both = [layer.walk(sequences, states, mask, training) for layer, states in ways]
        outputs = [each.outputs if self.return_sequences else each.last for each in both]
        merged = _MERGE[self.merge_mode](*outputs)
        if not self.return_state:
            return merged
        outputs = list(merged) if self.merge_mode is None else [merged]
        return (*outputs, *both[0].states, *both[1].states)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again."""
        config = super().get_config()
        del config["weights"]
        for name, layer in (("layer", self.forward_layer), ("backward_layer", self.backward_layer)):
            config[name] = layers.serialize(layer)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer; those it walks with are made from their own configs."""
        inner: dict[str, Any] = {
            name: layers.get(config[name]) for name in ("layer", "backward_layer") if name in config
        }
        return cls(**{**config, **inner})


def _copy(layer: RNN, prefix: str, go_backwards: bool) -> Any:
    """Return a layer of the same arguments, without its weights."""
    name = prefix + layer.name.removeprefix(prefix)
    config = {**layer.get_config(), "name": name, "go_backwards": go_backwards}
    return type(layer).from_config(config)
