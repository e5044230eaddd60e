"""The layer that walks a cell through time."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from lamina import nest, ops
from lamina.layers.base import Layer
from lamina.layers.input_spec import InputSpec
from lamina.layers.recurrent.stacked import StackedRNNCells
from lamina.layers.recurrent.standard_cell import StandardCell
from lamina.registry import layers
from lamina.tensor import TensorBase, mask_of
from lamina.variable import Variable


class Walked(NamedTuple):
    """What a walk through time gives."""

    outputs: TensorBase  # (batch, time, units), each at its time
    last: TensorBase  # (batch, units), the output of the last step taken
    states: list[Any]


@layers.register()
class RNN(Layer):
    """Walk a cell through time: (batch, time, ...) → (batch, units).

    cell: a layer with `call(inputs, states)` → (output, new states), a `state_size` (an int, or a
    list of them, one for each state) and, if they differ, an `output_size`; a list of cells is
    stacked. A cell may have `get_initial_state(batch_size)`; states start at zeros without it.

    return_sequences: give the output of every step, (batch, time, units).
    return_state: give the last states too, (output, state, ...).
    go_backwards: begin at the end; outputs come in the order in which they are made.
    stateful: begin where the same row of the last batch ended, until `reset_state()`.
    unroll: lay the steps out one after the other in the graph; such a layer can be differentiated
        twice.
    zero_output_for_mask: give zeros for masked steps, not the output before.

    Called with `initial_state` (a list, or in one list with the sequences) it begins there; with
    `mask` (batch, time), or on a tensor that carries one, a row stands still where it is False.
    """

    supports_masking = True

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cell = (
            StackedRNNCells(cell, dtype=self.dtype) if isinstance(cell, (list, tuple)) else cell
        )
        for needed in ("call", "state_size"):
            if not hasattr(self.cell, needed):
                raise ValueError(
                    f"{self._title}: expected a cell with call(inputs, states) and state_size, "
                    f"received {cell!r} without {needed}"
                )
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.input_spec = InputSpec(min_ndim=3)
        self._states: Any = None

    def __call__(self, sequences: Any, *args: Any, **kwargs: Any) -> Any:
        """Walk through the sequences; a list is [sequences, state, ...]."""
        if isinstance(sequences, (list, tuple)) and len(sequences) > 1 and not args:
            first, *states = sequences
            if hasattr(first, "shape"):
                return super().__call__(first, initial_state=states, **kwargs)
        return super().__call__(sequences, *args, **kwargs)

    @property
    def state_size(self) -> list[Any]:
        """The size of each state."""
        size = self.cell.state_size
        return [size] if isinstance(size, int) else list(size)

    @property
    def states(self) -> Any:
        """The variables with the last states of a stateful layer; None before they are made."""
        return self._states

    def build(self, sequences_shape: Any) -> None:
        batch_size = sequences_shape[0]
        if self.stateful and batch_size is None:
            raise ValueError(
                f"{self._title}: a stateful layer needs a fixed batch size, received sequences of "
                f"shape {tuple(sequences_shape)}; give Input(batch_shape=...) all sizes"
            )
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((batch_size, *sequences_shape[2:]))
        if self.stateful:
            first = self.get_initial_state(batch_size)
            self._states = nest.map_structure(
                lambda state: Variable(state, trainable=False, name="rnn_state"), first
            )

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the cell's initial states, in a list."""
        make = getattr(self.cell, "get_initial_state", None)
        if make is None:
            return [ops.zeros((batch_size, n), dtype=self.compute_dtype) for n in self.state_size]
        return _as_list(make(batch_size=batch_size))

    def reset_state(self) -> None:
        """Set the states of a stateful layer to zeros."""
        for state in nest.leaves(self._states) if self._states is not None else ():
            state.assign(ops.zeros_like(state))

    reset_states = reset_state

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        mask = nest.flatten(previous_mask)[0] if self.return_sequences else None
        return [mask, *[None] * len(self.state_size)] if self.return_state else mask

    def call(
        self,
        sequences: TensorBase,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        walked = self.walk(sequences, initial_state, mask, training)
        output = walked.last
        if self.return_sequences:
            output = ops.flip(walked.outputs, 1) if self.go_backwards else walked.outputs
        return (output, *walked.states) if self.return_state else output

    def walk(self, sequences: TensorBase, initial_state: Any, mask: Any, training: bool) -> Walked:
        """Walk through time."""
        sequences = self._cast_input(sequences)  # `Bidirectional` may be of another dtype
        batch, steps = sequences.shape[:2]
        if steps == 0:
            raise ValueError(
                f"{self._title}: expected at least one step, received shape {sequences.shape}"
            )
        states = self._first_states(initial_state, batch)
        mask = self._checked_mask(mask_of(sequences) if mask is None else mask, (batch, steps))
        walk = self.cell.sequence if self._fuses(training) else self._take_steps
        outputs, states = walk(sequences, states, mask, self.go_backwards, training)
        if mask is not None and self.zero_output_for_mask:
            outputs = ops.where(ops.expand_dims(mask, -1), outputs, 0)
        if self.stateful:
            for variable, state in zip(nest.leaves(self._states), nest.leaves(states), strict=True):
                variable.assign(state)
        return Walked(outputs, outputs[:, 0 if self.go_backwards else steps - 1], states)

    def _fuses(self, training: bool) -> bool:
        fuses = getattr(self.cell, "fuses", None)
        return fuses is not None and not self.unroll and bool(fuses(training))

    def _first_states(self, initial_state: Any, batch: int) -> list[Any]:
        if self.stateful and (known := next(nest.leaves(self._states)).shape[0]) != batch:
            raise ValueError(
                f"{self._title}: expected batches of {known} rows, as a stateful layer keeps their "
                f"states, received {batch}"
            )
        if initial_state is None:
            initial_state = self._states if self.stateful else self.get_initial_state(batch)
        states: list[Any] = nest.map_structure(
            lambda state: ops.cast(state, self.compute_dtype), _as_list(initial_state)
        )
        if len(states) != len(self.state_size):
            raise ValueError(
                f"{self._title}: expected {len(self.state_size)} initial states, "
                f"received {len(states)}"
            )
        return states

    def _checked_mask(self, mask: Any, expected: tuple[int, int]) -> TensorBase | None:
        given = nest.flatten(mask)[0]
        if given is None:
            return None
        checked = ops.cast(given, "bool")
        if checked.shape != expected:
            raise ValueError(
                f"{self._title}: expected a mask of shape {expected}, received {checked.shape}"
            )
        return checked

    def _take_steps(
        self, sequences: TensorBase, states: Any, mask: Any, reverse: bool, training: bool
    ) -> tuple[TensorBase, Any]:
        """Walk with the cell's `call`, step by step."""
        batch = sequences.shape[0]
        dropping = [cell for cell in _cells(self.cell) if isinstance(cell, StandardCell)]
        options = {"training": training} if _takes_training(self.cell) else {}
        call = self.cell if callable(self.cell) else self.cell.call

        def step(carry: Any, now: Any) -> Any:
            (states, before), (inputs, takes) = carry, now
            output, new_states = call(inputs, states, **options)
            new_states = _as_list(new_states)
            if takes is not None:
                takes = ops.expand_dims(takes, -1)
                output = ops.where(takes, output, before)
                new_states = nest.map_structure(
                    functools.partial(ops.where, takes), new_states, states
                )
            return (new_states, output if takes is not None else None), output

        for cell in dropping:
            cell.begin_sequence(batch, training)
        first = None if mask is None else self._first_output(states, batch)
        xs = (ops.swapaxes(sequences, 0, 1), None if mask is None else ops.transpose(mask))
        scan = _unrolled_scan if self.unroll else ops.scan
        (states, _), outputs = scan(step, (states, first), xs, reverse=reverse)
        for cell in dropping:
            cell.end_sequence()
        return ops.swapaxes(outputs, 0, 1), states

    def _first_output(self, states: Any, batch: int) -> TensorBase:
        """Return what a row gives that stands still at first: the state that is the output."""
        size = getattr(self.cell, "output_size", None)
        last = states[-1] if isinstance(states[-1], (list, tuple)) else states
        output: TensorBase = nest.flatten(last)[0]
        if size is None or output.shape == (batch, size):
            return output
        return ops.zeros((batch, size), dtype=self.compute_dtype)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer; its cell is made from its own config."""
        return cls(**{**config, "cell": layers.get(config["cell"])})


def _as_list(states: Any) -> list[Any]:
    return list(states) if isinstance(states, (list, tuple)) else [states]


def _cells(cell: Any) -> Sequence[Any]:
    return cell.cells if isinstance(cell, StackedRNNCells) else [cell]


def _takes_training(cell: Any) -> bool:
    return "training" in getattr(cell, "_call_parameters", {})


def _unrolled_scan(step: Any, carry: Any, xs: Any, reverse: bool) -> tuple[Any, TensorBase]:
    """Do what `ops.scan` does, with the steps one after the other in the graph."""
    sequences, mask = xs
    outputs = {}
    order = range(sequences.shape[0])
    for t in reversed(order) if reverse else order:
        carry, outputs[t] = step(carry, (sequences[t], None if mask is None else mask[t]))
    return carry, ops.stack([outputs[t] for t in order])
