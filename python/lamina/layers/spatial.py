"""What layers over images, sequences and volumes share: their sizes, padding, place of channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.layers.base import Layer
from lamina.ops._window import Sizes, channels_first, sizes

__all__ = ["Sizes", "as_sizes", "data_format_of", "padding_of", "pairs_of", "spatial_axes"]


def as_sizes(layer: Layer, name: str, value: Sizes, rank: int, least: int = 1) -> tuple[int, ...]:
    """Return an argument that is one integer of at least `least`, or one per axis, as a tuple."""
    return sizes(layer._title, name, value, rank, least)


def data_format_of(layer: Layer, value: str | None) -> str:
    """Return "channels_last", the default, or "channels_first"."""
    return "channels_first" if channels_first(layer._title, value) else "channels_last"


def padding_of(layer: Layer, value: Any) -> str:
    """Return "valid" or "same"."""
    if isinstance(value, str) and value.lower() in ("valid", "same"):
        return value.lower()
    raise ValueError(
        f"{layer._title}: expected padding 'valid' or 'same', received padding={value!r}"
    )


def spatial_axes(data_format: str, ndim: int) -> list[int]:
    """Return the axes of a tensor of `ndim` axes that are neither the batch's nor the channels'."""
    return list(range(2, ndim) if data_format == "channels_first" else range(1, ndim - 1))


def pairs_of(layer: Layer, name: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Return (before, after) per spatial axis.

    Given as such, or as one number for all, or one per axis; with one axis a pair is its own.
    """
    items: Any = [value] * rank if isinstance(value, int) else value
    if rank == 1 and isinstance(items, Sequence) and len(items) == 2:
        items = [items]
    if isinstance(items, Sequence) and len(items) == rank:
        pairs = [(item, item) if isinstance(item, int) else tuple(item) for item in items]
        if all(
            len(pair) == 2 and all(isinstance(n, int) and n >= 0 for n in pair) for pair in pairs
        ):
            return tuple(pairs)
    raise ValueError(
        f"{layer._title}: expected {name} to be an integer of at least 0, one per spatial axis "
        f"({rank}), or (before, after) for each, received {name}={value!r}"
    )
