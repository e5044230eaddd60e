"""Keras 3 on TensorFlow."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from lamina.benchmark.peers import Work, _keras_api
from lamina.benchmark.workloads import Prediction, Training


def setup(threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    keras.utils.set_random_seed(0)


def version() -> str:
    return f"Keras {keras.__version__} on TensorFlow {tf.__version__}"


def training(case: Training) -> Work:
    return _keras_api.training(keras, case)


def prediction(case: Prediction) -> Work:
    x, model = case.data(), _keras_api.build(keras, case.network)
    if case.way == "predict":
        return lambda: model.predict(x, batch_size=case.rows, verbose=0)
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
    return lambda: np.asarray(compiled(x))
