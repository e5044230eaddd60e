"""What convolution and pooling share: sizes along spatial axes, padding, the place of channels."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

Sizes: TypeAlias = int | Sequence[int]


def sizes(op: str, name: str, value: Sizes, rank: int, least: int = 1) -> tuple[int, ...]:
    """Return `value`, one integer for all spatial axes or one for each, as a tuple."""
    try:
        items = value if isinstance(value, (Sequence, np.ndarray)) else [value] * rank
        found = tuple(operator.index(item) for item in items)
    except TypeError:
        found = ()
    if len(found) == rank and all(n >= least for n in found):
        return found
    raise ValueError(
        f"{op}: expected {name} to be an integer of at least {least}, or {rank} of them, "
        f"received {name}={value!r}"
    )


def channels_first(op: str, data_format: str | None) -> bool:
    """Return whether channels are axis 1; the default is "channels_last"."""
    if data_format not in (None, "channels_last", "channels_first"):
        raise ValueError(
            f"{op}: expected data_format 'channels_last' or 'channels_first', "
            f"received {data_format!r}"
        )
    return data_format == "channels_first"


def padding_pairs(
    op: str,
    padding: str,
    spatial: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    causal: bool = False,
) -> list[int]:
    """Return the padding before and after each spatial axis, one after the other.

    "valid": none. "same": as much as gives ceil(size / stride) outputs, the odd one after.
    "causal", where allowed: all of it before, so that an output sees nothing later.
    """
    known = ("valid", "same", *(["causal"] if causal else []))
    if not isinstance(padding, str) or padding.lower() not in known:
        raise ValueError(f"{op}: expected padding in {known}, received {padding!r}")
    pairs = []
    for n, size, stride, dilation in zip(spatial, window, strides, dilations, strict=True):
        reach = (size - 1) * dilation
        if padding.lower() == "same":
            total = max((-(-n // stride) - 1) * stride + reach + 1 - n, 0)
            pairs += [total // 2, total - total // 2]
        else:
            pairs += [reach if padding.lower() == "causal" else 0, 0]
    return pairs
