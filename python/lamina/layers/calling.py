"""The ways a layer is called: on arrays, on symbolic tensors, and inside a trace."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from lamina import dtypes, nest, ops
from lamina.layers import context, masks
from lamina.layers.context import Changes
from lamina.layers.input_spec import InputSpec
from lamina.layers.state import Stateful
from lamina.ops._apply import to_array
from lamina.program import Program
from lamina.symbolic import Node, infer
from lamina.tensor import KerasTensor, Tensor, TensorBase, mask_of
from lamina.trace import current_trace
from lamina.utils.errors import blaming

_LOSSES, _MASKS, _OUTPUTS = "__losses__", "__masks__", "__outputs__"

Arguments = tuple[Any, ...]
Keywords = dict[str, Any]


class Calling(Stateful):
    """Brings the arguments of `__call__` to `call`: checked, cast, and with the weights built."""

    input_spec: InputSpec | Sequence[InputSpec] | None = None
    dtype: str
    activity_regularizer: Callable[[TensorBase], TensorBase] | None
    nodes: list[Node]  # the calls on symbolic tensors
    call: Callable[..., Any]
    build: Callable[..., None]
    _build_shapes: dict[str, Any] | None
    _call_parameters: ClassVar[Mapping[str, inspect.Parameter]] = {}
    _default_training: ClassVar[bool] = False
    _takes_masks: ClassVar[bool] = False
    # Whether `compute_mask` is asked for the outputs' masks; True where a subclass overrides it.
    supports_masking: bool = False

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the outputs' masks from the first argument and its masks, None where none is."""
        return previous_mask

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer to arrays, symbolic tensors or, inside a trace, traced ones."""
        if not kwargs and self._seen_changes == Changes.count:
            outputs = self._recall(*args)  # the plan of an earlier call, the shortest way there is
            if outputs is not None:
                return outputs
        with blaming(self._title):
            return self._call_anew(args, kwargs)

    def _call_anew(self, args: Arguments, kwargs: Keywords) -> Any:
        args = tuple(to_array(arg) if _is_numbers(arg) else arg for arg in args)
        args, kwargs = nest.map_structure(_as_input, (args, kwargs))
        if any(isinstance(leaf, KerasTensor) for leaf in nest.leaves((args, kwargs))):
            return self._call_symbolically(args, kwargs)
        if current_trace() is not None:
            return self._call_traced(args, kwargs)
        return self._call_eagerly(args, kwargs)

    def _call_eagerly(self, args: Arguments, kwargs: Keywords) -> Any:
        self._check_inputs(args)
        self._ensure_built(args, kwargs)
        if self._seen_changes != Changes.count:
            self._forget_programs()
        masked = masks.any_in((args, kwargs))
        if not kwargs and not masked and all(type(x) in (np.ndarray, Tensor) for x in args):
            return self._finish(self._on_arrays(*args))
        arrays = {key: value for key, value in kwargs.items() if _holds_tensor(value)}
        static = {key: value for key, value in kwargs.items() if key not in arrays}
        static["training"] = self._training(static.get("training"))
        carried = masks.masks_in((args, arrays)) if masked else None
        return self._finish(self._program(args, arrays, carried, **static))

    def _call_symbolically(self, args: Arguments, kwargs: Keywords) -> Any:
        self._check_inputs(args)
        self._ensure_built(args, kwargs)
        outputs = infer(self._call_discarding_losses, *args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def _call_traced(self, args: Arguments, kwargs: Keywords) -> Any:
        if context.is_outermost():
            self._clear_losses()
        training = self._training(kwargs.pop("training", None))
        args, kwargs = nest.map_structure(self._cast_input, (args, kwargs))
        self._check_inputs(args)
        self._ensure_built(args, kwargs)
        if "training" in self._call_parameters:
            kwargs["training"] = training
        if self._takes_masks:
            kwargs = masks.filled(self.call, args, kwargs)
        first = args[0] if args else next(iter(kwargs.values()), None)
        previous = kwargs.get("mask")
        if previous is None:
            previous = masks.masks_in(first)
        with context.entered(self.name, training):
            outputs = masks.passed_on(self, first, previous, self.call(*args, **kwargs))
        self._built = True
        if self.activity_regularizer is not None:
            for output in nest.leaves(outputs):
                rows = output.shape[0] if output.ndim else 1
                self.add_loss(self.activity_regularizer(output) / max(rows, 1))
        return outputs

    def _call_discarding_losses(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self._call_traced(args, kwargs)
        self._clear_losses()
        return outputs

    # What the programs of calls on arrays are made of. Losses that a call adds, and masks that its
    # outputs carry, are outputs of its plan too: they have values only after the run.

    def _forget_programs(self) -> None:
        """Describe the computation anew in the next call on arrays."""
        self._seen_changes = Changes.count
        self._program = Program(self._trace)
        self._on_arrays = Program(self._trace_arrays)
        self._recall = self._on_arrays.recall

    def _trace_arrays(self, *args: TensorBase) -> Any:
        return self._trace(args, {}, training=self._default_training)

    def _trace(self, args: Any, arrays: Keywords, carried: Any = None, **static: Any) -> Any:
        if carried is not None:
            args, arrays = masks.put((args, arrays), nest.leaves(carried))
        outputs = self._call_traced(tuple(args), {**arrays, **static})
        losses = self._all_call_losses()
        self._clear_losses()
        if losses or masks.any_in(outputs):
            found = masks.masks_in(nest.flatten(outputs))
            return {_OUTPUTS: outputs, _LOSSES: losses, _MASKS: found}
        return outputs

    def _finish(self, outputs: Any) -> Any:
        self._call_losses = []
        if type(outputs) is dict and _OUTPUTS in outputs:
            self._call_losses = list(outputs[_LOSSES])
            return masks.put(outputs[_OUTPUTS], outputs[_MASKS])
        return outputs

    # Arguments

    def _training(self, asked: bool | None) -> bool:
        """Return the flag: as asked, else as the outer call has it, else as `call` defaults."""
        if asked is None:
            asked = context.training_flag()
        return self._default_training if asked is None else bool(asked)

    def _cast_input(self, leaf: Any) -> Any:
        if not isinstance(leaf, (TensorBase, np.ndarray)):
            return leaf
        tensor = ops.convert_to_tensor(leaf)
        if not (dtypes.is_floating(tensor.dtype) and dtypes.is_floating(self.dtype)):
            return tensor
        return masks.put(ops.cast(tensor, self.dtype), [mask_of(tensor)])

    def _check_inputs(self, args: Arguments) -> None:
        inputs = nest.flatten(args[0]) if args else []
        specs = self.input_spec if isinstance(self.input_spec, Sequence) else [self.input_spec]
        if isinstance(self.input_spec, InputSpec) and args and isinstance(args[0], (list, dict)):
            raise ValueError(
                f"{self._title}: expected one input, received a {type(args[0]).__name__} of them"
            )
        if len(specs) > 1 and len(specs) != len(inputs):
            raise ValueError(f"{self._title}: expected {len(specs)} inputs, received {len(inputs)}")
        for position, tensor in enumerate(inputs):
            if not isinstance(tensor, (TensorBase, np.ndarray)):
                raise ValueError(
                    f"{self._title}: expected arrays or tensors as positional arguments, "
                    f"received {tensor!r}; pass options by keyword"
                )
            spec = specs[position] if len(specs) > 1 else specs[0]
            expected = spec.unmet(tuple(tensor.shape)) if spec is not None else None
            if expected is not None:
                which = f" (input {position})" if len(inputs) > 1 else ""
                raise ValueError(
                    f"{self._title}: expected {expected}, received shape {tensor.shape}{which}"
                )

    def _ensure_built(self, args: Arguments, kwargs: Keywords) -> None:
        if self._built:
            return
        with context.building:
            if self._own_build and not self._built:
                self.build(**self._shapes_for_build(args, kwargs))
            elif self._build_shapes is None:
                self._build_shapes = {"input_shape": shapes_of(args[0])} if args else {}

    def _shapes_for_build(self, args: Arguments, kwargs: Keywords) -> dict[str, Any]:
        """Return build's arguments: the first input's shape, or `<argument>_shape` by name."""
        names = list(inspect.signature(self.build).parameters)
        given = inspect.signature(self.call).bind(*args, **kwargs).arguments
        if len(names) == 1 and given:
            return {names[0]: shapes_of(next(iter(given.values())))}
        inputs = {f"{key}_shape": value for key, value in given.items()}
        return {name: shapes_of(inputs[name]) for name in names if name in inputs}


def shapes_of(inputs: Any) -> Any:
    """Return the shapes of a nest of tensors."""
    return nest.map_structure(lambda tensor: tuple(tensor.shape), inputs)


def _as_input(leaf: Any) -> Any:
    """Return what has values as a tensor or array, an option as it is."""
    if isinstance(leaf, (TensorBase, np.ndarray)) or not hasattr(leaf, "__array__"):
        return leaf
    return np.asarray(leaf)


def _is_numbers(arg: Any) -> bool:
    """Return whether an argument is an array written as nested lists."""
    return isinstance(arg, (list, tuple)) and all(
        isinstance(leaf, (bool, int, float)) for leaf in nest.leaves(arg)
    )


def _holds_tensor(value: Any) -> bool:
    return any(isinstance(leaf, (TensorBase, np.ndarray)) for leaf in nest.leaves(value))
