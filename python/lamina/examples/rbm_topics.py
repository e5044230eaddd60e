"""A restricted Boltzmann machine of word counts finds the topics of Shakespeare's plays.

A replicated softmax: the visible units count the words of a document, the hidden ones are topics.
Data: tinyshakespeare in documents of 20 speeches; of its words the 500 that are frequent without
being everywhere. A tenth of the documents is held out. In full form the words of half of such a
document are told from its other half: their perplexity is a quarter lower than by the frequencies
of words. Source: Salakhutdinov & Hinton 2009, "Replicated Softmax: an Undirected Topic Model".
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from lamina import datasets, models
from lamina.examples import AtMost

DATA = ("tinyshakespeare",)
GOALS = {"perplexity_to_frequencies": AtMost(quick=0.9, full=0.78)}

WORDS, SPEECHES = 500, 20


def documents(text: str) -> tuple[list[str], Any]:
    """Return the vocabulary, and how often each document has each word: (documents, words)."""
    speeches = [speech.lower() for speech in text.split("\n\n")]
    groups = [speeches[i : i + SPEECHES] for i in range(0, len(speeches), SPEECHES)]
    texts = [re.findall(r"[a-z']{3,}", " ".join(group)) for group in groups]
    present = Counter(word for words in texts for word in set(words))
    rare_enough = [word for word, count in present.most_common() if count < 0.25 * len(texts)]
    vocabulary = rare_enough[:WORDS]
    index = {word: i for i, word in enumerate(vocabulary)}
    counts = np.zeros((len(texts), WORDS), "float32")
    for row, words in zip(counts, texts, strict=True):
        np.add.at(row, [index[word] for word in words if word in index], 1)
    return vocabulary, counts


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    vocabulary, counts = documents(datasets.tinyshakespeare.load_data())
    rng = np.random.default_rng(0)
    rng.shuffle(counts)
    held_out, known = np.split(counts, [len(counts) // 10])

    frequencies = (known.sum(axis=0) + 1) / (known.sum() + WORDS)

    # Rates are small, as a document moves the weights by all its words.
    rbm = models.RBM(30, learning_rate=0.0002, visible="counts", momentum=0.9, weight_decay=0.001)
    rbm.build((None, WORDS))
    rbm.visible_bias.assign(np.log(frequencies))
    rbm.fit(known, batch_size=10, epochs=60 if quick else 300, verbose=verbose)
    if verbose:
        for topic, row in enumerate(rbm.kernel.numpy().T):
            print(topic + 1, " ".join(vocabulary[i] for i in np.argsort(row)[-8:][::-1]))

    given = rng.binomial(held_out.astype(int), 0.5).astype("float32")
    asked = held_out - given
    rows = (given.sum(axis=1) > 0) & (asked.sum(axis=1) > 0)
    given, asked = given[rows], asked[rows]
    expected = rbm.reconstruct(given) / given.sum(axis=1, keepdims=True)
    return {
        "perplexity": perplexity(expected, asked),
        "perplexity_to_frequencies": perplexity(expected, asked) / perplexity(frequencies, asked),
    }


def perplexity(probability: Any, counts: Any) -> float:
    """Return exp of the mean negative log-probability of a word."""
    return float(np.exp(-(counts * np.log(probability)).sum() / counts.sum()))
