"""The base class of layers: building, and the three ways of being called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from numpy.typing import NDArray

from lamina import constraints, dtypes, initializers, regularizers
from lamina.layers import context, masks
from lamina.layers.calling import Calling, shapes_of
from lamina.layers.input_spec import as_shape, free_batch, map_shapes
from lamina.registry import Configurable, deserialize, layers, serialize
from lamina.symbolic import Node, infer
from lamina.tensor import KerasTensor
from lamina.trace import untraced
from lamina.utils.naming import auto_name
from lamina.variable import Variable

L = TypeVar("L", bound="Layer")
_COMMON = ("activity_regularizer", "trainable", "dtype", "name", "input_shape", "input_dim")
_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Layer(Calling, Configurable):
    """A function with weights: a subclass makes them in `build` and composes ops in `call`.

    Called on arrays, a layer computes at once (through a plan kept per shape and dtype); on
    symbolic tensors it adds itself to the functional graph; in a trace its ops join that trace.
    `call` may take `training`; an outer call's flag reaches the inner calls. It may take `mask`, or
    with several tensors `<argument>_mask`: what these carry, unless it is given. Outputs carry what
    `compute_mask` returns if `supports_masking`: by default the mask of the first argument.

    trainable: whether its weights are trained. dtype: of weights and computation; None: `floatx`.
    activity_regularizer: penalty on the output, divided by the batch size.
    input_shape, input_dim: shape of one sample, for the first layer of a `Sequential`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            setattr(cls, "build", _all_or_nothing(vars(cls)["build"]))  # noqa: B010
            cls._own_build = bool(vars(cls).get("_own_build", True))
        if "compute_mask" in vars(cls) and "supports_masking" not in vars(cls):
            cls.supports_masking = True
        cls._call_parameters = inspect.signature(cls.call).parameters
        cls._takes_masks = masks.takes_masks(cls._call_parameters)
        flag = cls._call_parameters.get("training")
        cls._default_training = flag is not None and flag.default is True

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
            self._first_shape = as_shape(first)

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
        shape: int | Sequence[int | None] | None = None,
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
        sizes = as_shape(() if shape is None else shape)
        known = [size for size in sizes if size is not None]
        if len(known) < len(sizes):
            raise ValueError(
                f"{self._title}: weight '{name}' needs a shape of known sizes, received {sizes}"
            )
        weight = Variable(
            initializers.get(initializer),
            shape=known,
            dtype=dtype,
            trainable=trainable,
            name=name,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
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
        return shapes_of(outputs)

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

    @classmethod
    def from_config(cls: type[L], config: dict[str, Any]) -> L:
        """Return the layer, with new weights, that `get_config` described.

        For classes of your own, arguments that are layers or the like are made again from their own
        configs, and what they do not take of the arguments common to all layers is set afterwards.
        """
        if layers.name_of(cls) is None:
            config = deserialize(config)
        taken = inspect.signature(cls).parameters
        late: dict[str, Any] = {}
        if all(parameter.kind is not inspect.Parameter.VAR_KEYWORD for parameter in taken.values()):
            late = {key: config[key] for key in _COMMON if key in config and key not in taken}
        layer = cls(**{key: value for key, value in config.items() if key not in late})
        for key, value in late.items():
            setattr(layer, key, value)
        return layer

    def __reduce__(self) -> Any:
        values = [variable.numpy() for variable in self.variables]
        return _remake, (type(self), self.get_config(), self._build_shapes, values)

    def __getattr__(self, name: str) -> Any:
        hint = ""
        if "_program" not in vars(self):
            hint = "; does its __init__ call super().__init__() first?"
        elif not self._built:
            hint = "; it is not built yet: call it on data, or build(input_shape)"
        raise AttributeError(f"{type(self).__name__} has no attribute '{name}'{hint}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _all_or_nothing(build: Callable[..., None]) -> Callable[..., None]:
    """Wrap a `build`: a failed one leaves no weights behind; a finished one is remembered."""

    @functools.wraps(build)
    def wrapped(self: Layer, *args: Any, **kwargs: Any) -> None:
        before = list(self._own_trainable), list(self._own_frozen), self._built
        with untraced(), context.entered(self.name):
            try:
                build(self, *args, **kwargs)
            except BaseException:
                self._own_trainable[:], self._own_frozen[:], self._built = before
                raise
        given = inspect.signature(build).bind(self, *args, **kwargs)
        given.apply_defaults()
        shapes = {k: v for k, v in given.arguments.items() if v is not self and v is not None}
        self._build_shapes, self._built = shapes, True

    return wrapped


def _remake(
    kind: type[Layer],
    config: dict[str, Any],
    build_shapes: Mapping[str, Any] | None,
    values: Sequence[NDArray[Any]],
) -> Layer:
    """Return the layer that was copied or pickled: a new one with its weights."""
    layer = kind.from_config(config)
    if build_shapes:
        # The states of a stateful layer are for a batch of one size.
        keep = getattr(layer, "stateful", False)
        layer.build(**(build_shapes if keep else map_shapes(free_batch, build_shapes)))
    for variable, value in zip(layer.variables, values, strict=True):
        variable.assign(value)
    return layer


def _plain(value: Any) -> Any:
    try:
        return serialize(value)
    except TypeError:
        return value  # a subclass may know better; saving says what it cannot write


def _alone(items: list[KerasTensor]) -> Any:
    return items[0] if len(items) == 1 else items
