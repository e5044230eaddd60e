"""Attention: means of values, weighted by how well their keys answer queries."""

from __future__ import annotations

import math

import numpy as np

from lamina.ops._apply import apply_one, cast, to_common, to_floating, to_tensor
from lamina.ops.arithmetic import where
from lamina.ops.joining import repeat
from lamina.ops.nn import softmax
from lamina.symbolic import operation
from lamina.tensor import TensorBase, TensorLike

__all__ = ["dot_product_attention"]

_HEADS_FIRST = [0, 2, 1, 3]


@operation
def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> TensorBase:
    """Return softmax(scale query keyᵀ + bias) value for each head (Vaswani et al. 2017).

    query: (batch, time, heads, depth); key, value: (batch, steps, heads, depth), or of fewer heads
    that divide the query's, for groups of them. bias, mask: broadcast to (batch, heads, time,
    steps); where the mask is False a step has no weight, where it has no True all weigh the same.
    scale: 1 / sqrt(depth) by default. is_causal: step j has no weight at times before j.

    flash_attention is accepted and has no effect; attn_logits_soft_cap is not supported.
    """
    q, k, v = (to_floating(x) for x in to_common(query, key, value))
    _check(q, k, v)
    if attn_logits_soft_cap is not None:
        raise ValueError("dot_product_attention: attn_logits_soft_cap is not supported; drop it")
    groups = q.shape[2] // k.shape[2]
    if groups > 1:
        k, v = repeat(k, groups, axis=2), repeat(v, groups, axis=2)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    q, k, v = (apply_one("transpose", x, axes=_HEADS_FIRST) for x in (q, k, v))
    scores = apply_one("matmul", q, k, transpose_b=True) * scale
    if bias is not None:
        scores = scores + to_tensor(bias, scores.dtype)
    if is_causal:
        causal = np.tri(*scores.shape[-2:], dtype=np.bool_)
        mask = causal if mask is None else cast(to_tensor(mask), "bool") & causal
    if mask is not None:
        scores = where(mask, scores, -0.7 * float(np.finfo(scores.dtype).max))
    return apply_one("transpose", apply_one("matmul", softmax(scores), v), axes=_HEADS_FIRST)


def _check(q: TensorBase, k: TensorBase, v: TensorBase) -> None:
    shapes = q.shape, k.shape, v.shape
    if any(len(shape) != 4 for shape in shapes):
        raise ValueError(
            f"dot_product_attention: expected query, key and value of shape (batch, time, heads, "
            f"depth), received shapes {shapes}"
        )
    fits = (
        q.shape[0] == k.shape[0] == v.shape[0]
        and k.shape[1:3] == v.shape[1:3]
        and q.shape[3] == k.shape[3]
        and k.shape[2] > 0
        and q.shape[2] % k.shape[2] == 0
    )
    if not fits:
        raise ValueError(
            f"dot_product_attention: expected one batch size, key and value of the same steps and "
            f"heads, which divide the query's, and query and key of the same depth, received "
            f"shapes {shapes}"
        )
