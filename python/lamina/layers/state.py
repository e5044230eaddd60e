"""What a layer owns: variables, random generators and sub-layers, found by its attributes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamina.layers import context
from lamina.random import SeedGenerator
from lamina.tensor import TensorBase
from lamina.variable import Variable

if TYPE_CHECKING:
    from lamina.layers.base import Layer
    from lamina.metrics import Metric

T = TypeVar("T")


class Stateful:
    """The state of a layer and of what its attributes hold, alone or in lists and dicts."""

    name: str
    _own_trainable: list[Variable]
    _own_frozen: list[Variable]
    _call_losses: list[TensorBase]
    _call_metrics: dict[str, Any]
    _arguments: tuple[tuple[Any, ...], dict[str, Any]]
    _trainable: bool
    _built: bool
    # Whether `build` makes weights; if not, sub-layers are built as `call` reaches them.
    _own_build: ClassVar[bool] = False
    # Attributes that hold other layers without owning them.
    _untracked: ClassVar[frozenset[str]] = frozenset({"_arguments"})

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        # What a variable was made as decides its place in `weights`, whatever is frozen later.
        state: dict[str, Any] = {
            "_own_trainable": [],
            "_own_frozen": [],
            "_trainable": True,
            "_built": False,
            "_call_losses": [],
            "_call_metrics": {},
            "_arguments": (args, kwargs),
        }
        vars(self).update(state)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        quiet = not self._built or name.startswith("_") or not context.is_outermost()
        if not quiet and getattr(self, name, None) is not value:
            context.Changes.count += 1
        object.__setattr__(self, name, value)
        # Private lists may hold variables that are someone else's.
        if isinstance(value, Variable) or not name.startswith("_"):
            for variable in _members(value, Variable):
                self._track(variable)

    def _track(self, variable: Variable) -> None:
        if not any(variable is known for known in self._own_variables):
            own = self._own_trainable if variable.trainable else self._own_frozen
            own.append(variable)
            if variable.path == variable.name:
                variable.path = context.path(self.name, variable.name)
            variable.trainable = variable.trainable and self._trainable

    @property
    def _own_variables(self) -> list[Variable]:
        return [*self._own_trainable, *self._own_frozen]

    def _owned(self, kind: type[T]) -> list[T]:
        values = (value for name, value in vars(self).items() if name not in self._untracked)
        return _unique(member for value in values for member in _members(value, kind))

    @property
    def _layers(self) -> list[Layer]:
        """The sub-layers, in the order of the attributes that hold them."""
        from lamina.layers.base import Layer

        return self._owned(Layer)

    def _flatten_layers(self) -> list[Layer]:
        """Return all layers below this one, parents before children."""
        below = (layer for child in self._layers for layer in (child, *child._flatten_layers()))
        return _unique(below)

    @property
    def weights(self) -> list[Variable]:
        """All weights: own trainable ones, own others, then those of each sub-layer."""
        below = (w for layer in self._layers for w in layer.weights)
        return _unique([*self._own_variables, *below])

    @property
    def variables(self) -> list[Variable]:
        """All state: the weights and the states of random generators."""
        states = [generator.state for generator in self._owned(SeedGenerator)]
        below = (v for layer in self._layers for v in layer.variables)
        return _unique([*self._own_variables, *states, *below])

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights an optimizer updates."""
        return [w for w in self.weights if w.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights no optimizer touches."""
        return [w for w in self.weights if not (self.trainable and w.trainable)]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables an optimizer updates."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables no optimizer touches, states of random generators included."""
        return [v for v in self.variables if not (self.trainable and v.trainable)]

    @property
    def trainable(self) -> bool:
        """Whether the weights, here and below, are trained.

        A compiled model wants a new compile() after a change.
        """
        return bool(self._trainable)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._own_trainable:
            variable.trainable = self._trainable
        for layer in self._layers:
            layer.trainable = self._trainable

    def get_weights(self) -> list[NDArray[Any]]:
        """Return copies of the weights as arrays; raise ValueError before the layer is built."""
        self._require_weights("get_weights()")
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assign all weights, in the order of `weights`.

        Raises ValueError, and changes nothing, if one does not fit.
        """
        self._require_weights("set_weights()")
        arrays = [np.asarray(value) for value in weights]
        self._check_weights(arrays)
        for weight, array in zip(self.weights, arrays, strict=True):
            weight.assign(array)

    def _check_weights(self, arrays: Sequence[NDArray[Any]]) -> None:
        own = self.weights
        if len(arrays) != len(own):
            raise ValueError(
                f"{self._title}: set_weights() expected {len(own)} arrays "
                f"({', '.join(w.path for w in own)}), received {len(arrays)}"
            )
        for weight, array in zip(own, arrays, strict=True):
            if array.shape != weight.shape:
                raise ValueError(
                    f"{self._title}: weight '{weight.path}' expected an array of shape "
                    f"{weight.shape}, received shape {array.shape}"
                )
            if array.dtype.kind not in "biuf":
                raise ValueError(
                    f"{self._title}: weight '{weight.path}' expected numbers, "
                    f"received an array of dtype {array.dtype}"
                )

    def count_params(self) -> int:
        """Return the number of scalars in the weights; raise ValueError before they exist."""
        self._require_weights("count_params()")
        return sum(math.prod(weight.shape) for weight in self.weights)

    def add_loss(self, loss: TensorBase | Sequence[TensorBase]) -> None:
        """Add a scalar to the training loss; to be called in `call`, anew in each call."""
        losses: list[Any] = list(loss) if isinstance(loss, (list, tuple)) else [loss]
        for term in losses:
            if not isinstance(term, TensorBase):
                raise ValueError(
                    f"{self._title}: add_loss() expected a tensor made in call(), received {term!r}"
                )
        self._call_losses.extend(losses)

    @property
    def losses(self) -> list[TensorBase]:
        """The losses that the last call added, here and below, then the penalties of weights."""
        return [*self._all_call_losses(), *self._penalties()]

    def _all_call_losses(self) -> list[TensorBase]:
        return [loss for part in (self, *self._flatten_layers()) for loss in part._call_losses]

    def _penalties(self) -> list[TensorBase]:
        regularized = ((w, w.regularizer) for w in self.trainable_weights)
        return [penalty(w) for w, penalty in regularized if penalty is not None]

    def add_metric(self, value: TensorBase, name: str) -> None:
        """Report the mean of a value over the batches under a name; to be called in `call`."""
        from lamina.metrics import Mean

        if name not in self._call_metrics:
            self._call_metrics[name] = Mean(name=name)
        self._call_metrics[name].update_state(value)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that attributes hold or `add_metric` made, here and below."""
        return self._own_metrics()

    def _own_metrics(self) -> list[Metric]:
        from lamina.metrics import Metric

        parts = (self, *self._flatten_layers())
        return _unique(metric for part in parts for metric in part._owned(Metric))

    def _clear_losses(self) -> None:
        for part in (self, *self._flatten_layers()):
            part._call_losses.clear()

    @property
    def _title(self) -> str:
        """How messages name this layer: Dense 'hidden'."""
        return f"{type(self).__name__} '{self.name}'"

    def _require_weights(self, what: str) -> None:
        if not (self.built or self.weights):
            raise ValueError(
                f"{self._title}: {what} needs weights, and they are made when the layer is built; "
                f"call it on data, or build(input_shape), first"
            )

    @property
    def built(self) -> bool:
        """Whether the weights exist; always so where there are none to make."""
        return self._built or not (self._own_build or self._layers)

    @built.setter
    def built(self, value: bool) -> None:
        self._built = bool(value)


def _members(value: Any, kind: type[T]) -> Iterator[T]:
    """Yield the instances of `kind` in a nest of lists, tuples, sets and dicts."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _members(item, kind)
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _members(item, kind)


def _unique(items: Iterable[T]) -> list[T]:
    """Return the items in order, each object once."""
    return list({id(item): item for item in items}.values())
