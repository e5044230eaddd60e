"""Attention layers and the products of tensors they are made of; inputs first, then weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lamina.reference.activations import ACTIVATIONS
from lamina.reference.layers import layer
from lamina.reference.registry import Array, unbroadcast

Slopes = tuple[Array, ...]


# --- scores, weights and means -------------------------------------------------------------------


def _weights(scores: Array, seen: Array | None) -> Array:
    """Return exp(scores) / their sum over the last axis, of the steps seen; the rest is 0."""
    seen = np.broadcast_to(True if seen is None else seen, scores.shape)
    largest = np.where(seen, scores, -np.inf).max(axis=-1, keepdims=True)
    e = np.where(seen, np.exp(np.where(seen, scores - largest, 0)), 0)
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _weights_slope(dy: Array, y: Array) -> Array:
    return np.asarray(y * (dy - (dy * y).sum(axis=-1, keepdims=True)))


def _pairs(query: Array, key: Array) -> Array:
    """Return query + key for each pair of steps, (batch, time, steps, depth)."""
    return np.asarray(query[:, :, None] + key[:, None])


# --- Attention, AdditiveAttention ----------------------------------------------------------------


class Scores:
    """The scores of Attention or AdditiveAttention, and their slopes."""

    def __init__(self, arrays: tuple[Array, ...], additive: bool, options: dict[str, Any]) -> None:
        self.additive = additive
        concat = options.get("score_mode", "dot") == "concat"
        scaled = options.get("use_scale", additive)
        count = len(arrays) - scaled - concat
        query, value, *others = arrays[:count]
        self.query, self.value, self.shared = query, value, not others
        self.key = others[0] if others else value
        weights = list(arrays[count:])
        self.scale = weights.pop(0) if scaled else None
        self.factor = weights.pop(0) if concat else None

    def values(self) -> Array:
        """Return (batch, time, steps)."""
        scale = 1 if self.scale is None else self.scale
        if self.additive:
            return np.asarray((scale * np.tanh(_pairs(self.query, self.key))).sum(axis=-1))
        if self.factor is not None:
            pairs = _pairs(self.query, self.key)
            return np.asarray(self.factor * np.tanh(scale * pairs).sum(axis=-1))
        return np.asarray(scale * (self.query @ np.swapaxes(self.key, 1, 2)))

    def slopes(self, ds: Array) -> Slopes:
        """Return the slopes of query, key and the weights, ds being that of the scores."""
        scale = np.asarray(1.0 if self.scale is None else self.scale)
        pairs, weights = _pairs(self.query, self.key), []
        if self.additive or self.factor is not None:
            inner = pairs if self.additive else scale * pairs
            outer = scale if self.additive else np.asarray(self.factor)
            y = np.tanh(inner)
            terms = ds[..., None] * outer * (1 - y**2)
            dpairs = terms if self.additive else terms * scale
            dscale = ds[..., None] * y if self.additive else terms * pairs
            dquery, dkey = dpairs.sum(axis=2), dpairs.sum(axis=1)
            if self.scale is not None:
                weights.append(unbroadcast(dscale, scale.shape))
            if self.factor is not None:
                weights.append(np.asarray((ds * y.sum(axis=-1)).sum()))
        else:
            product = self.query @ np.swapaxes(self.key, 1, 2)
            dquery = scale * (ds @ self.key)
            dkey = scale * (np.swapaxes(ds, 1, 2) @ self.query)
            if self.scale is not None:
                weights.append(np.asarray((ds * product).sum()))
        return dquery, dkey, *weights


def _seen(scores: Array, mask: Any, causal: bool) -> Array:
    seen = np.ones(scores.shape, bool)
    if mask is not None and mask[1] is not None:
        seen &= mask[1][:, None]
    return seen & np.tri(*scores.shape[1:], dtype=np.bool_) if causal else seen


def _enter(name: str, additive: bool) -> None:
    @layer(name)
    def attention(
        *arrays: Array, mask: Any = None, use_causal_mask: bool = False, **options: Any
    ) -> Array:
        """Return softmax(scores) value, over the steps seen; 0 for masked queries."""
        parts = Scores(arrays, additive, options)
        scores = parts.values()
        outputs = _weights(scores, _seen(scores, mask, use_causal_mask)) @ parts.value
        return np.where(_kept(mask), outputs, 0)

    @attention.gradient
    def _(
        dy: Array, *arrays: Array, mask: Any = None, use_causal_mask: bool = False, **options: Any
    ) -> Slopes:
        parts = Scores(arrays, additive, options)
        scores = parts.values()
        weights = _weights(scores, _seen(scores, mask, use_causal_mask))
        dy = np.where(_kept(mask), dy, 0)
        dvalue = np.swapaxes(weights, 1, 2) @ dy
        ds = _weights_slope(dy @ np.swapaxes(parts.value, 1, 2), weights)
        dquery, dkey, *others = parts.slopes(ds)
        if parts.shared:
            return dquery, dvalue + dkey, *others
        return dquery, dvalue, dkey, *others


def _kept(mask: Any) -> Any:
    return True if mask is None or mask[0] is None else mask[0][..., None]


_enter("Attention", additive=False)
_enter("AdditiveAttention", additive=True)


# --- heads ---------------------------------------------------------------------------------------


class Heads:
    """The parts of MultiHeadAttention or GroupQueryAttention: inputs, weights, head by head."""

    names = ("query", "key", "value", "attention_output")

    def __init__(self, arrays: tuple[Array, ...], use_bias: bool = True, **_: Any) -> None:
        count = 8 if use_bias else 4
        inputs, weights = arrays[:-count], list(arrays[-count:])
        self.shared = len(inputs) == 2
        query, value = inputs[:2]
        key = value if self.shared else inputs[2]
        self.inputs = {"query": query, "key": key, "value": value}
        self.kernels: dict[str, Array] = {}
        self.biases: dict[str, Array] = {}
        for name in self.names:
            self.kernels[name] = weights.pop(0)
            if use_bias:
                self.biases[name] = weights.pop(0)
        self.groups = self.kernels["query"].shape[1] // self.kernels["key"].shape[1]

    def projected(self, name: str) -> Array:
        """Return the input in heads, (batch, heads, time, depth)."""
        x = np.einsum("btm,mhd->bhtd", self.inputs[name], self.kernels[name])
        if name in self.biases:
            x = x + self.biases[name][:, None]
        return x if name == "query" else np.repeat(x, self.groups, axis=1)

    def weights(self, attention_mask: Array | None, causal: bool) -> Array:
        """Return the weights of each head, (batch, heads, time, steps)."""
        query, key = self.projected("query"), self.projected("key")
        scores = query @ np.swapaxes(key, 2, 3) / math.sqrt(query.shape[-1])
        seen = np.ones(scores.shape, bool)
        if attention_mask is not None:
            seen &= attention_mask[:, None]
        if causal:
            seen &= np.tri(*scores.shape[2:], dtype=np.bool_)
        return _weights(scores, seen)

    def slopes(self, name: str, d: Array) -> tuple[Array, list[Array]]:
        """Return the slopes of an input and of its projection's weights."""
        if name != "query":
            batch, heads, time, depth = d.shape
            d = d.reshape(batch, heads // self.groups, self.groups, time, depth).sum(axis=2)
        kernel = np.einsum("btm,bhtd->mhd", self.inputs[name], d)
        bias = [d.sum(axis=(0, 2))] if name in self.biases else []
        return np.einsum("bhtd,mhd->btm", d, self.kernels[name]), [kernel, *bias]


def _attend(
    *arrays: Array,
    attention_mask: Array | None = None,
    use_causal_mask: bool = False,
    **options: Any,
) -> Array:
    """Return Σ over heads of softmax(query keyᵀ / √depth) value, projected before and after."""
    heads = Heads(arrays, **options)
    means = heads.weights(attention_mask, use_causal_mask) @ heads.projected("value")
    outputs = np.einsum("bhtd,hdo->bto", means, heads.kernels["attention_output"])
    return np.asarray(outputs + heads.biases.get("attention_output", 0))


def _attend_slopes(
    dy: Array,
    *arrays: Array,
    attention_mask: Array | None = None,
    use_causal_mask: bool = False,
    **options: Any,
) -> Slopes:
    heads = Heads(arrays, **options)
    weights = heads.weights(attention_mask, use_causal_mask)
    query, key, value = (heads.projected(name) for name in heads.names[:3])
    last = [np.einsum("bhtd,bto->hdo", weights @ value, dy)]
    if "attention_output" in heads.biases:
        last.append(dy.sum(axis=(0, 1)))
    dmeans = np.einsum("bto,hdo->bhtd", dy, heads.kernels["attention_output"])
    ds = _weights_slope(dmeans @ np.swapaxes(value, 2, 3), weights) / math.sqrt(query.shape[-1])
    dquery, first = heads.slopes("query", ds @ key)
    dkey, second = heads.slopes("key", np.swapaxes(ds, 2, 3) @ query)
    dvalue, third = heads.slopes("value", np.swapaxes(weights, 2, 3) @ dmeans)
    inputs = (dquery, dvalue + dkey) if heads.shared else (dquery, dvalue, dkey)
    return *inputs, *first, *second, *third, *last


for _name in ("MultiHeadAttention", "GroupQueryAttention"):
    layer(_name)(_attend).gradient(_attend_slopes)


# --- EinsumDense ---------------------------------------------------------------------------------


@layer("EinsumDense")
def einsum_dense(
    x: Array, kernel: Array, *bias: Array, equation: str, activation: str = "linear", **_: Any
) -> Array:
    """Return activation(einsum(equation, x, kernel) + bias)."""
    z = np.einsum(equation, x, kernel) + sum(bias)
    return np.asarray(ACTIVATIONS[activation].forward(z))


@einsum_dense.gradient
def _(
    dy: Array,
    x: Array,
    kernel: Array,
    *bias: Array,
    equation: str,
    activation: str = "linear",
    **_: Any,
) -> Slopes:
    backward = ACTIVATIONS[activation].backward
    assert backward is not None
    dz = backward(dy, np.einsum(equation, x, kernel) + sum(bias))[0]
    assert dz is not None
    first, second, output = equation.replace("->", ",").split(",")
    elided = "XYZ"[: x.ndim - len(first.replace("...", ""))]
    first, output = first.replace("...", elided), output.replace("...", elided)
    dx = np.einsum(f"{output},{second}->{first}", dz, kernel)
    dkernel = np.einsum(f"{first},{output}->{second}", x, dz)
    return dx, dkernel, *(unbroadcast(dz, b.shape) for b in bias)
