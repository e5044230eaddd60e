"""Keras 3 on TensorFlow, or on the backend that KERAS_BACKEND names."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from lamina.benchmark.peers import Work, _keras_api
from lamina.benchmark.workloads import Prediction, Training


def setup(threads: int) -> None:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
    keras.utils.set_random_seed(0)


def version() -> str:
    return f"Keras {keras.__version__} on {keras.backend.backend()}"


def training(case: Training) -> Work:
    return _keras_api.training(keras, case)


def prediction(case: Prediction) -> Work:
    x, model = case.data(), _keras_api.build(keras, case.network)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
        return lambda: np.asarray(compiled(x))
    return lambda: np.asarray(model(x, training=False))
