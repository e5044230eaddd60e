"""The base class of layers: building, and the three ways of being called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from lamina import constraints, dtypes, initializers, nest, ops, regularizers
from lamina.layers import context
from lamina.layers.input_spec import InputSpec, map_shapes
from lamina.layers.state import Stateful
from lamina.ops._apply import to_array
from lamina.program import Program
from lamina.registry import Configurable, serialize
from lamina.symbolic import Node, infer
from lamina.tensor import KerasTensor, TensorBase
from lamina.trace import current_trace
from lamina.utils.naming import auto_name
from lamina.variable import Variable

_LOSSES = "__losses__"
_COMMON = ("activity_regularizer", "trainable", "dtype", "name", "input_shape", "input_dim")
_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Layer(Stateful, Configurable):
    """A function with weights: a subclass makes them in `build` and composes ops in `call`.

    Called on arrays, a layer computes at once (through a plan kept per shape and dtype); on
    symbolic tensors it adds itself to the functional graph; in a trace its ops join that trace.
    `call` may take `training` and `mask`; an outer call's training flag reaches the inner calls.

    trainable: whether its weights are trained. dtype: of weights and computation; None: `floatx`.
    activity_regularizer: penalty on the output, divided by the batch size.
    input_shape, input_dim: shape of one sample, for the first layer of a `Sequential`.
    """

    input_spec: InputSpec | Sequence[InputSpec] | None = None
    _call_parameters: ClassVar[Mapping[str, inspect.Parameter]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            setattr(cls, "build", _all_or_nothing(vars(cls)["build"]))  # noqa: B010
            cls._own_build = bool(vars(cls).get("_own_build", True))
        cls._call_parameters = inspect.signature(cls.call).parameters

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        input_shape: int | Sequence[int | None] | None = None,
        input_dim: int | None = None,
        **unknown: Any,
    ) -> None:
        kind = type(self).__name__
        if unknown:
            raise ValueError(f"{kind}: unknown arguments {', '.join(map(repr, unknown))}")
        if not isinstance(trainable, bool):
            raise ValueError(f"{kind}: expected trainable to be a bool, received {trainable!r}")
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ValueError(f"{kind}: expected name to be text without '/', received {name!r}")
        self.name = name or auto_name(kind)
        self.dtype = dtypes.canonical(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.nodes: list[Node] = []
        self._trainable = trainable
        self._build_shapes: dict[str, Any] | None = None
        self._forget_programs()
        first = (input_dim,) if input_dim is not None else input_shape
        if first is not None:
            self._first_shape = (first,) if isinstance(first, int) else tuple(first)

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation; floating inputs are cast to it."""
        return self.dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype

    def add_weight(
        self,
        shape: int | Sequence[int] | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Make a weight of this layer; floating ones start as Glorot uniform, others as zeros."""
        dtype = self.variable_dtype if dtype is None else dtypes.canonical(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype.startswith("float") else "zeros"
        shape = (shape,) if isinstance(shape, int) else tuple(shape or ())
        if any(size is None for size in shape):
            raise ValueError(
                f"{self._title}: weight '{name}' needs a known shape, received {shape}: "
                f"fix these dimensions of the input"
            )
        weight = Variable(
            initializers.get(initializer),
            shape=shape,
            dtype=dtype,
            trainable=trainable,
            name=name,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
        weight.path = context.path(weight.name)
        self._track(weight)
        return weight

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`; sizes that vary are None."""
        if self._layers:
            self._infer_shapes(input_shape)
        self._built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output from tensors; every layer has its own."""
        raise NotImplementedError(f"{type(self).__name__} must override call(inputs)")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape (or nest of shapes) for inputs of `input_shape`."""
        if not self._built:
            self.build(input_shape)
        return self._infer_shapes(input_shape)

    def _infer_shapes(self, input_shape: Any) -> Any:
        inputs = map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), input_shape)
        outputs = infer(self._call_discarding_losses, inputs)
        return _shapes_of(outputs)

    # Calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer to arrays, symbolic tensors or, inside a trace, traced ones."""
        plain = len(args) == 1 and not kwargs and type(args[0]) is np.ndarray
        if plain and self._built and current_trace() is None:
            # The common case takes the shortest way to its plan.
            if self._seen_changes != context.Changes.count:
                self._forget_programs()
            outputs = self._one_array(args[0], training=self._training(None))
            return outputs if type(outputs) is not dict else self._keep_losses(outputs)
        args = tuple(to_array(arg) if _is_numbers(arg) else arg for arg in args)
        args, kwargs = nest.map_structure(self._as_input, (args, kwargs))
        if any(isinstance(leaf, KerasTensor) for leaf in nest.flatten((args, kwargs))):
            return self._call_symbolically(args, kwargs)
        if current_trace() is not None:
            return self._call_traced(args, kwargs)
        return self._call_eagerly(args, kwargs)

    def _call_eagerly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check_inputs(args)
        self._ensure_built(args, kwargs)
        if self._seen_changes != context.Changes.count:
            self._forget_programs()
        arrays = {key: value for key, value in kwargs.items() if _holds_tensor(value)}
        static = {key: value for key, value in kwargs.items() if key not in arrays}
        static["training"] = self._training(static.get("training"))
        outputs = self._program(args, arrays, **static)
        return outputs if type(outputs) is not dict else self._keep_losses(outputs)

    def _call_symbolically(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check_inputs(args)
        self._ensure_built(args, kwargs)
        outputs = infer(self._call_discarding_losses, *args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def _call_traced(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if context.is_outermost():
            self._clear_losses()
        training = self._training(kwargs.pop("training", None))
        args, kwargs = nest.map_structure(self._cast_input, (args, kwargs))
        self._check_inputs(args)
        self._ensure_built(args, kwargs)
        if "training" in self._call_parameters:
            kwargs["training"] = training
        with context.entered(self.name, training):
            outputs = self.call(*args, **kwargs)
        self._built = True
        if self.activity_regularizer is not None:
            for output in nest.flatten(outputs):
                self.add_loss(self.activity_regularizer(output) / max(1, (*output.shape, 1)[0]))
        return outputs

    def _call_discarding_losses(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self._call_traced(args, kwargs)
        self._clear_losses()
        return outputs

    def _trace_one_array(self, x: TensorBase, training: bool) -> Any:
        return self._trace((x,), {}, training=training)

    def _trace(self, args: tuple[Any, ...], arrays: dict[str, Any], **static: Any) -> Any:
        outputs = self._call_traced(tuple(args), {**arrays, **static})
        losses = self._all_call_losses()
        self._clear_losses()
        return {"outputs": outputs, _LOSSES: losses} if losses else outputs

    def _keep_losses(self, outputs: dict[str, Any]) -> Any:
        if _LOSSES not in outputs:
            return outputs
        self._call_losses = list(outputs[_LOSSES])
        return outputs["outputs"]

    def _forget_programs(self) -> None:
        """Describe the computation anew in the next call on arrays."""
        self._seen_changes = context.Changes.count
        self._one_array = Program(self._trace_one_array)
        self._program = Program(self._trace)

    def _training(self, asked: bool | None) -> bool:
        """Return the flag: as asked, else as the outer call has it, else as `call` defaults."""
        if asked is None:
            asked = context.training_flag()
        if asked is None and "training" in self._call_parameters:
            asked = self._call_parameters["training"].default
        return bool(asked) and asked is not inspect.Parameter.empty

    def _as_input(self, leaf: Any) -> Any:
        """Return what has values as a tensor or array, an option as it is."""
        if isinstance(leaf, (TensorBase, np.ndarray)) or not hasattr(leaf, "__array__"):
            return leaf
        return np.asarray(leaf)

    def _cast_input(self, leaf: Any) -> Any:
        if not isinstance(leaf, (TensorBase, np.ndarray)):
            return leaf
        tensor = ops.convert_to_tensor(leaf)
        cast = tensor.dtype.startswith("float") and self.compute_dtype.startswith("float")
        return ops.cast(tensor, self.compute_dtype) if cast else tensor

    # Checking and building

    def _check_inputs(self, args: tuple[Any, ...]) -> None:
        inputs = nest.flatten(args[0]) if args else []
        specs = self.input_spec if isinstance(self.input_spec, Sequence) else [self.input_spec]
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

    def _ensure_built(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._built:
            return
        if self._own_build:
            self.build(**self._shapes_for_build(args, kwargs))
        elif self._build_shapes is None:
            self._build_shapes = {"input_shape": _shapes_of(args[0])} if args else {}

    def _shapes_for_build(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return build's arguments: the first input's shape, or `<argument>_shape` by name."""
        names = list(inspect.signature(self.build).parameters)
        if len(names) == 1:
            return {names[0]: _shapes_of(args[0])}
        given = inspect.signature(self.call).bind(*args, **kwargs).arguments
        shapes = {f"{key}_shape": value for key, value in given.items()}
        return {name: _shapes_of(shapes[name]) for name in names if name in shapes}

    # Functional graph

    @property
    def input(self) -> Any:
        """The symbolic input of the first call, a list if there were several."""
        return _alone(self._first_node("input").inputs)

    @property
    def output(self) -> Any:
        """The symbolic output of the first call, a list if there are several."""
        return _alone(self._first_node("output").outputs)

    def _first_node(self, what: str) -> Node:
        if not self.nodes:
            raise AttributeError(
                f"{self._title} has no {what} yet: it was never called on a symbolic tensor"
            )
        return self.nodes[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again, as plain data where they can be.

        An argument's value is the attribute of its name, or else what the layer was made with.
        """
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = _plain(self.activity_regularizer)
        args, kwargs = self._arguments
        signature = inspect.signature(type(self))
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        for name, parameter in signature.parameters.items():
            if name not in _COMMON and parameter.kind not in _STARRED:
                config[name] = _plain(getattr(self, name, given.arguments[name]))
        return config

    def __getattr__(self, name: str) -> Any:
        built = vars(self).get("_built", True)
        hint = "" if built else "; it is not built yet: call it on data, or build(input_shape)"
        raise AttributeError(f"{type(self).__name__} has no attribute '{name}'{hint}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _all_or_nothing(build: Callable[..., None]) -> Callable[..., None]:
    """Wrap a `build`: a failed one leaves no weights behind; a finished one is remembered."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def wrapped(self: Layer, *args: Any, **kwargs: Any) -> None:
        before = list(self._own_trainable), list(self._own_frozen), self._built
        with context.entered(self.name):
            try:
                build(self, *args, **kwargs)
            except BaseException:
                self._own_trainable[:], self._own_frozen[:], self._built = before
                raise
        shapes = dict(signature.bind(self, *args, **kwargs).arguments)
        shapes.pop(next(iter(shapes)))
        self._build_shapes, self._built = shapes, True

    return wrapped


def _is_numbers(arg: Any) -> bool:
    """Return whether an argument is an array written as nested lists."""
    return isinstance(arg, (list, tuple)) and all(
        isinstance(leaf, (bool, int, float)) for leaf in nest.leaves(arg)
    )


def _holds_tensor(value: Any) -> bool:
    return any(isinstance(leaf, (TensorBase, np.ndarray)) for leaf in nest.flatten(value))


def _shapes_of(inputs: Any) -> Any:
    return nest.map_structure(lambda tensor: tuple(tensor.shape), inputs)


def _plain(value: Any) -> Any:
    try:
        return serialize(value)
    except TypeError:
        return value  # a subclass may know better; saving says what it cannot write


def _alone(items: list[KerasTensor]) -> Any:
    return items[0] if len(items) == 1 else items
