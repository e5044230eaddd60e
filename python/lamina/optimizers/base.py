"""The base class of optimizers: from gradients to updated weights."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from lamina import initializers, ops
from lamina.ops._apply import apply as apply_op
from lamina.optimizers.averaging import Averaging, AveragingOptions
from lamina.optimizers.clipping import clip_by_global_norm, clip_by_norm
from lamina.optimizers.options import CommonOptions, Rate, in_range
from lamina.optimizers.schedules import LearningRateSchedule
from lamina.registry import schedules
from lamina.tensor import TensorBase
from lamina.utils.naming import auto_name
from lamina.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Optimizer(Averaging):
    """Update weights by their gradients: one fused op of the core for all weights of a dtype.

    A subclass names that op, the hyperparameters it takes (attributes of the same names) and the
    slots: the state kept per weight.

    learning_rate: a number, which can be set later, or a schedule. weight_decay d: w -= d
    learning_rate w before each update. clipnorm, clipvalue, global_clipnorm (at most one): bound
    the norm of each gradient, its elements, or the norm of all gradients together. Averages of
    gradients and weights: see `Averaging`.
    """

    update_op: ClassVar[str]
    hyperparameters: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: Rate | dict[str, Any],
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        **averaging: Unpack[AveragingOptions],
    ) -> None:
        self.name = name or auto_name(type(self).__name__)
        if unknown := set(averaging) - set(AveragingOptions.__annotations__):
            raise TypeError(f"{self.name}: unknown arguments {sorted(unknown)}")
        self._set_averaging(averaging)
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {key: value for key, value in clips.items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"{self.name}: expected at most one way of clipping, received {given}")
        for key, value in [*given.items(), ("weight_decay", weight_decay)]:
            if value is not None:
                in_range(key, value, 0.0)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm

        self.built = False
        self._variables: list[Variable] = []
        self._slots: dict[str, list[Variable]] = {}
        self._trainable_variables: list[Variable] = []
        self._excluded: list[Variable] = []
        self._excluded_names: re.Pattern[str] | None = None
        self._iterations = self.add_variable((), "zeros", "int64", "iteration")
        self._learning_rate: Variable | LearningRateSchedule
        if isinstance(learning_rate, dict):
            learning_rate = schedules.deserialize(learning_rate)
        if isinstance(learning_rate, LearningRateSchedule):
            self._learning_rate = learning_rate
        else:
            # float64, so that the rate given is the rate kept; it is cast to the weights' dtype.
            rate = initializers.Constant(self._checked_rate(learning_rate))
            self._learning_rate = self.add_variable((), rate, "float64", "learning_rate")

    def slots(self) -> Sequence[tuple[str, ...]]:
        """Name the state kept per weight, in the order of the op's inputs.

        `variables` lists a group of names weight by weight, and the groups one after the other.
        """
        return ()

    def initial_value(self, slot: str) -> float:
        """Return what a slot is filled with before the first update."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, without its state."""
        common = {key: getattr(self, key) for key in CommonOptions.__annotations__}
        return {**super().get_config(), **common}

    def _argument(self, name: str) -> Any:
        rate = self._learning_rate
        if name == "learning_rate" and isinstance(rate, Variable):
            return float(rate.numpy())
        return rate if name == "learning_rate" else super()._argument(name)

    @property
    def variables(self) -> list[Variable]:
        """All state: iterations, learning rate (unless a schedule), slots."""
        return list(self._variables)

    @property
    def learning_rate(self) -> Any:
        """The rate of the next update: a Variable, or the value of the schedule."""
        rate = self._learning_rate
        return rate(self.iterations) if isinstance(rate, LearningRateSchedule) else rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule):
            if self.built:
                raise TypeError(
                    f"{self.name}: the learning rate of an optimizer in use can be set to a number "
                    f"only; for a schedule make a new optimizer and compile the model with it"
                )
            self._variables = [v for v in self._variables if v is not self._learning_rate]
            self._learning_rate = value
        elif isinstance(self._learning_rate, LearningRateSchedule):
            raise TypeError(
                f"{self.name}: its learning rate follows {self._learning_rate!r} and cannot be "
                f"set; give the optimizer a number to be able to"
            )
        else:
            self._learning_rate.assign(self._checked_rate(value))

    def add_variable(
        self, shape: Sequence[int], initializer: Any, dtype: str, name: str
    ) -> Variable:
        """Return a new variable of the optimizer's state."""
        variable = Variable(
            initializers.get(initializer),
            shape=tuple(shape),
            dtype=dtype,
            trainable=False,
            name=name,
        )
        self._variables.append(variable)
        return variable

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the slots for these weights; does nothing the second time."""
        if self.built:
            return
        self._trainable_variables = list(variables)
        self._build_averages(self._trainable_variables)
        for group in self.slots():
            self._slots.update({name: [] for name in group})
            for v in self._trainable_variables:
                for name in group:
                    path = f"{v.path.replace('/', '_')}_{name}"
                    start = initializers.Constant(self.initial_value(name))
                    slot = self.add_variable(v.shape, start, v.dtype, path)
                    self._slots[name].append(slot)
        self.built = True

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Spare these weights, and those in whose name a pattern is found, from weight decay."""
        if self.built:
            raise ValueError(
                f"{self.name}: weights are excluded from decay before the first update"
            )
        self._excluded = list(var_list or ())
        names = list(var_names or ())
        self._excluded_names = re.compile("|".join(names)) if names else None

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """Apply pairs (gradient, weight); return the count of updates."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        self.apply(gradients, variables)
        return self._iterations

    def apply(
        self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None = None
    ) -> None:
        """Update weights by their gradients (None: no update of that weight, with a warning)."""
        variables = self._known(grads, trainable_variables)
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError(f"{self.name}: no gradients were given for any weight")
        if len(pairs) < len(variables):
            missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
            warnings.warn(f"{self.name}: no gradient for {missing}; left as they are", stacklevel=2)
        weights = [v for _, v in pairs]
        gradients = [ops.convert_to_tensor(g, v.dtype) for g, v in pairs]
        self._accumulate(gradients, weights, lambda means: self._update_all(means, weights))
        self._average()
        for variable in weights:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._iterations.assign_add(1)

    def _update_all(self, gradients: Sequence[TensorBase], weights: Sequence[Variable]) -> None:
        gradients, rate = self._clip(gradients), self.learning_rate
        for dtype in sorted({v.dtype for v in weights}):
            chosen = [i for i, v in enumerate(weights) if v.dtype == dtype]
            self.update(
                [gradients[i] for i in chosen],
                [weights[i] for i in chosen],
                ops.cast(rate, dtype),
            )

    def update(
        self,
        gradients: Sequence[TensorBase],
        weights: Sequence[Variable],
        learning_rate: TensorBase,
    ) -> None:
        """Update weights of one dtype; an optimizer composed of `lamina.ops` overrides this."""
        updated = self._update_state(gradients, weights, learning_rate)
        for weight, value in zip(weights, updated, strict=True):
            weight.assign(value)

    def _update_state(
        self,
        gradients: Sequence[TensorBase],
        weights: Sequence[Variable],
        learning_rate: TensorBase,
    ) -> Sequence[TensorBase]:
        """Run the update op: give the slots their new values, return those of the weights."""
        position = self._position
        positions = [position[id(v)] for v in weights]
        state = [*weights, *(slots[i] for slots in self._slots.values() for i in positions)]
        updated = apply_op(
            self.update_op,
            *state,
            *gradients,
            learning_rate,
            self.iterations,
            count=len(weights),
            weight_decay=[self._decay_of(v) for v in weights],
            **{name: getattr(self, name) for name in self.hyperparameters},
        )
        values = updated if len(state) > 1 else (updated,)
        for slot, value in zip(state[len(weights) :], values[len(weights) :], strict=True):
            slot.assign(value)
        return values[: len(weights)]

    def _known(self, grads: Sequence[Any], variables: Iterable[Variable] | None) -> list[Variable]:
        if variables is None:
            if not self.built:
                raise ValueError(
                    f"{self.name}: apply(grads) without variables needs build(variables) before"
                )
            variables = self._trainable_variables
        variables = list(variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"{self.name}: received {len(grads)} gradients for {len(variables)} variables"
            )
        self.build(variables)
        position = self._position
        unknown = [v.path for v in variables if id(v) not in position]
        if unknown:
            raise ValueError(
                f"{self.name}: was built for other weights than {unknown}; "
                f"make a new optimizer for a new set of weights"
            )
        return variables

    def _decay_of(self, variable: Variable) -> float:
        named = self._excluded_names is not None and self._excluded_names.search(variable.name)
        spared = named or any(variable is v for v in self._excluded)
        return 0.0 if spared else self.weight_decay or 0.0

    @property
    def _position(self) -> dict[int, int]:
        return {id(v): i for i, v in enumerate(self._trainable_variables)}

    def _clip(self, gradients: Sequence[TensorBase]) -> Sequence[TensorBase]:
        if self.clipnorm:
            return [clip_by_norm(g, self.clipnorm) for g in gradients]
        if self.clipvalue:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        if self.global_clipnorm:
            return clip_by_global_norm(gradients, self.global_clipnorm)
        return gradients

    def _checked_rate(self, value: Any) -> float:
        if not hasattr(value, "__float__"):
            raise TypeError(
                f"{self.name}: expected learning_rate to be a number or a LearningRateSchedule, "
                f"received {value!r}"
            )
        rate = float(value)
        if not 0 <= rate < math.inf:
            raise ValueError(
                f"{self.name}: expected a finite learning_rate >= 0, received {value!r}"
            )
        return rate
