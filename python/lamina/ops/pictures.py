"""Operations on images that few models need: `lamina.ops.image` offers them.

Images are (batch, height, width, channels) or one without the batch; data_format
"channels_first": channels come before height and width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.ops._apply import cast, to_floating, to_tensor
from lamina.ops._window import channels_first, sizes
from lamina.ops.convolution import conv
from lamina.ops.joining import pad
from lamina.ops.reduction import sum
from lamina.ops.shaping import expand_dims, slice, squeeze
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "crop_images",
    "extract_patches",
    "pad_images",
    "rgb_to_grayscale",
]

_LUMINANCE = (0.2989, 0.5870, 0.1140)  # of red, green and blue, by ITU-R BT.601


@operation
def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> TensorBase:
    """Return images of one channel: 0.2989 red + 0.587 green + 0.114 blue; gray ones stay."""
    tensor = _images("rgb_to_grayscale", images)
    axis = -3 if channels_first("rgb_to_grayscale", data_format) else -1
    if tensor.shape[axis] == 1:
        return tensor
    if tensor.shape[axis] != 3:
        raise ValueError(
            f"rgb_to_grayscale: expected 3 channels or 1, received shape {tensor.shape}"
        )
    weights = np.array(_LUMINANCE).reshape((3, 1, 1) if axis == -3 else (3,))
    colors = to_floating(tensor)
    gray = sum(colors * weights.astype(colors.dtype), axis, keepdims=True)
    return cast(gray, tensor.dtype)


@operation
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> TensorBase:
    """Return images with zeros around; of each side and the target size one may be left out."""
    tensor = _images("pad_images", images)
    rows, columns = _spatial("pad_images", tensor, data_format)
    width = [(0, 0)] * tensor.ndim
    for axis, before, after, target in (
        (rows, top_padding, bottom_padding, target_height),
        (columns, left_padding, right_padding, target_width),
    ):
        width[axis] = _sides("pad_images", before, after, target, tensor.shape[axis], 1)
    return pad(tensor, width)


@operation
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> TensorBase:
    """Return the inside of images; of each side and the target size one may be left out."""
    tensor = _images("crop_images", images)
    rows, columns = _spatial("crop_images", tensor, data_format)
    start, size = [0] * tensor.ndim, list(tensor.shape)
    for axis, before, after, target in (
        (rows, top_cropping, bottom_cropping, target_height),
        (columns, left_cropping, right_cropping, target_width),
    ):
        sides = _sides("crop_images", before, after, target, tensor.shape[axis], -1)
        start[axis] = sides[0]
        size[axis] -= sides[0] + sides[1]
    return slice(tensor, start, size)


def _sides(
    who: str, before: int | None, after: int | None, target: int | None, size: int, sign: int
) -> tuple[int, int]:
    """Return how much to add (sign 1) or take away (-1) before and after, from two of three."""
    if [before, after, target].count(None) != 1:
        raise ValueError(
            f"{who}: expected two of before, after and target of each axis, received "
            f"{before}, {after} and {target}"
        )
    whole = None if target is None else sign * (target - size)
    first = before if before is not None else (whole or 0) - (after or 0)
    last = after if after is not None else (whole or 0) - (before or 0)
    left = size + sign * (first + last)
    if first < 0 or last < 0 or left < 1:
        raise ValueError(
            f"{who}: expected sides of 0 or more and something left of {size}, received "
            f"{first} and {last}"
        )
    return first, last


@operation
def extract_patches(
    images: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> TensorBase:
    """Return the windows of images, (batch, rows, columns, height width channels) for each place.

    strides: the size, unless given. A patch is in the order of height, width, channels.
    """
    tensor = to_floating(_images("extract_patches", images))
    height, width = sizes("extract_patches", "size", size, 2)
    channels = tensor.shape[-3 if channels_first("extract_patches", data_format) else -1]
    count = height * width * channels
    kernel = np.eye(count, dtype=tensor.dtype).reshape(height, width, channels, count)
    batch = tensor if tensor.ndim == 4 else expand_dims(tensor, 0)
    patches = conv(
        *(batch, kernel, (height, width) if strides is None else strides),
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    return patches if tensor.ndim == 4 else squeeze(patches, 0)


def _images(who: str, images: TensorLike) -> TensorBase:
    tensor = to_tensor(images)
    if tensor.ndim not in (3, 4):
        raise ValueError(f"{who}: expected images of rank 3 or 4, received shape {tensor.shape}")
    return tensor


def _spatial(who: str, images: TensorBase, data_format: str | None) -> tuple[int, int]:
    """Return the axes of height and width."""
    return (-2, -1) if channels_first(who, data_format) else (-3, -2)
