"""The kinds of units that a restricted Boltzmann machine sees.

With biases b, weights W and hidden units h, a = h Wᵀ + b is what the machine knows of its visible
units v, and decides their distribution.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lamina import ops, random
from lamina.random import SeedGenerator
from lamina.tensor import TensorBase


class Binary:
    """v is 0 or 1: P(v = 1 | h) = σ(a); energy -v·b. Data may be probabilities."""

    wanted = "numbers from 0 to 1"

    def fits(self, x: NDArray[Any]) -> bool:
        """Whether such units can take these values."""
        return bool(x.min(initial=0) >= 0 and x.max(initial=0) <= 1)

    def trials(self, v: TensorBase) -> Any:
        """Return what of v is given and not drawn: the number of words of each row, (rows, 1)."""
        return None

    def repeated(self, x: TensorBase, trials: Any) -> TensorBase:
        """Return x, of the hidden units, as often as they count."""
        return x

    def mean(self, a: TensorBase, trials: Any) -> TensorBase:
        """Return the expectation of v given h."""
        return ops.sigmoid(a)

    def sample(self, mean: TensorBase, trials: Any, seed: SeedGenerator) -> TensorBase:
        """Draw v around its expectation."""
        return random.bernoulli(mean, seed)

    def energy(self, v: TensorBase, bias: TensorBase) -> TensorBase:
        """Return each row's energy without that of the weights and the hidden units."""
        return -ops.matmul(v, bias)


class Gaussian(Binary):
    """v is real with variance 1: v | h ~ N(a, 1); energy |v - b|² / 2. Data wants standardizing."""

    wanted = "finite numbers"

    def fits(self, x: NDArray[Any]) -> bool:
        return bool(np.isfinite(x).all())

    def mean(self, a: TensorBase, trials: Any) -> TensorBase:
        return a

    def sample(self, mean: TensorBase, trials: Any, seed: SeedGenerator) -> TensorBase:
        return mean + random.normal(mean.shape, dtype=mean.dtype, seed=seed)

    def energy(self, v: TensorBase, bias: TensorBase) -> TensorBase:
        return ops.sum(ops.square(v - bias), axis=-1) / 2.0


class Counts(Binary):
    """v counts words in a document of D words, each drawn from softmax(a); energy -v·b.

    The replicated softmax: D machines share their weights, and their hidden units, whose biases
    count D times. Source: Salakhutdinov & Hinton 2009, "Replicated Softmax".
    """

    wanted = "counts: whole numbers from 0"

    def fits(self, x: NDArray[Any]) -> bool:
        return bool((x >= 0).all() and (x == np.floor(x)).all())

    def trials(self, v: TensorBase) -> Any:
        return ops.sum(v, axis=-1, keepdims=True)

    def repeated(self, x: TensorBase, trials: Any) -> TensorBase:
        return x * cast(TensorBase, trials)

    def mean(self, a: TensorBase, trials: Any) -> TensorBase:
        return ops.softmax(a) * cast(TensorBase, trials)

    def sample(self, mean: TensorBase, trials: Any, seed: SeedGenerator) -> TensorBase:
        return random.multinomial(mean, ops.reshape(trials, (-1,)), seed)


UNITS = {"binary": Binary(), "gaussian": Gaussian(), "counts": Counts()}
