"""scikit-learn: perceptrons without dropout or absolute error, from weights of its own."""

from __future__ import annotations

import warnings

import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from lamina.benchmark.networks import Dense
from lamina.benchmark.peers import Unsupported, Work
from lamina.benchmark.workloads import Training


def setup(threads: int) -> None:
    """Nothing to do: NumPy's BLAS read the number of threads from the environment."""
    warnings.simplefilter("ignore", ConvergenceWarning)


def version() -> str:
    return f"scikit-learn {sklearn.__version__}"


def training(case: Training) -> Work:
    layers = case.network.layers
    hidden = tuple(layer.units for layer in layers[:-1] if isinstance(layer, Dense))
    if len(hidden) + 1 != len(layers) or not hidden or case.loss == "mae":
        raise Unsupported("it has no such layer or loss")
    regression = case.loss == "mse"
    x, y = case.data()
    y = y.ravel()

    def run() -> float:
        model = (MLPRegressor if regression else MLPClassifier)(
            hidden_layer_sizes=hidden,
            alpha=0.0,
            batch_size=case.batch,
            learning_rate_init=case.learning_rate,
            max_iter=case.epochs,
            n_iter_no_change=case.epochs + 1,
            epsilon=1e-7,
            random_state=0,
        )
        return float(model.fit(x, y).loss_ * (2 if regression else 1))

    return run
