"""Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011).

A number depends only on the state (key, counter) and on the element's index, so it is the same for
any number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina.reference.registry import Array, op

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)  # golden ratio and sqrt(3) - 1, as 32-bit fractions
_LOW = np.uint64(0xFFFFFFFF)


def philox_words(state: Array, count: int, first: int = 0) -> Array:
    """Return `count` uint32 words from the `first` on, a multiple of 4.

    Word i is word i % 4 of the block with number i // 4.
    """
    key, counter = (int(part) & (2**64 - 1) for part in state)
    blocks = np.arange((count + 3) // 4, dtype=np.uint64) + np.uint64(first // 4)
    c0, c1 = blocks & _LOW, blocks >> np.uint64(32)
    c2 = np.full_like(blocks, counter & 0xFFFFFFFF)
    c3 = np.full_like(blocks, counter >> 32)
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = np.uint64(_MULTIPLIERS[0]) * c0, np.uint64(_MULTIPLIERS[1]) * c2
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).reshape(-1)[:count].astype(np.uint32)


def unit_uniform(state: Array, count: int, dtype: Any, first: int = 0) -> Array:
    """Return numbers in [0, 1): 24 bits of a word in float32, 53 bits of two in float64.

    first: of those returned, a multiple of 4.
    """
    if dtype == np.float32:
        return ((philox_words(state, count, first) >> 8) * 2.0**-24).astype(np.float32)
    words = philox_words(state, 2 * count, 2 * first).astype(np.uint64).reshape(-1, 2)
    mantissa = (words[:, 0] >> np.uint64(5)) * np.uint64(2**26) + (words[:, 1] >> np.uint64(6))
    return np.asarray(mantissa * 2.0**-53)


@op("bernoulli")
def bernoulli(p: Array, state: Array) -> Array:
    """Return 1 with probability p, else 0: whether u < p."""
    u = unit_uniform(state, p.size, p.dtype).reshape(p.shape)
    return (u < p).astype(p.dtype)


@op("multinomial")
def multinomial(p: Array, totals: Array, state: Array) -> Array:
    """Return how often each class (last axis) comes up in totals[row] draws, by inversion."""
    counts = np.zeros_like(p)
    for row, (weights, total) in enumerate(zip(p, totals, strict=True)):
        cumulated = np.cumsum(weights.astype(np.float64))
        if not (0 < cumulated[-1] < np.inf and total >= 0):
            counts[row] = np.nan
            continue
        u = unit_uniform(state, int(total), np.float64, first=row << 32) * cumulated[-1]
        np.add.at(counts[row], np.searchsorted(cumulated, u, side="right"), 1)
    return counts


@op("next_random_state")
def next_random_state(state: Array) -> Array:
    """Return (key, counter + 1)."""
    return state + np.array([0, 1], np.int64)


@op("random_uniform")
def random_uniform(
    state: Array,
    shape: Sequence[int],
    minval: float = 0,
    maxval: float = 1,
    dtype: str = "float32",
) -> Array:
    """Return numbers in [minval, maxval): minval + u (maxval - minval), below maxval."""
    kind = np.dtype(dtype).type
    u = unit_uniform(state, int(np.prod(shape)), kind)
    low, high = kind(minval), kind(maxval)
    return np.asarray(
        np.minimum(low + u * (high - low), np.nextafter(high, low)).reshape(tuple(shape))
    )


@op("random_normal")
def random_normal(
    state: Array,
    shape: Sequence[int],
    mean: float = 0,
    stddev: float = 1,
    dtype: str = "float32",
) -> Array:
    """Return normal numbers by Box and Muller's pairs, sqrt(-2 log u) (cos 2 pi v, sin 2 pi v)."""
    kind = np.dtype(dtype).type
    count = int(np.prod(shape))
    pairs = unit_uniform(state, count + count % 2, kind).astype(np.float64).reshape(-1, 2)
    ulp = 2.0**-24 if kind == np.float32 else 2.0**-53
    radius = np.sqrt(-2 * np.log(pairs[:, 0] + ulp))
    angle = 2 * np.pi * pairs[:, 1]
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:count]
    return (mean + stddev * z).astype(kind).reshape(tuple(shape))


@op("random_int")
def random_int(state: Array, shape: Sequence[int], minval: int, maxval: int) -> Array:
    """Return integers in minval..maxval-1 by multiplication and shift (Lemire 2019)."""
    words = philox_words(state, int(np.prod(shape))).astype(np.uint64)
    scaled = (words * np.uint64(maxval - minval)) >> np.uint64(32)
    return np.asarray((minval + scaled.astype(np.int64)).astype(np.int32).reshape(tuple(shape)))


def dropout_mask(state: Array, shape: tuple[int, ...], rate: float) -> Array:
    """Return what dropout multiplies by: 0 with probability `rate`, 1 / (1 - rate) otherwise."""
    if rate >= 1:
        return np.zeros(shape)
    u = unit_uniform(state, int(np.prod(shape)), np.float32).astype(np.float64)
    return np.where(u >= rate, 1 / (1 - rate), 0.0).reshape(shape)


@op("dropout")
def dropout(x: Array, state: Array, rate: float) -> Array:
    """Return x with a fraction `rate` set to 0, the rest scaled up (Srivastava et al. 2014)."""
    return np.asarray(x * dropout_mask(state, x.shape, rate).astype(x.dtype))


@dropout.gradient
def _(dy: Array, x: Array, state: Array, rate: float) -> tuple[Array, None]:
    return dropout.forward(dy, state, rate), None
