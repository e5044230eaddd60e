"""Initializers: how weights get their first values."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.initializers.base import Initializer
from lamina.initializers.constant import Constant, Identity, Ones, Zeros
from lamina.initializers.random import (
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from lamina.initializers.scaled import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
)
from lamina.registry import initializers as _registry
from lamina.tensor import Tensor

serialize, deserialize = _registry.serialize, _registry.deserialize


def get(identifier: Any) -> Any:
    """Return an initializer by name, config, class or object; an array stands for its values."""
    if isinstance(identifier, (np.ndarray, np.generic, Tensor)):
        return Constant(np.asarray(identifier))
    return _registry.get(identifier)


__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]
