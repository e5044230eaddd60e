"""Restricted Boltzmann machines: learning as in the reference, exact sums, samples, errors."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, models, optimizers
from lamina.reference import rbm as reference

KINDS = ["binary", "gaussian", "counts"]
ROWS, VISIBLE, HIDDEN = 37, 11, 5


def data(kind: str, rows: int = ROWS, visible: int = VISIBLE) -> Any:
    rng = np.random.default_rng(1)
    if kind == "gaussian":
        return rng.normal(size=(rows, visible))
    return rng.integers(0, 2 if kind == "binary" else 6, (rows, visible)).astype(float)


def weights(visible: int = VISIBLE, hidden: int = HIDDEN) -> reference.Weights:
    rng = np.random.default_rng(2)
    return reference.Weights(
        rng.normal(size=(visible, hidden)) / 2, rng.normal(size=visible), rng.normal(size=hidden)
    )


def machine(kind: str = "binary", **options: Any) -> models.RBM:
    rbm = models.RBM(HIDDEN, visible=kind, **{"seed": 7, **options})
    rbm.build((None, VISIBLE))
    rbm.set_weights(weights())
    return rbm


@pytest.mark.parametrize(
    ("kind", "k", "persistent"),
    [
        *((kind, k, False) for kind in KINDS for k in (1, 3)),
        *((kind, k, True) for kind in ("binary", "gaussian") for k in (1, 2)),
    ],
)
@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_learns_as_the_reference_does(kind: str, k: int, persistent: bool, floatx: str) -> None:
    lamina.config.set_floatx(floatx)
    x, batch = data(kind).astype(floatx), 8
    rbm = machine(kind, k=k, persistent=persistent, learning_rate=0.05)
    history = rbm.fit(x, batch_size=batch, epochs=2, shuffle=False, verbose=0)
    assert list(history.history) == ["reconstruction_error"]

    expected = reference.Weights(*(w.astype(floatx) for w in weights()))
    chains = np.zeros((batch, HIDDEN), floatx) if persistent else None
    draws = reference.states(7)
    for start in [*range(0, ROWS, batch)] * 2:
        v = x[start : start + batch]
        ascent, chains = reference.contrastive_divergence(v, expected, draws, k, kind, chains)
        expected = reference.Weights(
            *(w + 0.05 * up for w, up in zip(expected, ascent, strict=True))
        )
    tolerance = 1e-4 if floatx == "float32" else 1e-10
    for found, wanted in zip(rbm.get_weights(), expected, strict=True):
        assert found.dtype == floatx
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_momentum_and_decay_are_of_the_optimizer_and_spare_the_biases() -> None:
    rbm = machine(learning_rate=0.1, momentum=0.5, weight_decay=0.2)
    expected, velocity = [w.astype("float32") for w in weights()], [np.zeros(1, "float32")] * 3
    draws = reference.states(7)
    x = data("binary").astype("float32")
    for _ in range(3):
        current = reference.Weights(*expected)
        ascent, _ = reference.contrastive_divergence(x, current, draws)
        velocity = [0.5 * m + 0.1 * up for m, up in zip(velocity, ascent, strict=True)]
        expected[0] = expected[0] * (1 - 0.2 * 0.1)
        expected = [w + m for w, m in zip(expected, velocity, strict=True)]
    rbm.fit(x, batch_size=ROWS, epochs=3, shuffle=False, verbose=0)
    for found, wanted in zip(rbm.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_free_energy_sums_over_all_hidden_states(kind: str) -> None:
    x, own = data(kind), weights()
    every = np.array(list(itertools.product([0.0, 1.0], repeat=HIDDEN)))
    energies = [reference.energy(x, np.tile(h, (ROWS, 1)), own, kind) for h in every]
    expected = -np.log(np.sum(np.exp(-np.array(energies)), axis=0))
    np.testing.assert_allclose(machine(kind).free_energy(x), expected, rtol=1e-4, atol=1e-3)


def test_pseudo_likelihood_is_near_the_sum_over_all_units() -> None:
    x, rbm = data("binary", 5), machine()
    terms = []
    for i in range(VISIBLE):
        flipped = x.copy()
        flipped[:, i] = 1 - flipped[:, i]
        rise = rbm.free_energy(flipped) - rbm.free_energy(x)
        terms.append(-np.log1p(np.exp(-rise)))
    exact = np.sum(terms, axis=0)
    estimates = np.mean([rbm.pseudo_likelihood(x) for _ in range(2000)], axis=0)
    np.testing.assert_allclose(estimates, exact, rtol=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_transform_and_reconstruct(kind: str) -> None:
    x, own = data(kind), weights()
    rbm = machine(kind)
    h = reference.hidden_mean(x, own, kind)
    np.testing.assert_allclose(rbm.transform(x), h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(rbm(x), h, rtol=1e-4, atol=1e-5)
    v = reference.visible_mean(h, own, kind, reference.trials(x, kind))
    np.testing.assert_allclose(rbm.reconstruct(x), v, rtol=1e-4, atol=1e-5)
    error = rbm.evaluate(x, verbose=0)
    assert error == pytest.approx(np.mean((x - v) ** 2), rel=1e-4)


def test_samples_come_as_often_as_the_machine_says() -> None:
    rbm = models.RBM(2, seed=3)
    rbm.build((None, 3))
    own = reference.Weights(*(1.5 * w for w in weights(3, 2)))
    rbm.set_weights(own)
    every = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    likely = np.exp(-rbm.free_energy(every))
    drawn = rbm.sample(20000, steps=40)
    assert set(np.unique(drawn)) == {0, 1}
    share = np.bincount((drawn @ [4, 2, 1]).astype(int), minlength=8) / len(drawn)
    np.testing.assert_allclose(share, likely / likely.sum(), atol=0.015)


def test_samples_of_other_kinds() -> None:
    words = machine("counts").sample(start=data("counts"), steps=3)
    np.testing.assert_array_equal(words.sum(axis=1), data("counts").sum(axis=1))
    heights = machine("gaussian").sample(500, steps=20)
    assert heights.shape == (500, VISIBLE)
    assert 0.5 < heights.std() < 5


def test_learns_which_units_go_together() -> None:
    rng = np.random.default_rng(0)
    halves = rng.integers(0, 2, (600, 2))
    x = np.repeat(halves, 4, axis=1).astype("float32")
    for persistent in (False, True):
        rbm = models.RBM(6, learning_rate=0.2, persistent=persistent, seed=1)
        before = rbm.fit(x, batch_size=20, epochs=30, verbose=0).history["reconstruction_error"]
        assert before[-1] < 0.05 < before[0]
        half = np.repeat([[1.0, 0.0]], 4, axis=1)
        torn = np.tile([[1.0, 0.0]], (1, 4))
        assert rbm.free_energy(half)[0] + 5 < rbm.free_energy(torn)[0]
        drawn = rbm.sample(200, steps=200)
        whole = np.isin(drawn[:, :4].sum(axis=1), (0, 4)) & np.isin(
            drawn[:, 4:].sum(axis=1), (0, 4)
        )
        assert whole.mean() > 0.7  # 2 of 16 by chance


def test_is_a_layer_and_a_model() -> None:
    x, rbm = data("binary"), machine()
    rbm.trainable = False
    model = models.Sequential([layers.Input((VISIBLE,)), rbm, layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(x, np.zeros(ROWS), verbose=0)
    np.testing.assert_allclose(rbm.get_weights()[0], weights().kernel, rtol=1e-6)
    rbm.trainable = True
    rbm.compile("adam")
    logs = rbm.fit(x, validation_split=0.2, epochs=2, verbose=0).history
    assert set(logs) == {"reconstruction_error", "val_reconstruction_error"}


@pytest.mark.parametrize(
    ("kind", "persistent"), [*((kind, False) for kind in KINDS), ("binary", True)]
)
def test_saved_and_loaded(kind: str, persistent: bool, tmp_path: Path) -> None:
    rbm = machine(kind, k=2, momentum=0.3, persistent=persistent)
    x = data(kind)
    rbm.fit(x, epochs=2, verbose=0)
    rbm.save(tmp_path / "rbm.lamina")
    loaded = models.load_model(tmp_path / "rbm.lamina")
    assert type(loaded) is models.RBM
    assert (loaded.k, loaded.visible) == (2, kind)
    np.testing.assert_array_equal(loaded.transform(x), rbm.transform(x))
    for each in (rbm, loaded):  # the same momentum, random numbers, chains that persist
        each.fit(x, shuffle=False, verbose=0)
    for one, other in zip(loaded.get_weights(), rbm.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_number_of_chains() -> None:
    x = data("binary")
    for chains, expected in ((None, 20), (7, 7)):
        rbm = models.RBM(6, persistent=True, chains=chains, seed=1)
        rbm.fit(x, batch_size=20, verbose=0)
        assert rbm.chains == expected
        assert rbm.variables[-1].shape == (expected, 6)
        assert len(rbm.get_weights()) == 3
    with pytest.raises(ValueError, match="chains persist only in"):
        models.RBM(6, chains=7)


def test_the_same_bits_for_any_number_of_threads() -> None:
    found = []
    for threads in (1, 2, 5):
        lamina.utils.set_num_threads(threads)
        lamina.utils.set_random_seed(0)
        rbm = models.RBM(64, persistent=True, seed=1)
        rbm.fit(data("binary", 300, 130), batch_size=50, epochs=2, verbose=0)
        found.append(rbm.get_weights()[0].tobytes())
    assert found[0] == found[1] == found[2]


def test_errors() -> None:
    for wrong in ({"hidden_units": 0}, {"k": 1.5}, {"chains": 0}):
        with pytest.raises(ValueError, match=r"whole number > 0|an integer"):
            models.RBM(**{"hidden_units": 3, **wrong})
    with pytest.raises(ValueError, match=r"one of \['binary', 'gaussian', 'counts'\].*'real'"):
        models.RBM(3, visible="real")
    with pytest.raises(ValueError, match="cannot be persistent"):
        models.RBM(3, visible="counts", persistent=True)
    rbm = machine()
    for wrong, kind in [(2.0, "binary"), (-1.0, "binary"), (1.5, "counts"), (-1.0, "counts")]:
        with pytest.raises(ValueError, match=f"{kind} visible units take .* received numbers from"):
            machine(kind).fit(np.full((4, VISIBLE), wrong), verbose=0)
    with pytest.raises(ValueError, match=r"expected .*11.* received shape \(4, 3\)"):
        rbm.free_energy(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="learns from x alone"):
        rbm.fit(data("binary"), np.zeros(ROWS), verbose=0)
    with pytest.raises(ValueError, match="needs binary visible units"):
        machine("gaussian").pseudo_likelihood(data("gaussian"))
    with pytest.raises(ValueError, match="documents of some length"):
        machine("counts").sample(3)
    with pytest.raises(ValueError, match="steps to be at least 1"):
        rbm.sample(3, steps=0)
    with pytest.raises(ValueError, match="reconstruct"):
        models.RBM(3).reconstruct(data("binary"))
    for found, wanted in zip(rbm.get_weights(), weights(), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert isinstance(rbm.optimizer, optimizers.SGD)
