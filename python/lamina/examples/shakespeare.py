"""A recurrent network reads Shakespeare letter by letter, and writes on.

At each character it says how likely every other is to come next. The loss is a cross-entropy in
nats a character: 4.2 for guessing among the 65, 3.3 for knowing how common each is. To write, it
draws the next character from what it said, and reads that: a stateful copy of the model takes one
character at a time.

Data: Tiny Shakespeare; the last tenth is for the test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import datasets, layers, losses, models, optimizers
from lamina.examples import AtMost

DATA = ("tinyshakespeare",)
GOALS = {"test_loss": AtMost(quick=3.0, full=1.75)}
STEPS = 100


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    text = datasets.tinyshakespeare.load_data()
    alphabet = sorted(set(text))
    codes = np.array([alphabet.index(c) for c in text], np.int32)
    rows = codes[: len(codes) // (STEPS + 1) * (STEPS + 1)].reshape(-1, STEPS + 1)
    train, test = rows[: len(rows) * 9 // 10], rows[len(rows) * 9 // 10 :]
    if quick:
        train, test = train[:1500], test[:200]

    units = 64 if quick else 192
    model = network(len(alphabet), units, layers.Input((STEPS,), dtype="int32"), stateful=False)
    model.compile(
        optimizers.Adam(0.01 if quick else 0.003),
        losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    epochs = 1 if quick else 6
    model.fit(train[:, :-1], train[:, 1:], batch_size=32, epochs=epochs, verbose=verbose)
    test_loss = model.evaluate(test[:, :-1], test[:, 1:], verbose=0)
    if verbose:
        one = layers.Input(batch_shape=(1, 1), dtype="int32")
        writer = network(len(alphabet), units, one, stateful=True)
        writer.set_weights(model.get_weights())
        print(write(writer, alphabet, "ROMEO:", 400))
    return {"test_loss": float(test_loss)}


def network(letters: int, units: int, inputs: Any, stateful: bool) -> models.Sequential:
    """Return the model: from letters' numbers to logits of the next ones."""
    return models.Sequential(
        [
            inputs,
            layers.Embedding(letters, 32),
            layers.GRU(units, return_sequences=True, stateful=stateful),
            layers.Dense(letters),
        ]
    )


def write(writer: models.Sequential, alphabet: list[str], start: str, length: int) -> str:
    """Return `start` and what the model writes after it."""
    generator = np.random.default_rng(0)
    text = start
    for i in range(len(start) + length - 1):
        logits = np.asarray(writer(np.array([[alphabet.index(text[i])]], np.int32)))[0, 0]
        if i + 1 == len(text):
            chances = np.exp(logits - logits.max(), dtype=np.float64)
            text += alphabet[generator.choice(len(alphabet), p=chances / chances.sum())]
    return text
