"""A transformer hears which of nine men says a vowel.

One encoder block, attention in four heads and a layer of its own for every frame, over utterances
of 7 to 29 frames; masks keep the padding out of attention and of the mean over time. Data: Japanese
Vowels, 270 utterances to train on, 370 to test.
"""

from __future__ import annotations

from typing import Any

from lamina import datasets, layers, models, optimizers
from lamina.examples import AtLeast

DATA = ("japanese_vowels",)
GOALS = {"test_accuracy": AtLeast(quick=0.9, full=0.95)}
WIDTH = 64


def encoder_block(x: Any) -> Any:
    attended = layers.MultiHeadAttention(num_heads=4, key_dim=16, dropout=0.2)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, attended]))
    hidden = layers.Dense(2 * WIDTH, activation="relu")(x)
    hidden = layers.Dropout(0.2)(layers.Dense(WIDTH)(hidden))
    return layers.LayerNormalization()(layers.Add()([x, hidden]))


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    (x_train, y_train), (x_test, y_test) = datasets.japanese_vowels.load_data()

    inputs = layers.Input((29, 12))
    x = layers.Masking()(inputs)
    x = layers.Dropout(0.2)(layers.Dense(WIDTH)(x))
    x = encoder_block(x)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling1D()(x))
    model = models.Model(inputs, layers.Dense(9, activation="softmax")(x))

    adam = optimizers.Adam(2e-3)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=10 if quick else 60, verbose=verbose)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    return {"test_accuracy": accuracy}
