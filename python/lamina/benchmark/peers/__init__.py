"""The libraries compared, one module each with the same interface.

A module has `setup(threads)`, called first, `version()`, and for each kind of case it knows a
function of that name: it takes the case, prepares everything, and returns the work to be timed, a
function without arguments that returns the answer: an array, a tuple of arrays, or for training the
mean loss of the last epoch. Training starts over from the same weights at every call.
`Unsupported` says that a library lacks something the case asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# The packages that each peer needs.
PEERS = {
    "numpy": ("numpy",),
    "torch": ("torch",),
    "jax": ("jax",),
    "sklearn": ("sklearn",),
    "keras": ("keras", "tensorflow"),
    "onnxruntime": ("onnxruntime", "onnx"),
}

Work = Callable[[], Any]


class Unsupported(Exception):
    """This library cannot do this case."""
