"""Random numbers: functions of a generator's state, the same for any number of threads."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import dtypes, ops
from lamina._core import draw_seed
from lamina.ops import argmax, cast, expand_dims, log, take
from lamina.ops._apply import apply_one, to_floating, to_tensor
from lamina.registry import Configurable
from lamina.tensor import TensorBase, TensorLike
from lamina.utils.locks import Lock
from lamina.variable import Variable


class SeedGenerator(Configurable):
    """A stream of random states (key, counter): the seed, and how many draws there were.

    Draws of a traced function advance it each time the plan runs.
    seed: None draws one from the global generator.
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is None:
            seed = next_seed()
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"SeedGenerator: expected a seed >= 0 or None, received {seed!r}")
        self.seed = int(seed)
        self.name = name
        self.state = Variable(_first_state(seed), trainable=False, name=name or "seed_generator")

    def next(self) -> TensorBase:
        """Return a state that no draw has used, and count on."""
        state = self.state.value
        self.state.assign(apply_one("next_random_state", state))
        return state


Seed = int | SeedGenerator | None

_lock = Lock()
_global: SeedGenerator | None = None


def global_generator() -> SeedGenerator:
    """Return the generator that everything without a seed of its own draws from."""
    global _global
    with _lock:
        if _global is None:
            seed = int.from_bytes(os.urandom(7), "big")
            _global = SeedGenerator(seed, name="global_seed_generator")
        return _global


def next_seed() -> int:
    """Draw an integer in [0, 2^63) from the global generator, at once even inside a trace."""
    return draw_seed(global_generator().state.core)


def get_state() -> NDArray[np.int64]:
    """Return the global generator's state."""
    return global_generator().state.numpy()


def set_state(state: NDArray[np.int64]) -> None:
    """Set the global generator's state, as `get_state` gave it."""
    global_generator().state.core.assign(state)


def set_seed(seed: int) -> None:
    """Start the global generator anew; plans that draw from it go on with the new stream."""
    set_state(_first_state(seed))


def _first_state(seed: int) -> NDArray[np.int64]:
    return np.array([int(seed) % 2**64, 0], np.uint64).view(np.int64)


def _state(seed: Seed) -> TensorBase:
    """Return the state for one draw: always the same one of an integer."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    return global_generator().next() if seed is None else to_tensor(_first_state(seed))


def uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: str | None = None,
    seed: Seed = None,
) -> TensorBase:
    """Draw uniformly from [minval, maxval). An integer `seed` gives the same numbers each time."""
    dtype = dtypes.canonical(dtype)
    if not dtypes.is_floating(dtype):
        return cast(randint(shape, int(minval), int(maxval), seed=seed), dtype)
    return apply_one(
        "random_uniform",
        _state(seed),
        shape=list(shape),
        minval=float(minval),
        maxval=float(maxval),
        dtype=dtype,
    )


def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: str | None = None,
    seed: Seed = None,
) -> TensorBase:
    """Draw from N(mean, stddev²). An integer `seed` gives the same numbers each time."""
    return apply_one(
        "random_normal",
        _state(seed),
        shape=list(shape),
        mean=float(mean),
        stddev=float(stddev),
        dtype=dtypes.canonical(dtype),
    )


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: str | None = None,
    seed: Seed = None,
) -> TensorBase:
    """Draw from N(mean, stddev²) what lies within two standard deviations of the mean.

    The distribution's inverse, √2 erf⁻¹, of uniform numbers.
    """
    limit = math.erf(2 / math.sqrt(2))
    drawn = ops.erfinv(uniform(shape, -limit, limit, dtype, seed)) * math.sqrt(2)
    return mean + stddev * ops.clip(drawn, -2.0, 2.0)


def randint(
    shape: Sequence[int], minval: int, maxval: int, dtype: str = "int32", seed: Seed = None
) -> TensorBase:
    """Draw integers uniformly from minval..maxval - 1."""
    drawn = apply_one(
        "random_int", _state(seed), shape=list(shape), minval=int(minval), maxval=int(maxval)
    )
    return cast(drawn, dtype)


def categorical(
    logits: TensorLike, num_samples: int, dtype: str = "int32", seed: Seed = None
) -> TensorBase:
    """Draw `num_samples` classes for each row of logits (rows, classes).

    Their probabilities are softmax(logits); the largest of logits - ln(-ln u) is such a draw
    (Gumbel 1954).
    """
    scores = to_floating(logits)
    rows, classes = scores.shape
    smallest = float(np.finfo(scores.dtype).tiny)
    u = uniform((rows, num_samples, classes), smallest, 1.0, scores.dtype, seed)
    return cast(argmax(expand_dims(scores, 1) - log(-log(u)), axis=-1), dtype)


def bernoulli(p: TensorLike, seed: Seed = None) -> TensorBase:
    """Draw 1 with probability p, else 0, for each element of p, in its dtype."""
    return apply_one("bernoulli", to_floating(p), _state(seed))


def multinomial(p: TensorLike, totals: TensorLike, seed: Seed = None) -> TensorBase:
    """Draw `totals[row]` classes for each row of p and count them.

    p: weights of the classes (rows, classes), not negative, of any sum. totals: (rows,), whole
    numbers below 2^31. The counts are NaN where there is nothing to draw from.
    """
    weights = to_floating(p)
    return apply_one("multinomial", weights, to_tensor(totals, weights.dtype), _state(seed))


def binomial(
    shape: Sequence[int],
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: str | None = None,
    seed: Seed = None,
) -> TensorBase:
    """Draw how many of `counts` trials succeed, each with its probability; both broadcast."""
    dtype = dtypes.canonical(dtype)
    p = ops.ravel(ops.broadcast_to(ops.cast(probabilities, "float64"), shape))
    totals = ops.ravel(ops.broadcast_to(ops.cast(counts, "float64"), shape))
    drawn = multinomial(ops.stack([p, 1 - p], axis=1), totals, seed)[:, 0]
    return cast(ops.reshape(drawn, shape), dtype)


def gamma(
    shape: Sequence[int], alpha: TensorLike, dtype: str | None = None, seed: Seed = None
) -> TensorBase:
    """Draw from the gamma distribution of shape parameter alpha, which broadcasts, and scale 1.

    By rejection (Marsaglia, Tsang 2000): d (1 + c x)³ of normal numbers x; where alpha < 1 that of
    alpha + 1 times u^(1/alpha).
    """
    return _gamma(shape, alpha, dtypes.canonical(dtype), _state(seed))


def beta(
    shape: Sequence[int],
    alpha: TensorLike,
    beta: TensorLike,
    dtype: str | None = None,
    seed: Seed = None,
) -> TensorBase:
    """Draw from the beta distribution: a / (a + b), a of gamma(alpha) and b of gamma(beta)."""
    dtype, state = dtypes.canonical(dtype), _state(seed)
    a = _gamma(shape, alpha, dtype, state)
    b = _gamma(shape, beta, dtype, state + np.array([0, 1 << 62]))
    return a / (a + b)


def _gamma(shape: Sequence[int], alpha: TensorLike, dtype: str, state: TensorBase) -> TensorBase:
    wanted = ops.broadcast_to(ops.cast(alpha, dtype), shape)
    raised = ops.where(wanted < 1, wanted + 1, wanted)
    d = raised - 1 / 3
    c = 1 / ops.sqrt(9 * d)

    def draw(op: str, state: TensorBase, **options: float) -> TensorBase:
        return apply_one(op, state, shape=list(shape), dtype=dtype, **options)

    def attempt(i: Any, state: Any, drawn: Any) -> Any:
        # Each attempt has counters of its own, far from those of the generator's next draws.
        x = draw("random_normal", state)
        u = draw("random_uniform", state + np.array([0, 1 << 52]))
        v = (1 + c * x) ** 3
        safe = ops.where(v > 0, v, 1.0)
        accepted = (v > 0) & (log(1 - u) < x * x / 2 + d * (1 - safe + log(safe)))
        fresh = ops.where(accepted, d * safe, drawn)
        return i + 1, state + np.array([0, 1 << 48]), ops.where(drawn < 0, fresh, drawn)

    boost = 1 - draw("random_uniform", state + np.array([0, 1 << 53]))
    drawn: TensorBase = ops.while_loop(
        lambda i, state, drawn: ops.any(drawn < 0) & (i < 64),
        attempt,
        (0, state + np.array([0, 1 << 48]), ops.full(shape, -1.0, dtype)),
    )[2]
    return drawn * ops.where(wanted < 1, boost ** (1 / wanted), 1.0)


def dropout(
    inputs: TensorLike,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    seed: Seed = None,
) -> TensorBase:
    """Set a part `rate` of the elements to 0 and scale the others by 1 / (1 - rate).

    noise_shape: elements share their fate along axes where it has 1 (Srivastava et al. 2014).
    """
    x = to_floating(inputs)
    if noise_shape is None:
        return apply_one("dropout", x, _state(seed), rate=float(rate))
    ones = to_tensor(np.ones(_mask_shape(noise_shape, x.shape)), x.dtype)
    return x * apply_one("dropout", ones, _state(seed), rate=float(rate))


def _mask_shape(noise_shape: Sequence[int | None] | None, shape: Sequence[int]) -> list[int]:
    """Return the shape that dropout draws for data of a shape, whose sizes stand for None."""
    wanted = [None] * len(shape) if noise_shape is None else noise_shape
    if len(wanted) != len(shape):
        raise ValueError(f"dropout: expected noise_shape {noise_shape} of rank {len(shape)}")
    return [size if n is None else n for n, size in zip(wanted, shape, strict=True)]


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> TensorBase:
    """Return x with the positions along an axis in random order."""
    tensor = to_tensor(x)
    keys = uniform((tensor.shape[axis],), dtype="float64", seed=seed)
    return take(tensor, apply_one("argsort", keys, axis=0), axis=axis)
