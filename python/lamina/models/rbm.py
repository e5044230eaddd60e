"""The restricted Boltzmann machine: a model that learns how its data is distributed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import initializers, metrics, ops, optimizers, random, registry
from lamina.data import ArrayData, unpack_x_y_sample_weight
from lamina.layers.input_spec import InputSpec
from lamina.models.model import Model
from lamina.models.visible_units import UNITS
from lamina.ops._apply import apply_one
from lamina.program import Program
from lamina.random import SeedGenerator
from lamina.tensor import TensorBase
from lamina.variable import Variable

Array = NDArray[Any]


@registry.layers.register()
class RBM(Model):
    """Restricted Boltzmann machine: P(v, h) ∝ exp(v W h + v·b + c·h) for binary v and h.

    Called on data it gives P(h = 1 | v) = σ(v W + c), so that it also serves as a layer. `fit(x)`
    learns by contrastive divergence: W += learning_rate (⟨v h⟩ of the data - ⟨v h⟩ of the machine),
    where the machine has been sampled for `k` steps, hidden and visible units in turn, from the
    data; or, if `persistent`, from where it was left by the batch before, in so many `chains`, by
    default as many as the first batch has rows (Tieleman 2008). It reports the mean squared error
    of reconstructing data (of one row in 64, if persistent).

    visible: the kind of units that see the data: "binary", with data from 0 to 1; "gaussian", with
    variance 1, for standardized data and small learning rates; "counts", for words in documents.
    momentum, weight_decay: of the updates; `compile(optimizer)` sets another optimizer. seed: of
    the samples. Weights: kernel (visible, hidden), visible_bias, hidden_bias.
    Sources: Hinton 2002, "Training products of experts by minimizing contrastive divergence";
    Hinton 2010, "A practical guide to training restricted Boltzmann machines".
    """

    _own_build = True
    kernel: Variable
    visible_bias: Variable
    hidden_bias: Variable

    def __init__(
        self,
        hidden_units: int,
        learning_rate: float = 0.05,
        k: int = 1,
        persistent: bool = False,
        visible: str = "binary",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        seed: int | None = None,
        chains: int | None = None,
        **kwargs: Any,
    ) -> None:
        counts = {"hidden_units": hidden_units, "k": k}
        for name, value in (counts if chains is None else counts | {"chains": chains}).items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"RBM: expected {name} to be a whole number > 0, received {value!r}"
                )
        if visible not in UNITS:
            raise ValueError(
                f"RBM: expected visible to be one of {list(UNITS)}, received {visible!r}"
            )
        if persistent and visible == "counts":
            raise ValueError(
                "RBM: visible='counts' cannot be persistent: a chain has no number of words"
            )
        if chains is not None and not persistent:
            raise ValueError(f"RBM: {chains} chains persist only in a machine with persistent=True")
        super().__init__(**kwargs)
        self.hidden_units, self.k, self.visible = hidden_units, k, visible
        self.persistent, self.chains = persistent, chains
        self.generator = SeedGenerator(seed)
        self.error = metrics.Mean(name="reconstruction_error")
        self._units = UNITS[visible]
        self._hidden_states: list[Variable] = []  # of the chains, once their number is known
        self._programs: dict[str, Program] = {}
        self.compile(
            optimizers.SGD(learning_rate, momentum=momentum, weight_decay=weight_decay or None)
        )

    def compile(self, optimizer: Any = "sgd") -> None:  # type: ignore[override] # nothing else to choose
        """Choose the optimizer; its weight decay spares the biases."""
        super().compile(optimizer)
        self._loss_tracker = None  # what is minimized has no value that could be computed
        if not self.optimizer.built:
            self.optimizer.exclude_from_weight_decay(var_names=["bias"])

    def get_compile_config(self) -> dict[str, Any]:
        return {"optimizer": super().get_compile_config()["optimizer"]}

    def build(self, input_shape: Any) -> None:
        """Make the weights for so many visible units: the kernel from N(0, 0.01²), biases 0."""
        units = input_shape[-1]
        small = initializers.RandomNormal(stddev=0.01)
        self.kernel = self.add_weight((units, self.hidden_units), small, name="kernel")
        self.visible_bias = self.add_weight((units,), "zeros", name="visible_bias")
        self.hidden_bias = self.add_weight((self.hidden_units,), "zeros", name="hidden_bias")
        self.input_spec = InputSpec(ndim=2, axes={-1: units})
        if self.chains is not None:
            self._start_chains(self.chains)

    @property
    def variables(self) -> list[Variable]:
        """All state: weights, the random generator's, and the hidden units that persist."""
        return [*super().variables, *self._hidden_states]

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> TensorBase:
        """Return P(h = 1 | v)."""
        return ops.sigmoid(self._hidden_input(inputs))

    def _hidden_input(self, v: TensorBase) -> TensorBase:
        # Few units of most data are on: `sparse_a` leaves the others out of the product.
        bias = self._units.repeated(self.hidden_bias, self._units.trials(v))
        return apply_one("matmul", v, self.kernel.value, sparse_a=True) + bias

    def _visible_mean(self, h: TensorBase, trials: Any) -> TensorBase:
        a = ops.matmul(h, ops.transpose(self.kernel)) + self.visible_bias
        return self._units.mean(a, trials)

    def _draw_visible(self, h: TensorBase, trials: Any) -> TensorBase:
        return self._units.sample(self._visible_mean(h, trials), trials, self.generator)

    # Learning

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step of contrastive divergence."""
        v = self._alone(data)
        h, trials = self(v), self._units.trials(v)
        state = random.bernoulli(h, self.generator)
        if self.persistent:
            # Nothing but the error wants the data reconstructed: some rows of them will do.
            some = math.ceil(v.shape[0] / 64)
            self._track_error(v[:some], self._visible_mean(state[:some], trials))
            if not self._hidden_states:
                self._start_chains(v.shape[0])
            state = self._hidden_states[0].value
        for step in range(self.k):
            mean = self._visible_mean(state, trials)
            if step == 0 and not self.persistent:
                self._track_error(v, mean)
            model_v = self._units.sample(mean, trials, self.generator)
            model_h = self.call(model_v)
            if self.persistent or step + 1 < self.k:
                state = random.bernoulli(model_h, self.generator)
        if self.persistent:
            self._hidden_states[0].assign(state)
        self._update(v, h, model_v, model_h)
        return self.get_metrics_result()

    def _update(
        self, v: TensorBase, h: TensorBase, model_v: TensorBase, model_h: TensorBase
    ) -> None:
        """Move the weights from the machine's statistics to the data's."""
        # One product gives both terms of the kernel's gradient.
        rows, model_rows = v.shape[0], model_v.shape[0]
        signs = np.repeat([-1 / rows, 1 / model_rows], [rows, model_rows]).astype(v.dtype)
        seen = ops.concatenate([v, model_v])
        hidden = ops.concatenate([h, model_h]) * signs[:, None]
        gradients = [
            apply_one("matmul", seen, hidden, transpose_a=True, sparse_a=True),
            ops.matmul(signs, seen),
            ops.sum(self._units.repeated(hidden, self._units.trials(seen)), axis=0),
        ]
        self.optimizer.apply(gradients, [self.kernel, self.visible_bias, self.hidden_bias])

    def test_step(self, data: Any) -> dict[str, Any]:
        """Measure the error of reconstructing a batch from what is expected of its hidden units."""
        v = self._alone(data)
        self._track_error(v, self._reconstruct(v))
        return self.get_metrics_result()

    def _alone(self, data: Any) -> TensorBase:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        if y is not None or sample_weight is not None:
            raise ValueError(f"{self._title}: learns from x alone, received targets or weights too")
        return ops.cast(x, self.compute_dtype)

    def _track_error(self, v: TensorBase, mean: TensorBase) -> None:
        self.error.update_state(ops.mean(ops.square(v - mean)), sample_weight=v.shape[0])

    def _start_chains(self, count: int) -> None:
        """Make the hidden units that persist, 0 at first; a file of the machine keeps them."""
        self.chains = count
        zeros = np.zeros((count, self.hidden_units), self.compute_dtype)
        self._hidden_states.append(Variable(zeros, trainable=False, name="chains"))

    def _adapt_arrays(self, x: Any, y: Any = None, sample_weight: Any = None) -> ArrayData:
        data = super()._adapt_arrays(x, y, sample_weight)
        if isinstance(data.x, np.ndarray) and not self._units.fits(data.x):
            raise ValueError(
                f"{self._title}: {self.visible} visible units take {self._units.wanted}, "
                f"received numbers from {data.x.min()} to {data.x.max()}"
            )
        return data

    # What has been learned

    def transform(self, x: Any, batch_size: int = 1000) -> Array:
        """Return P(h = 1 | v) for each row: (rows, visible) → (rows, hidden_units)."""
        hidden: Array = self.predict(x, batch_size=batch_size, verbose=0)
        return hidden

    def reconstruct(self, x: Any) -> Array:
        """Return what is expected of v, given what is expected of h, given each row."""
        return self._run(self._reconstruct, x)

    def free_energy(self, x: Any) -> Array:
        """Return F(v) = -ln Σ exp(-E(v, h)), summed over all h: (rows,); low where data is likely.

        For binary units F(v) = -v·b - Σ ln(1 + exp(v W + c)).
        """
        return self._run(self._free_energy, x)

    def pseudo_likelihood(self, x: Any) -> Array:
        """Return an estimate of Σ ln P(vᵢ | all other v), from one i at random: (rows,).

        Σ is n ln σ(F(v with vᵢ flipped) - F(v)), n being the number of units (Besag 1975). Raises
        ValueError unless visible units are binary.
        """
        if self.visible != "binary":
            raise ValueError(
                f"{self._title}: pseudo_likelihood() needs binary visible units, "
                f"these are {self.visible}"
            )
        return self._run(self._pseudo_likelihood, x)

    def sample(self, count: int = 1, steps: int = 1000, start: Any = None) -> Array:
        """Draw data from the machine: what its visible units are after `steps` steps of sampling.

        The chains start at the rows of `start`, which counts want for their numbers of words, or
        else at `count` random states of the hidden units. They are near the machine's distribution
        after many steps only.
        """
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"{self._title}: expected steps to be at least 1, received {steps!r}")
        if start is None and self.visible == "counts":
            raise ValueError(f"{self._title}: sample() needs `start`, documents of some length")
        self._require_weights("sample()")
        if start is None:
            h = random.bernoulli(np.full((count, self.hidden_units), 0.5), self.generator)
            v = self._compiled(self._first_sample)(ops.cast(h, self.compute_dtype))
        else:
            v = ops.convert_to_tensor(self._checked(start))
        for _ in range(steps - (start is None)):
            v = self._compiled(self._next_sample)(v)
        drawn: Array = v.numpy()
        return drawn

    def _reconstruct(self, v: TensorBase) -> TensorBase:
        return self._visible_mean(self(v), self._units.trials(v))

    def _free_energy(self, v: TensorBase) -> TensorBase:
        hidden = ops.sum(ops.softplus(self._hidden_input(v)), axis=-1)
        return self._units.energy(v, self.visible_bias) - hidden

    def _pseudo_likelihood(self, v: TensorBase) -> TensorBase:
        rows, units = v.shape
        chosen = random.randint((rows,), 0, units, seed=self.generator)
        flipped = ops.where(ops.one_hot(chosen, units) > 0, 1.0 - v, v)
        rise = self._free_energy(flipped) - self._free_energy(v)
        return -float(units) * ops.softplus(-rise)

    def _first_sample(self, h: TensorBase) -> TensorBase:
        return self._draw_visible(h, None)

    def _next_sample(self, v: TensorBase) -> TensorBase:
        h = random.bernoulli(self(v), self.generator)
        return self._draw_visible(h, self._units.trials(v))

    def _run(self, step: Callable[..., Any], x: Any) -> Array:
        self._require_weights(f"{step.__name__.lstrip('_')}()")
        result: Array = self._compiled(step)(self._checked(x)).numpy()
        return result

    def _compiled(self, step: Callable[..., Any]) -> Program:
        return self._programs.setdefault(step.__name__, Program(step))

    def _checked(self, x: Any) -> Array:
        rows: Array = np.asarray(self._adapt_arrays(x).x, self.compute_dtype)
        self._check_inputs((rows,))
        return rows
