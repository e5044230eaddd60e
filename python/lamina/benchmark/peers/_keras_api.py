"""Build and train through Keras's interface, whoever offers it: Keras and Lamina."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.benchmark import networks
from lamina.benchmark.networks import Network
from lamina.benchmark.peers import Unsupported, Work
from lamina.benchmark.workloads import Training


def build(keras: Any, network: Network) -> Any:
    """Make the network as a Sequential model with its starting weights."""
    layers = [_layer(keras, record) for record in network.layers]
    model = keras.Sequential([keras.Input(network.input_shape), *layers])
    model.set_weights([weight for layer in network.weights() for weight in layer])
    return model


def _layer(keras: Any, record: networks.Layer) -> Any:
    layer = getattr(keras.layers, type(record).__name__, None)
    if layer is None:
        raise Unsupported(f"it has no layer {type(record).__name__}")
    match record:
        case networks.Dense():
            return layer(record.units, record.activation)
        case networks.Dropout():
            return layer(record.rate)
        case networks.Conv2D():
            return layer(record.filters, record.size, activation="relu")
        case networks.Conv2DTranspose():
            return layer(record.filters, record.size, strides=record.stride)
        case networks.DepthwiseConv2D() | networks.MaxPooling2D():
            return layer(record.size)
        case networks.Recurrent():
            return layer(record.units)
        case networks.Bidirectional():
            return layer(keras.layers.LSTM(record.units))
    return layer()


def training(keras: Any, case: Training) -> Work:
    x, y = case.data()
    model = build(keras, case.network)
    loss = case.loss
    if loss == "sparse_categorical_crossentropy":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(case.learning_rate), loss=loss)
    model.optimizer.build(model.trainable_variables)
    variables = (*model.variables, *model.optimizer.variables)
    start = [np.array(variable) for variable in variables]

    def run() -> float:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        history = model.fit(x, y, batch_size=case.batch, epochs=case.epochs, verbose=0).history
        return float(history["loss"][-1])

    return run
