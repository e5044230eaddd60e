"""Recurrent networks in their four arrangements: one or many in, one or many out.

Nine men say /ae/, each time a sequence of 7 to 29 frames. One-to-one: who speaks, from a single
frame. Many-to-one: who speaks, from the whole utterance. Many-to-many: who speaks, said at every
frame, from what was heard until then. One-to-many: the first 7 frames of an utterance, from who
speaks; measured is the share of the variance that they explain.

Data: Japanese Vowels. A whole utterance, which can be read in both directions, tells more than its
frames.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import datasets, layers, models
from lamina.examples import AtLeast

DATA = ("japanese_vowels",)
GOALS = {
    "one_to_one_accuracy": AtLeast(quick=0.5, full=0.8),
    "many_to_one_accuracy": AtLeast(quick=0.8, full=0.95),
    "many_to_many_accuracy": AtLeast(quick=0.7, full=0.88),
    "one_to_many_explained": AtLeast(quick=0.2, full=0.5),
}
SPEAKERS, HEARD = 9, 7


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    (x, y), (x_test, y_test) = datasets.japanese_vowels.load_data()
    frames, features = x.shape[1:]
    options: dict[str, Any] = {"batch_size": 16, "epochs": 8 if quick else 80, "verbose": verbose}

    def accuracy(hidden: layers.Layer, many: bool = True) -> float:
        model = models.Sequential(
            [
                layers.Input((frames, features)),
                layers.Masking(),  # what is all zeros comes after the end
                hidden,
                layers.Dropout(0.5),
                layers.Dense(SPEAKERS, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
        labels, test_labels = (np.repeat(s[:, None], frames, 1) if many else s for s in (y, y_test))
        model.fit(x, labels, **options)
        return float(model.evaluate(x_test, test_labels, verbose=0)[1])

    def explained() -> float:
        speakers = np.eye(SPEAKERS, dtype=np.float32)
        model = models.Sequential(
            [
                layers.Input((SPEAKERS,)),
                layers.RepeatVector(HEARD),
                layers.GRU(32, return_sequences=True),
                layers.Dense(features),
            ]
        )
        model.compile("adam", "mse")
        model.fit(speakers[y], x[:, :HEARD], **options)
        error = model.evaluate(speakers[y_test], x_test[:, :HEARD], verbose=0)
        return 1 - float(error) / float(np.mean(np.var(x_test[:, :HEARD], axis=0)))

    return {
        "one_to_one_accuracy": accuracy(layers.Dense(64, activation="relu")),
        "many_to_one_accuracy": accuracy(layers.Bidirectional(layers.LSTM(64)), many=False),
        "many_to_many_accuracy": accuracy(layers.LSTM(64, return_sequences=True)),
        "one_to_many_explained": explained(),
    }
