"""Attention in several heads, each with projections of its own."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from lamina import ops
from lamina.layers.core import positive_integer
from lamina.layers.headed_attention import HeadedAttention
from lamina.layers.input_spec import Shape
from lamina.registry import layers
from lamina.tensor import TensorBase


@layers.register()
class MultiHeadAttention(HeadedAttention):
    """Attend in `num_heads` heads: query and key projected to key_dim, value to value_dim.

    value_dim: key_dim by default. attention_axes: those attended over, counted from the batch; all
    between batch and features by default. output_shape: of the last axis (axes), the query's
    features by default. dropout: share of the weights. sliding_window: steps at most so far away
    are seen, its own being 1. use_gate: outputs times the sigmoid of one more projection.

    Weights: kernel and bias of query, key, (gate,) value and attention_output: (features, heads,
    dim) and (heads, dim), last (heads, value_dim, features) and (features,).
    Source: Vaswani et al. 2017, arXiv:1706.03762. flash_attention has no effect.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(dropout, use_bias, sliding_window, flash_attention),
            *(activity_regularizer, use_gate, seed),
            **kwargs,
        )
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.num_heads = positive_integer(self._title, "num_heads", num_heads)
        self.key_dim = positive_integer(self._title, "key_dim", key_dim)
        self.value_dim = positive_integer(self._title, "value_dim", value_dim or key_dim)
        sizes = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.output_shape = None if not sizes else tuple(sizes)
        axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.attention_axes = None if axes is None else tuple(axes)

    def build(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        if value_shape[1:-1] != key_shape[1:-1]:
            raise ValueError(
                f"{self._title}: expected value and key of the same shape but for the last axis, "
                f"received {value_shape} and {key_shape}"
            )
        rank = len(query_shape)
        heads = (self.num_heads, self.key_dim)
        values = (self.num_heads, self.value_dim)
        self.query_dense = self._project("query", rank, 1, heads)
        self.query_dense.build(query_shape)
        self.key_dense = self._project("key", len(key_shape), 1, heads)
        self.key_dense.build(key_shape)
        if self.use_gate:
            self.gate_dense = self._project("gate", rank, 1, values, activation="sigmoid")
            self.gate_dense.build(query_shape)
        self.value_dense = self._project("value", len(value_shape), 1, values)
        self.value_dense.build(value_shape)
        sizes = self.output_shape or (query_shape[-1],)
        self.output_dense = self._project("attention_output", rank + 1, 2, sizes)
        self.output_dense.build((*query_shape[:-1], *values))

    def equations(self, rank: int) -> tuple[str, str, int]:
        axes = self.attention_axes or tuple(range(1, rank - 2))
        axes = tuple(axis % (rank - 1) for axis in axes)
        if rank == 4 and axes == (1,):
            return super().equations(rank)
        target = string.ascii_lowercase[:rank]
        source = "".join(c.upper() if i in axes else c for i, c in enumerate(target))
        batch = [c for i, c in enumerate(target[:-1]) if i not in axes]
        scores = "".join([*batch, *(target[i] for i in axes), *(source[i] for i in axes)])
        return f"{target},{source}->{scores}", f"{scores},{source}->{target}", len(axes)


@layers.register()
class GroupQueryAttention(HeadedAttention):
    """Attend in `num_query_heads` heads that share `num_key_value_heads` keys and values.

    Weights: kernel and bias of query, key, (gate,) value and attention_output: (features, heads,
    head_dim) and (heads, head_dim), last (heads, head_dim, features) and (features,).
    Source: Ainslie et al. 2023, arXiv:2305.13245. The rest is as in `MultiHeadAttention`.
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(dropout, use_bias, sliding_window, flash_attention),
            *(activity_regularizer, use_gate, seed),
            **kwargs,
        )
        self._set_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._set_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.head_dim = positive_integer(self._title, "head_dim", head_dim)
        self.num_query_heads = positive_integer(self._title, "num_query_heads", num_query_heads)
        self.num_key_value_heads = positive_integer(
            self._title, "num_key_value_heads", num_key_value_heads
        )
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                f"{self._title}: expected num_key_value_heads to divide num_query_heads, "
                f"received {num_key_value_heads} and {num_query_heads}"
            )

    def build(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        heads = (self.num_query_heads, self.head_dim)
        shared = (self.num_key_value_heads, self.head_dim)
        self.query_dense = self._project("query", 3, 1, heads)
        self.query_dense.build(query_shape)
        self.key_dense = self._project("key", 3, 1, shared)
        self.key_dense.build(value_shape if key_shape is None else key_shape)
        if self.use_gate:
            self.gate_dense = self._project("gate", 3, 1, heads, activation="sigmoid")
            self.gate_dense.build(query_shape)
        self.value_dense = self._project("value", 3, 1, shared)
        self.value_dense.build(value_shape)
        self.output_dense = self._project("attention_output", 4, 2, (query_shape[-1],))
        self.output_dense.build((*query_shape[:-1], *heads))

    def attend(
        self, query: TensorBase, key: TensorBase, value: TensorBase, *options: Any
    ) -> tuple[TensorBase, TensorBase | None]:
        groups = self.num_query_heads // self.num_key_value_heads
        key, value = ops.repeat(key, groups, axis=2), ops.repeat(value, groups, axis=2)
        return super().attend(query, key, value, *options)
