"""Optimizers and learning rate schedules."""

from __future__ import annotations

from typing import Any

from lamina.optimizers import schedules
from lamina.optimizers.adam import Adam, Adamax, AdamW, Nadam
from lamina.optimizers.adaptive import Adadelta, Adagrad, Ftrl, RMSprop
from lamina.optimizers.base import Optimizer
from lamina.optimizers.lamb import Lamb
from lamina.optimizers.sgd import SGD
from lamina.optimizers.sign import Lion, Manhattan, Rprop
from lamina.registry import optimizers as _registry

serialize, deserialize = _registry.serialize, _registry.deserialize


def get(identifier: Any) -> Any:
    """Return an optimizer by name (in any case), config, class or object."""
    found = _registry.get(identifier.lower() if isinstance(identifier, str) else identifier)
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(
            f"expected an optimizer by name, config or object, received {identifier!r} "
            f"({type(identifier).__name__})"
        )
    return found


__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Manhattan",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "Rprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
