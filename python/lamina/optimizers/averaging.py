"""Averages an optimizer keeps: of the gradients of several steps, and of the weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from lamina import ops
from lamina.registry import Configurable
from lamina.tensor import TensorBase
from lamina.variable import Variable


class AveragingOptions(TypedDict, total=False):
    """What is averaged, and how often the average takes effect."""

    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None


class Averaging(Configurable):
    """The part of an optimizer that averages gradients and weights, if it is asked to.

    gradient_accumulation_steps n: gradients of n steps are averaged for each update; the clock of
    schedules and updates, `iterations`, counts updates. use_ema: keep a = m a + (1 - m) w of the
    weights, m being ema_momentum (0 in the first step); `fit` ends with w = a, and every
    ema_overwrite_frequency updates w = a too.
    """

    name: str
    add_variable: Callable[..., Variable]
    _iterations: Variable  # steps, updates or not

    def _set_averaging(self, options: AveragingOptions) -> None:
        self.use_ema = bool(options.get("use_ema", False))
        self.ema_momentum = options.get("ema_momentum", 0.99)
        self.ema_overwrite_frequency = options.get("ema_overwrite_frequency")
        self.gradient_accumulation_steps = options.get("gradient_accumulation_steps")
        if not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"expected ema_momentum in [0, 1], received {self.ema_momentum!r}")
        for name, least in (("ema_overwrite_frequency", 1), ("gradient_accumulation_steps", 2)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < least):
                raise ValueError(f"expected {name} to be an integer >= {least}, received {value!r}")
        self._weights: list[Variable] = []
        self._averages: list[Variable] = []
        self._accumulators: list[Variable] = []

    @property
    def iterations(self) -> Any:
        """How many updates there were."""
        if self.gradient_accumulation_steps is None:
            return self._iterations
        return self._iterations // self.gradient_accumulation_steps

    def _build_averages(self, weights: Sequence[Variable]) -> None:
        self._weights = list(weights)
        wanted = [(self._averages, "average")] * self.use_ema
        if self.gradient_accumulation_steps is not None:
            wanted.append((self._accumulators, "gradient_accumulator"))
        for kept, name in wanted:
            for v in weights:
                path = f"{v.path.replace('/', '_')}_{name}"
                kept.append(self.add_variable(v.shape, "zeros", v.dtype, path))

    def _accumulate(
        self,
        gradients: Sequence[TensorBase],
        weights: Sequence[Variable],
        update: Callable[[Sequence[TensorBase]], None],
    ) -> None:
        """Call `update` with gradients; every few steps with their mean, if so configured."""
        steps = self.gradient_accumulation_steps
        if steps is None:
            update(gradients)
            return
        place = {id(v): i for i, v in enumerate(self._weights)}
        sums = [self._accumulators[place[id(v)]] for v in weights]
        for total, gradient in zip(sums, gradients, strict=True):
            total.assign_add(gradient)

        def finish() -> None:
            update([total / steps for total in sums])
            for total in sums:
                total.assign(ops.zeros_like(total))

        ops.cond((self._iterations + 1) % steps == 0, finish, lambda: None)

    def _average(self) -> None:
        """Move the averages of the weights on, and the weights to them if it is time."""
        if not self.use_ema:
            return
        updates = self.iterations
        for average, weight in zip(self._averages, self._weights, strict=True):
            momentum = ops.cast(updates != 0, weight.dtype) * self.ema_momentum
            average.assign(momentum * average + (1 - momentum) * weight)
        if self.ema_overwrite_frequency is not None:
            due = (updates + 1) % self.ema_overwrite_frequency == 0
            ops.cond(due, self._overwrite_weights, lambda: None)

    def _overwrite_weights(self) -> None:
        for average, weight in zip(self._averages, self._weights, strict=True):
            weight.assign(average)

    def finalize_variable_values(self, var_list: Any = None) -> None:
        """Set the weights to their averages, if these are kept: the end of `fit`."""
        if self.use_ema:
            self._overwrite_weights()

    def swap_weights(self) -> None:
        """Exchange the weights with their averages."""
        for average, weight in zip(self._averages, self._weights, strict=True):
            value = weight.numpy()
            weight.assign(average)
            average.assign(value)
