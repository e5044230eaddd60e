"""One neuron learns to turn degrees Celsius into degrees Fahrenheit."""

import numpy as np

import lamina as keras

celsius = np.array([-40, -10, 0, 8, 15, 22, 38], dtype=float)
fahrenheit = np.array([-40, 14, 32, 46, 59, 72, 100], dtype=float)

model = keras.Sequential([keras.layers.Dense(units=1, input_shape=[1])])
model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(0.1))
history = model.fit(celsius, fahrenheit, epochs=500, verbose=False)

prediction = model.predict(np.array([100.0]))
kernel, bias = model.layers[0].get_weights()
