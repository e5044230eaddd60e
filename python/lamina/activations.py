"""Activations: the functions that layers end with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from lamina import ops
from lamina.registry import activations
from lamina.tensor import TensorBase, TensorLike

Activation: TypeAlias = Callable[..., TensorBase]


def linear(x: TensorLike) -> TensorBase:
    """Return x."""
    return ops.convert_to_tensor(x)


def gelu(x: TensorLike, approximate: bool = False) -> TensorBase:
    """Return x Φ(x), Φ the normal distribution function; approximate: see `ops.gelu`."""
    return ops.gelu(x, approximate)


relu = ops.relu
relu6 = ops.relu6
leaky_relu = ops.leaky_relu
elu = ops.elu
selu = ops.selu
sigmoid = ops.sigmoid
log_sigmoid = ops.log_sigmoid
hard_sigmoid = ops.hard_sigmoid
tanh = ops.tanh
softplus = ops.softplus
softsign = ops.softsign
silu = swish = ops.silu
hard_silu = hard_swish = ops.hard_silu
mish = ops.mish
exponential = ops.exp
softmax = ops.softmax
log_softmax = ops.log_softmax

for _activation in (
    linear,
    relu,
    relu6,
    leaky_relu,
    elu,
    selu,
    sigmoid,
    log_sigmoid,
    hard_sigmoid,
    tanh,
    softplus,
    softsign,
    gelu,
    mish,
    softmax,
    log_softmax,
):
    activations.register()(_activation)
activations.register("swish")(silu)
activations.register("hard_swish")(hard_silu)
activations.register(name="exponential")(exponential)


# What few models need is loaded and registered when it is asked for.
_SELDOM = (
    *("celu", "glu", "hard_shrink", "hard_tanh", "soft_shrink", "sparse_plus", "sparse_sigmoid"),
    *("sparsemax", "squareplus", "tanh_shrink", "threshold"),
)


def __getattr__(name: str) -> Any:
    if name not in _SELDOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = activations.register()(getattr(ops, name))
    return globals()[name]


def get(identifier: Any) -> Activation:
    """Return the activation of a name, a config or a function; `linear` for None."""
    if isinstance(identifier, str) and identifier in _SELDOM:
        identifier = getattr(sys.modules[__name__], identifier)
    found: Activation = linear if identifier is None else activations.get(identifier)
    return found


def serialize(activation: Activation) -> Any:
    """Return an activation's name, or its config if it is an object."""
    return activations.serialize(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Activation:
    """Return the activation that `serialize` described."""
    found: Activation = activations.deserialize(config, custom_objects)
    return found
