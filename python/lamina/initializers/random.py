"""Random initializers; their numbers come from NumPy's Philox generator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina import random
from lamina.initializers.base import Initializer
from lamina.registry import initializers

# Standard deviation of a standard normal truncated to [-2, 2].
_TRUNCATED_STDDEV = 0.87962566103423978


class RandomInitializer(Initializer):
    """Draw from a generator of its own.

    An integer `seed` gives the same values on every call. None draws a seed once, from the
    generator that `utils.set_random_seed` seeds. A `random.SeedGenerator` gives new ones each time.
    """

    def __init__(self, seed: int | random.SeedGenerator | None = None) -> None:
        if isinstance(seed, bool) or not isinstance(
            seed, (int, np.integer, random.SeedGenerator, type(None))
        ):
            raise ValueError(
                f"{type(self).__name__}: expected seed to be an int, a SeedGenerator or None, "
                f"received {seed!r}"
            )
        self.seed = seed
        self._key = random.next_seed() if seed is None else seed

    def generator(self) -> np.random.Generator:
        """Return the generator for one call."""
        key: Any = self._key
        if isinstance(key, random.SeedGenerator):
            key = np.asarray(key.next()).view(np.uint64).tolist()
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))


@initializers.register("normal")
class RandomNormal(RandomInitializer):
    """Draw from the normal distribution N(mean, stddev²)."""

    def __init__(
        self,
        mean: float = 0.0,
        stddev: float = 0.05,
        seed: int | random.SeedGenerator | None = None,
    ) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.generator().normal(self.mean, self.stddev, shape)


@initializers.register()
class TruncatedNormal(RandomNormal):
    """Draw from N(mean, stddev²); values further than 2 stddev from the mean are drawn again."""

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.mean + self.stddev * truncated_normal(self.generator(), shape)


@initializers.register("uniform")
class RandomUniform(RandomInitializer):
    """Draw from the uniform distribution over [minval, maxval)."""

    def __init__(
        self,
        minval: float = -0.05,
        maxval: float = 0.05,
        seed: int | random.SeedGenerator | None = None,
    ) -> None:
        super().__init__(seed)
        if not minval <= maxval:
            raise ValueError(
                f"RandomUniform: expected minval <= maxval, received [{minval}, {maxval})"
            )
        self.minval, self.maxval = minval, maxval

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return self.generator().uniform(self.minval, self.maxval, shape)


@initializers.register()
class VarianceScaling(RandomInitializer):
    """Draw with variance scale / n, n being the fan the `mode` names.

    `mode`: "fan_in", "fan_out" or "fan_avg". `distribution`: "truncated_normal" (or "normal"),
    "untruncated_normal", or "uniform" over ±sqrt(3 scale / n). The axes that count as inputs and
    outputs are the last two, all others multiplying both, unless `input_axes` and `output_axes`
    name them.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | random.SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        if not scale > 0:
            raise ValueError(f"VarianceScaling: expected scale > 0, received {scale}")
        if mode not in _FANS:
            raise ValueError(
                f"VarianceScaling: expected mode in {sorted(_FANS)}, received {mode!r}"
            )
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if distribution not in _UNIT_VARIANCE:
            raise ValueError(
                f"VarianceScaling: expected distribution in {sorted(_UNIT_VARIANCE)}, "
                f"received {distribution!r}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        fan = _FANS[self.mode](*compute_fans(shape, self.input_axes, self.output_axes))
        stddev = math.sqrt(self.scale / max(1.0, fan))
        return stddev * _UNIT_VARIANCE[self.distribution](self.generator(), shape)


@initializers.register("OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """Fill with `gain` times a random matrix of orthonormal rows or columns.

    The matrix has the last axis as its columns and all others as its rows: Q of the QR
    decomposition of a normal matrix, its columns' signs those of R's diagonal (Saxe et al. 2014,
    arXiv:1312.6120).
    """

    def __init__(self, gain: float = 1.0, seed: int | random.SeedGenerator | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def sample(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: expected a shape of rank 2 or more, received {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = self.generator().standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        q *= np.sign(np.diagonal(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


def truncated_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw standard normal values within [-2, 2], by rejection."""
    values = generator.standard_normal(shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = generator.standard_normal(np.count_nonzero(outside))
        outside = np.abs(values) > 2
    return values


def compute_fans(
    shape: tuple[int, ...],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return how many inputs and outputs one weight of `shape` connects."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[i] for i in input_axes), math.prod(shape[i] for i in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


_FANS: dict[str, Callable[[int, int], float]] = {
    "fan_in": lambda fan_in, fan_out: fan_in,
    "fan_out": lambda fan_in, fan_out: fan_out,
    "fan_avg": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}

# Functions of (generator, shape).
_UNIT_VARIANCE: dict[str, Callable[..., NDArray[np.float64]]] = {
    "truncated_normal": lambda generator, shape: (
        truncated_normal(generator, shape) / _TRUNCATED_STDDEV
    ),
    "untruncated_normal": lambda generator, shape: generator.standard_normal(shape),
    "uniform": lambda generator, shape: generator.uniform(-math.sqrt(3), math.sqrt(3), shape),
}
