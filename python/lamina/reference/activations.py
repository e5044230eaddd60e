"""The activations by name: ops of one variable, some with an attribute fixed."""

from __future__ import annotations

import functools
from typing import Any

from lamina.reference import shaping, softmax, unary  # noqa: F401 - they fill OPS
from lamina.reference.registry import OPS, Reference


def _with(op: str, **fixed: Any) -> Reference:
    """Return an op with some of its attributes fixed."""
    reference = OPS[op]
    assert reference.backward is not None
    return Reference(
        functools.partial(reference.forward, **fixed),
        functools.partial(reference.backward, **fixed),
    )


ACTIVATIONS: dict[str, Reference] = {
    **{name: OPS[name] for name in ("relu", "elu", "selu", "silu", "gelu", "mish")},
    **{name: OPS[name] for name in ("sigmoid", "log_sigmoid", "hard_sigmoid", "hard_silu")},
    **{name: OPS[name] for name in ("tanh", "softplus", "softsign", "softmax", "log_softmax")},
    "linear": OPS["identity"],
    "exponential": OPS["exp"],
    "relu6": _with("relu", max_value=6.0),
    "leaky_relu": _with("relu", negative_slope=0.2),
}
