"""Activations, cross-entropies and normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import config
from lamina.ops import reduction
from lamina.ops._apply import apply_one, cast, to_floating, to_tensor
from lamina.ops.arithmetic import maximum
from lamina.ops.indexing import within
from lamina.ops.linalg import norm
from lamina.ops.math import clip, log
from lamina.ops.shaping import integers, moveaxis, normalize_axis, reshape, squeeze
from lamina.symbolic import compiled_operation, operation
from lamina.tensor import TensorBase, TensorLike

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "normalize",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "swish",
]


@compiled_operation
def relu(
    x: TensorLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> TensorBase:
    """Return max(x, 0).

    In general x above threshold, but at most max_value; negative_slope (x - threshold) below.
    """
    limit = float("inf") if max_value is None else float(max_value)
    return apply_one(
        "relu",
        to_floating(x),
        negative_slope=float(negative_slope),
        max_value=limit,
        threshold=float(threshold),
    )


@compiled_operation
def relu6(x: TensorLike) -> TensorBase:
    """Return x limited to [0, 6]."""
    return relu(x, max_value=6.0)


@compiled_operation
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> TensorBase:
    """Return x, times negative_slope where it is negative."""
    return relu(x, negative_slope)


@compiled_operation
def elu(x: TensorLike, alpha: float = 1.0) -> TensorBase:
    """Return x where positive, alpha (e^x - 1) elsewhere (Clevert 2015, arXiv:1511.07289)."""
    return apply_one("elu", to_floating(x), alpha=float(alpha))


@compiled_operation
def selu(x: TensorLike) -> TensorBase:
    """Return 1.0507 elu(x, 1.6733), which keeps mean 0 and variance 1 (Klambauer et al. 2017)."""
    return apply_one("selu", to_floating(x))


@compiled_operation
def sigmoid(x: TensorLike) -> TensorBase:
    """Return 1 / (1 + e^-x)."""
    return apply_one("sigmoid", to_floating(x))


@compiled_operation
def log_sigmoid(x: TensorLike) -> TensorBase:
    """Return -ln(1 + e^-x)."""
    return apply_one("log_sigmoid", to_floating(x))


@compiled_operation
def hard_sigmoid(x: TensorLike) -> TensorBase:
    """Return x / 6 + 1/2 limited to [0, 1]."""
    return apply_one("hard_sigmoid", to_floating(x))


@compiled_operation
def softplus(x: TensorLike) -> TensorBase:
    """Return ln(1 + e^x)."""
    return apply_one("softplus", to_floating(x))


@compiled_operation
def softsign(x: TensorLike) -> TensorBase:
    """Return x / (1 + |x|)."""
    return apply_one("softsign", to_floating(x))


@compiled_operation
def silu(x: TensorLike) -> TensorBase:
    """Return x sigmoid(x) (Ramachandran et al. 2017, arXiv:1710.05941)."""
    return apply_one("silu", to_floating(x))


@compiled_operation
def hard_silu(x: TensorLike) -> TensorBase:
    """Return x hard_sigmoid(x)."""
    return apply_one("hard_silu", to_floating(x))


@compiled_operation
def gelu(x: TensorLike, approximate: bool = True) -> TensorBase:
    """Return x Φ(x), Φ the normal distribution function (Hendrycks 2016, arXiv:1606.08415).

    approximate: x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
    """
    return apply_one("gelu_tanh" if approximate else "gelu", to_floating(x))


@compiled_operation
def mish(x: TensorLike) -> TensorBase:
    """Return x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)."""
    return apply_one("mish", to_floating(x))


@compiled_operation
def softmax(x: TensorLike, axis: int | Sequence[int] = -1) -> TensorBase:
    """Return e^x / Σ e^x along an axis, or over several together."""
    return _over_axes("softmax", to_floating(x), axis)


@compiled_operation
def log_softmax(x: TensorLike, axis: int | Sequence[int] = -1) -> TensorBase:
    """Return x - ln Σ e^x along an axis, or over several together."""
    return _over_axes("log_softmax", to_floating(x), axis)


def _over_axes(op: str, x: TensorBase, axis: int | Sequence[int]) -> TensorBase:
    axes = integers(axis)
    if len(axes) == 1:
        return apply_one(op, x, axis=axes[0])
    last = list(range(-len(axes), 0))
    moved = moveaxis(x, axes, last)
    flat = reshape(moved, (*moved.shape[: x.ndim - len(axes)], -1))
    return moveaxis(reshape(apply_one(op, flat, axis=-1), moved.shape), last, axes)


@operation
def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> TensorBase:
    """Return -t ln p - (1 - t) ln(1 - p) elementwise, p clipped to [ε, 1 - ε].

    target: t in [0, 1]. output: p, or with from_logits ln(p / (1 - p)). Both of one shape.
    """
    t, p = _match("binary_crossentropy", target, output)
    if from_logits:
        return apply_one("sigmoid_crossentropy", p, t)
    p = clip(p, config.epsilon(), 1.0 - config.epsilon())
    return -(t * log(p) + (1.0 - t) * log(1.0 - p))


@operation
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> TensorBase:
    """Return -Σ t ln p along the classes' axis, p scaled to sum to 1 and clipped to [ε, 1 - ε].

    target: t, one-hot or probabilities. output: p, or with from_logits logits, p = softmax(output).
    """
    t, p = _match("categorical_crossentropy", target, output)
    p, t = moveaxis(p, axis, -1), moveaxis(t, axis, -1)
    if from_logits:
        return apply_one("softmax_crossentropy", p, t)
    return apply_one("crossentropy", p, t, epsilon=config.epsilon())


@operation
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> TensorBase:
    """Return -ln p[label] along the classes' axis, p scaled to sum to 1 and clipped to [ε, 1 - ε].

    target: labels of output's shape without that axis (or 1 there).
    output: p, or with from_logits logits.
    """
    p = to_floating(output)
    labels, axis = to_tensor(target), normalize_axis(axis, p.ndim)
    if labels.ndim == p.ndim and labels.shape[axis] == 1:
        labels = squeeze(labels, axis)
    expected = list(p.shape)
    del expected[axis]
    if labels.shape != tuple(expected):
        raise ValueError(
            f"sparse_categorical_crossentropy: expected labels of shape {tuple(expected)} "
            f"for output of shape {p.shape}, received {labels.shape}"
        )
    who = "sparse_categorical_crossentropy"
    labels = cast(within(labels, 0, p.shape[axis], who, "labels"), "int32")
    p = moveaxis(p, axis, -1)
    if from_logits:
        return apply_one("sparse_softmax_crossentropy", p, labels)
    return apply_one("sparse_crossentropy", p, labels, epsilon=config.epsilon())


def _match(name: str, target: TensorLike, output: TensorLike) -> tuple[TensorBase, TensorBase]:
    p = to_floating(output)
    t = cast(to_tensor(target), p.dtype)
    if t.shape != p.shape:
        raise ValueError(
            f"{name}: expected target and output of one shape, received {t.shape} and {p.shape}"
        )
    return t, p


@compiled_operation
def normalize(
    x: TensorLike, axis: int = -1, order: float = 2, epsilon: float | None = None
) -> TensorBase:
    """Return x / max(‖x‖, ε), the norm of the given order along an axis."""
    tensor = to_floating(x)
    least = config.epsilon() if epsilon is None else epsilon
    if order == 2:  # without the root of 0, whose slope is infinite
        squares = reduction.sum(apply_one("square", tensor), axis, keepdims=True)
        return tensor * apply_one("rsqrt", maximum(squares, least**2))
    return tensor / maximum(norm(tensor, ord=order, axis=axis, keepdims=True), least)


swish = silu
hard_swish = hard_silu
