"""Lamina: neural networks for CPUs. A compiled core under the API of Keras 3.

`import lamina as keras`, or `from lamina import layers, models`: nothing is loaded before it is
asked for.
"""

from typing import TYPE_CHECKING

from lamina import _lazy

if TYPE_CHECKING:
    from lamina import activations as activations
    from lamina import backend as backend
    from lamina import benchmark as benchmark
    from lamina import callbacks as callbacks
    from lamina import config as config
    from lamina import constraints as constraints
    from lamina import datasets as datasets
    from lamina import initializers as initializers
    from lamina import layers as layers
    from lamina import losses as losses
    from lamina import metrics as metrics
    from lamina import models as models
    from lamina import ops as ops
    from lamina import optimizers as optimizers
    from lamina import plot as plot
    from lamina import preprocessing as preprocessing
    from lamina import random as random
    from lamina import reference as reference
    from lamina import regularizers as regularizers
    from lamina import saving as saving
    from lamina import utils as utils
    from lamina.initializers import Initializer as Initializer
    from lamina.layers import Input as Input
    from lamina.layers import InputSpec as InputSpec
    from lamina.layers import Layer as Layer
    from lamina.losses import Loss as Loss
    from lamina.metrics import Metric as Metric
    from lamina.models import Model as Model
    from lamina.models import Sequential as Sequential
    from lamina.ops.custom import custom_gradient as custom_gradient
    from lamina.optimizers import Optimizer as Optimizer
    from lamina.program import function as function
    from lamina.regularizers import Regularizer as Regularizer
    from lamina.tensor import KerasTensor as KerasTensor
    from lamina.tensor import Tensor as Tensor
    from lamina.trace import grad as grad
    from lamina.variable import Variable as Variable
    from lamina.version import __version__ as __version__

__getattr__, __dir__, __all__ = _lazy.exports(
    __name__,
    modules=(
        *("activations", "backend", "benchmark", "callbacks", "config", "constraints", "datasets"),
        *("initializers", "layers", "losses", "metrics", "models", "ops", "optimizers"),
        *("plot", "preprocessing", "random", "reference", "regularizers", "saving", "utils"),
    ),
    names={
        "initializers": ("Initializer",),
        "layers": ("Input", "InputSpec", "Layer"),
        "losses": ("Loss",),
        "metrics": ("Metric",),
        "models": ("Model", "Sequential"),
        "ops.custom": ("custom_gradient",),
        "optimizers": ("Optimizer",),
        "program": ("function",),
        "regularizers": ("Regularizer",),
        "tensor": ("KerasTensor", "Tensor"),
        "trace": ("grad",),
        "variable": ("Variable",),
        "version": ("__version__",),
    },
)
