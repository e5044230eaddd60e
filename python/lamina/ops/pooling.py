"""Pooling over windows that slide along the spatial axes of a tensor."""

from __future__ import annotations

from lamina.ops._apply import apply, to_floating
from lamina.ops._window import Sizes, channels_first, padding_pairs, sizes
from lamina.ops.shaping import moveaxis
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["average_pool", "max_pool"]


@operation
def max_pool(
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> TensorBase:
    """Return the largest element of each window; its gradient goes to the first of equals.

    inputs: (batch, 1 to 3 spatial axes, channels), or with data_format "channels_first" (batch,
    channels, spatial axes). strides: None: the pool_size. padding: "valid", or "same" for
    ceil(size / stride) windows, of which those at the edges are smaller.
    """
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


@operation
def average_pool(
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> TensorBase:
    """Return the mean of the elements that each window sees; arguments as for `max_pool`."""
    return _pool("average_pool", inputs, pool_size, strides, padding, data_format)


def _pool(
    op: str,
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Sizes | None,
    padding: str,
    data_format: str | None,
) -> TensorBase:
    x = to_floating(inputs)
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            f"{op}: expected a batch axis, 1 to 3 spatial axes and a channel axis, "
            f"received shape {x.shape}"
        )
    moved = channels_first(op, data_format)
    if moved:
        x = moveaxis(x, 1, -1)
    spatial = x.shape[1:-1]
    window = sizes(op, "pool_size", pool_size, len(spatial))
    steps = window if strides is None else sizes(op, "strides", strides, len(spatial))
    pairs = padding_pairs(op, padding, spatial, window, steps, [1] * len(spatial))
    if padding.lower() == "valid" and any(w > n for w, n in zip(window, spatial, strict=True)):
        raise ValueError(
            f"{op}: expected pool_size to fit the input's {tuple(spatial)}, received {window}; "
            f"a smaller one or padding='same' does"
        )
    y = apply(op, x, window=window, strides=steps, padding=pairs)
    pooled: TensorBase = y[0] if op == "max_pool" else y
    return moveaxis(pooled, -1, 1) if moved else pooled
