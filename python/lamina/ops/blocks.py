"""Pixels in the place of channels, and channels in the place of pixels.

Images are (batch, height, width, channels); data_format "channels_first": channels come before
height and width.
"""

from __future__ import annotations

from lamina.ops._apply import to_tensor
from lamina.ops._window import channels_first
from lamina.ops.shaping import moveaxis, reshape, transpose
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["depth_to_space", "space_to_depth"]


@operation
def depth_to_space(
    x: TensorLike, block_size: int, data_format: str = "channels_last"
) -> TensorBase:
    """Return x with each pixel's channels spread over a square block of pixels."""
    tensor = _images("depth_to_space", x, block_size)
    if channels_first("depth_to_space", data_format):
        last = depth_to_space(moveaxis(tensor, 1, -1), block_size)
        return moveaxis(last, -1, 1)
    n, height, width, channels = tensor.shape
    depth, rest = divmod(channels, block_size**2)
    if rest:
        raise ValueError(
            f"depth_to_space: expected a multiple of {block_size**2} channels, received {channels}"
        )
    blocks = reshape(tensor, (n, height, width, block_size, block_size, depth))
    spread = transpose(blocks, (0, 1, 3, 2, 4, 5))
    return reshape(spread, (n, height * block_size, width * block_size, depth))


@operation
def space_to_depth(
    x: TensorLike, block_size: int, data_format: str = "channels_last"
) -> TensorBase:
    """Return x with square blocks of pixels gathered into the channels of one."""
    tensor = _images("space_to_depth", x, block_size)
    if channels_first("space_to_depth", data_format):
        last = space_to_depth(moveaxis(tensor, 1, -1), block_size)
        return moveaxis(last, -1, 1)
    n, height, width, channels = tensor.shape
    if height % block_size or width % block_size:
        raise ValueError(
            f"space_to_depth: expected height and width to be multiples of {block_size}, "
            f"received shape {tensor.shape}"
        )
    rows, columns = height // block_size, width // block_size
    blocks = reshape(tensor, (n, rows, block_size, columns, block_size, channels))
    gathered = transpose(blocks, (0, 1, 3, 2, 4, 5))
    return reshape(gathered, (n, rows, columns, block_size**2 * channels))


def _images(who: str, images: TensorLike, block_size: int) -> TensorBase:
    tensor = to_tensor(images)
    if block_size < 1:
        raise ValueError(f"{who}: expected a block_size of at least 1, received {block_size}")
    if tensor.ndim != 4:
        raise ValueError(f"{who}: expected images of rank 4, received shape {tensor.shape}")
    return tensor
