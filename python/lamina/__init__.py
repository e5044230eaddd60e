"""Lamina: neural networks for CPUs. A compiled core under the API of Keras 3.

`import lamina as keras`, or `from lamina import layers, models`. Nothing is loaded before it is
asked for.
"""

from typing import TYPE_CHECKING

from lamina import _lazy

if TYPE_CHECKING:
    from lamina import (
        activations,
        benchmark,
        callbacks,
        config,
        constraints,
        datasets,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        random,
        reference,
        regularizers,
        utils,
    )
    from lamina.layers import Input, Layer
    from lamina.losses import Loss
    from lamina.metrics import Metric
    from lamina.models import Model, Sequential
    from lamina.optimizers import Optimizer
    from lamina.program import function
    from lamina.tensor import KerasTensor, Tensor
    from lamina.trace import grad
    from lamina.variable import Variable
    from lamina.version import __version__

_MODULES = (
    "activations",
    "benchmark",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "reference",
    "regularizers",
    "utils",
)

__all__ = [
    "Input",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Sequential",
    "Tensor",
    "Variable",
    "__version__",
    "activations",
    "benchmark",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "function",
    "grad",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "reference",
    "regularizers",
    "utils",
]

__getattr__, __dir__ = _lazy.exports(
    __name__,
    {
        **{module: f"lamina.{module}" for module in _MODULES},
        "Input": "lamina.layers",
        "KerasTensor": "lamina.tensor",
        "Layer": "lamina.layers",
        "Loss": "lamina.losses",
        "Metric": "lamina.metrics",
        "Model": "lamina.models",
        "Optimizer": "lamina.optimizers",
        "Sequential": "lamina.models",
        "Tensor": "lamina.tensor",
        "Variable": "lamina.variable",
        "__version__": "lamina.version",
        "function": "lamina.program",
        "grad": "lamina.trace",
    },
)
