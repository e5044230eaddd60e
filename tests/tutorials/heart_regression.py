"""A table of patients goes from pandas straight into training, and its history back into pandas."""

import pandas as pd

import lamina as keras
from lamina import layers

training_data = pd.read_csv(keras.datasets.heart.PATH)
labels = training_data.pop("output")

model = keras.Sequential(
    [
        layers.Dense(256, activation="relu", input_shape=[training_data.shape[1]]),
        layers.Dense(128, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mae")
history = model.fit(training_data, labels, epochs=50, batch_size=128)
curve = pd.DataFrame(history.history)
