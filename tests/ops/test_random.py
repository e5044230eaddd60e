"""Random numbers: generators, seeds and distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import random


def test_random_draws_advance_with_every_run() -> None:
    generator = random.SeedGenerator(3)
    draw = lamina.function(
        lambda: (random.uniform((5,), seed=generator), random.normal((5,), seed=generator))
    )
    first, second = draw(), draw()
    assert not np.array_equal(first[0], second[0])
    generator.state.assign([3, 0])
    again = draw()
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    generator.state.assign([3, 0])
    np.testing.assert_array_equal(random.uniform((5,), seed=generator), first[0])
    np.testing.assert_array_equal(random.normal((5,), seed=generator), first[1])


def test_the_global_seed_fixes_everything() -> None:
    def draws() -> list[Any]:
        lamina.utils.set_random_seed(5)
        return [
            random.uniform((3,)).numpy(),
            random.randint((3,), 0, 100).numpy(),
            random.next_seed(),
            random.SeedGenerator().seed,
            np.random.random(),  # noqa: NPY002 - what users of the legacy generator see
        ]

    for one, other in zip(draws(), draws(), strict=True):
        np.testing.assert_array_equal(one, other)
    state = random.get_state()
    seed = random.next_seed()
    assert random.next_seed() != seed
    random.set_state(state)
    assert random.next_seed() == seed


def test_drawn_seeds_are_those_of_numpys_seed_sequence() -> None:
    for words in ([0, 0], [5, 3], [2**32, 1], [2**63 + 7, 2**40], [2**64 - 1, 2**33 + 1]):
        random.set_state(np.array(words, np.uint64).view(np.int64))
        expected = np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> 1
        assert random.next_seed() == int(expected)
        np.testing.assert_array_equal(random.get_state().view(np.uint64)[1], words[1] + 1)


def test_random_numbers_have_their_distributions() -> None:
    uniform = random.uniform((20000,), -1, 3, seed=1).numpy()
    assert (uniform >= -1).all()
    assert (uniform < 3).all()
    assert uniform.mean() == pytest.approx(1, abs=0.05)
    normal = random.normal((20000,), 2, 3, "float64", seed=1).numpy()
    assert normal.mean() == pytest.approx(2, abs=0.1)
    assert normal.std() == pytest.approx(3, abs=0.1)
    assert set(random.randint((200,), -1, 2, seed=1).tolist()) == {-1, 0, 1}
    classes = random.categorical(np.log([[0.2, 0.8]]), 10000, seed=1).numpy()
    assert classes.shape == (1, 10000)
    assert classes.mean() == pytest.approx(0.8, abs=0.02)
    np.testing.assert_array_equal(np.sort(random.shuffle(np.arange(50), seed=1)), np.arange(50))
    assert not np.array_equal(random.shuffle(np.arange(50), seed=1), np.arange(50))


def test_draws_follow_their_probabilities() -> None:
    p = np.repeat(np.float32([0.0, 0.25, 1.0]), 10000).reshape(3, -1)
    coins = random.bernoulli(p, seed=1).numpy()
    assert coins.dtype == np.float32
    np.testing.assert_array_equal(coins[[0, 2]], p[[0, 2]])
    assert coins[1].mean() == pytest.approx(0.25, abs=0.02)
    counts = random.multinomial([[2, 1, 1, 0], [0, 0, 0, 5]], [10000, 3], seed=1).numpy()
    np.testing.assert_allclose(counts[0], [5000, 2500, 2500, 0], atol=200)
    np.testing.assert_array_equal(counts.sum(axis=1), [10000, 3])
    np.testing.assert_array_equal(counts[1], [0, 0, 0, 3])
    assert np.isnan(random.multinomial([[0.0, 0.0]], [1], seed=1)).all()
    with pytest.raises(ValueError, match=r"numbers of draws float64 \(2,\)"):
        random.multinomial(np.ones((2, 3)), np.ones(1), seed=1)


def test_dropout_keeps_the_mean() -> None:
    dropped = random.dropout(np.ones((100, 100), np.float32), 0.25, seed=1).numpy()
    np.testing.assert_allclose(np.unique(dropped), [0, 4 / 3], rtol=1e-6)
    assert dropped.mean() == pytest.approx(1, abs=0.03)
    rows = random.dropout(np.ones((100, 4), np.float32), 0.5, noise_shape=(None, 1), seed=1).numpy()
    assert (rows == rows[:, :1]).all()
    assert 0 < (rows[:, 0] == 0).sum() < 100
