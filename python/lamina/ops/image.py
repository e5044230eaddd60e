"""Operations on images, (batch, height, width, channels) or one without the batch.

data_format "channels_first": channels come before height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lamina import _lazy
from lamina.ops._apply import apply_one, cast, to_floating, to_tensor
from lamina.ops._window import channels_first, sizes
from lamina.ops.joining import pad
from lamina.ops.shaping import expand_dims, moveaxis, reshape, slice, squeeze
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

if TYPE_CHECKING:
    from lamina.ops.pictures import crop_images as crop_images
    from lamina.ops.pictures import extract_patches as extract_patches
    from lamina.ops.pictures import pad_images as pad_images
    from lamina.ops.pictures import rgb_to_grayscale as rgb_to_grayscale

__all__ = ["affine_transform", "resize"]

__getattr__, __dir__, _late = _lazy.exports(
    __name__,
    names={
        "ops.pictures": ("crop_images", "extract_patches", "pad_images", "rgb_to_grayscale"),
    },
)

Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _lanczos(radius: int) -> Kernel:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys 1981, IEEE Trans. Acoustics, Speech and Signal Processing 29, with a = -1/2."""
    near, far = ((1.5 * x - 2.5) * x) * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


# How much an element counts at a distance from the place that is asked for.
KERNELS: dict[str, Kernel] = {
    "bilinear": lambda x: np.maximum(1 - x, 0),
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


@operation
def resize(
    images: TensorLike,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> TensorBase:
    """Return images of another (height, width).

    interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5", between centers of
    pixels. antialias: average over what shrinks to one pixel. crop_to_aspect_ratio,
    pad_to_aspect_ratio: cut off, or add fill_value, at two sides so that nothing is distorted.
    """
    if interpolation not in ("nearest", *KERNELS):
        known = ", ".join(map(repr, ("nearest", *KERNELS)))
        raise ValueError(f"resize: expected interpolation {known}, received {interpolation!r}")
    if fill_mode != "constant":
        raise ValueError(f"resize: expected fill_mode 'constant', received {fill_mode!r}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize: expected crop_to_aspect_ratio or pad_to_aspect_ratio, not both")
    height, width = sizes("resize", "size", size, 2)

    def run(x: TensorBase) -> TensorBase:
        if crop_to_aspect_ratio:
            x = _crop_to_ratio(x, height, width)
        elif pad_to_aspect_ratio:
            x = _pad_to_ratio(x, height, width, fill_value)
        for axis, count in ((1, height), (2, width)):
            x = _resize_axis(x, axis, count, interpolation, antialias)
        return x

    tensor = to_tensor(images) if interpolation == "nearest" else to_floating(images)
    return in_batches("resize", tensor, data_format, run)


@operation
def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> TensorBase:
    """Return images whose pixel (x, y) is taken from (a0 x + a1 y + a2, b0 x + b1 y + b2).

    transform: (a0, a1, a2, b0, b1, b2, 0, 0), (8,) or one for each image (batch, 8).
    interpolation: "bilinear" or "nearest". fill_mode: what lies beyond the edges of a b c d:
    "constant" (fill_value), "nearest" (a a | a b c d | d d), "wrap" (c d | a b c d | a b),
    "mirror" (c b | a b c d | c b), "reflect" (b a | a b c d | d c).
    """
    tensor = to_floating(images)
    transforms = cast(to_tensor(transform), tensor.dtype)

    def run(x: TensorBase) -> TensorBase:
        given = transforms
        if given.ndim == 1:
            given = apply_one("broadcast_to", given, shape=[x.shape[0], given.shape[0]])
        return apply_one(
            "affine_transform",
            x,
            given,
            interpolation=interpolation,
            fill_mode=fill_mode,
            fill_value=float(fill_value),
        )

    return in_batches("affine_transform", tensor, data_format, run)


def in_batches(
    op: str, x: TensorBase, data_format: str | None, run: Callable[[TensorBase], TensorBase]
) -> TensorBase:
    """Return run(x), which takes and gives (batch, height, width, channels), in x's own layout."""
    first = channels_first(op, data_format)
    if x.ndim not in (3, 4):
        raise ValueError(
            f"{op}: expected images of 4 axes, or one image of 3, received shape {x.shape}"
        )
    single = x.ndim == 3
    x = expand_dims(x, 0) if single else x
    y = run(moveaxis(x, 1, -1) if first else x)
    y = moveaxis(y, -1, 1) if first else y
    return squeeze(y, 0) if single else y


def _resize_axis(
    x: TensorBase, axis: int, count: int, interpolation: str, antialias: bool
) -> TensorBase:
    size = x.shape[axis]
    if size == count:
        return x
    if interpolation == "nearest":
        nearest = np.floor((np.arange(count) + 0.5) * size / count).astype(np.int32)
        return apply_one("take", x, to_tensor(nearest), axis=axis)
    weights = to_tensor(interpolation_weights(size, count, interpolation, antialias), x.dtype)
    batch, height, width, channels = x.shape
    if axis == 1:
        rows = apply_one("matmul", weights, reshape(x, (batch, height, width * channels)))
        return reshape(rows, (batch, count, width, channels))
    if channels == 1:
        columns = apply_one(
            "matmul", reshape(x, (batch * height, width)), weights, transpose_b=True
        )
    else:
        columns = apply_one("matmul", weights, reshape(x, (batch * height, width, channels)))
    return reshape(columns, (batch, height, count, channels))


def interpolation_weights(
    size: int, count: int, interpolation: str, antialias: bool = False
) -> NDArray[np.float64]:
    """Return the matrix (count, size) that makes `count` elements of `size`; its rows sum to 1."""
    step = size / count
    places = (np.arange(count) + 0.5) * step - 0.5
    distances = np.abs(places[:, None] - np.arange(size))
    weights = KERNELS[interpolation](distances / (max(step, 1.0) if antialias else 1.0))
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(total == 0, 1, total))


def _crop_to_ratio(x: TensorBase, height: int, width: int) -> TensorBase:
    batch, rows, columns, channels = x.shape
    kept_rows = max(min(rows, int(columns * height / width)), 1)
    kept_columns = max(min(columns, int(rows * width / height)), 1)
    start = [0, (rows - kept_rows) // 2, (columns - kept_columns) // 2, 0]
    return slice(x, start, (batch, kept_rows, kept_columns, channels))


def _pad_to_ratio(x: TensorBase, height: int, width: int, value: float) -> TensorBase:
    _batch, rows, columns, _channels = x.shape
    above = (max(rows, int(columns * height / width)) - rows) // 2
    left = (max(columns, int(rows * width / height)) - columns) // 2
    widths: Any = ((0, 0), (above, above), (left, left), (0, 0))
    return pad(x, widths, constant_values=value)
