"""A recurrent network forecasts how many passengers will fly next month.

The series grows and has a season, so it is shown the logarithm's change against the same month of
the year before; from 12 such changes it says the next. Measured on the last three years, in
thousands of passengers: the mean absolute error, and how large it is beside that of the naive
forecast, as many as this month.

Data: airline passengers, 1949 to 1960.
"""

from __future__ import annotations

import numpy as np

from lamina import datasets, layers, models
from lamina.examples import AtMost

DATA = ("airline_passengers",)
GOALS = {
    "error": AtMost(quick=25.0, full=20.0),
    "error_over_naive": AtMost(quick=0.6, full=0.45),
}
YEAR, TEST = 12, 36


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    passengers = datasets.airline_passengers.load_data()
    growth = np.diff(np.log(passengers).reshape(-1, YEAR), axis=0).reshape(-1)  # against last year
    windows = np.lib.stride_tricks.sliding_window_view(growth, YEAR + 1).astype(np.float32)
    x, y = windows[:, :YEAR, None], windows[:, YEAR]
    mean, deviation = y[:-TEST].mean(), y[:-TEST].std()

    model = models.Sequential([layers.Input((YEAR, 1)), layers.LSTM(16), layers.Dense(1)])
    model.compile("adam", "mse")
    scaled_x, scaled_y = (x - mean) / deviation, (y - mean) / deviation
    epochs = 50 if quick else 100
    model.fit(scaled_x[:-TEST], scaled_y[:-TEST], batch_size=16, epochs=epochs, verbose=verbose)

    change = np.asarray(model(scaled_x[-TEST:]))[:, 0] * deviation + mean
    forecast = passengers[-TEST - YEAR : -YEAR] * np.exp(change)
    truth = passengers[-TEST:]
    error = float(np.mean(np.abs(forecast - truth)))
    naive = float(np.mean(np.abs(passengers[-TEST - 1 : -1] - truth)))
    return {"error": error, "error_over_naive": error / naive}
