"""A restricted Boltzmann machine recommends what others with the same tastes have liked.

Its visible units are the things that somebody liked; reconstructing them from the hidden units says
what else they might like. Data: drawn here, 3,000 people with two tastes of ten each, 200 things of
one taste each, some more popular than others; of 1,000 more people one thing they like is hidden.
In full form it is among ten recommended things for two thirds of them; among the ten most popular
for one in nine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina import models
from lamina.examples import AtLeast, AtMost

GOALS = {
    "found_in_ten": AtLeast(quick=0.6, full=0.65),
    "found_by_popularity": AtMost(quick=0.25, full=0.25),
}

PEOPLE, THINGS, TASTES = 4000, 200, 10


def ratings(rng: np.random.Generator) -> Any:
    """Draw who likes what: 1 where a person likes a thing, (people, things)."""
    taste_of = rng.integers(0, TASTES, THINGS)
    popularity = rng.uniform(0.1, 0.9, THINGS)
    tastes = np.argsort(rng.random((PEOPLE, TASTES)), axis=1)[:, :2]
    shared = (tastes[:, :, None] == taste_of).any(axis=1)
    return (rng.random((PEOPLE, THINGS)) < np.where(shared, popularity, 0.02)).astype("float32")


def run(quick: bool = False, verbose: int = 0) -> dict[str, float]:
    rng = np.random.default_rng(0)
    likes = ratings(rng)
    known, asked = likes[:3000], likes[3000:].copy()
    asked = asked[asked.sum(axis=1) >= 2]
    hidden = np.array([rng.choice(np.flatnonzero(row)) for row in asked])
    asked[np.arange(len(asked)), hidden] = 0

    rbm = models.RBM(32, learning_rate=0.1, momentum=0.5, weight_decay=0.0002)
    rbm.fit(known, batch_size=50, epochs=10 if quick else 100, verbose=verbose)

    popular = np.broadcast_to(known.mean(axis=0), asked.shape)
    return {
        "found_in_ten": found(rbm.reconstruct(asked), asked, hidden),
        "found_by_popularity": found(popular, asked, hidden),
    }


def found(score: Any, asked: Any, hidden: Any) -> float:
    """Return how often the hidden thing is among the ten best that are not liked already."""
    best = np.argsort(np.where(asked > 0, -np.inf, score), axis=1)[:, -10:]
    return float((best == hidden[:, None]).any(axis=1).mean())
