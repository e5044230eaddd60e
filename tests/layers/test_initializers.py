"""Initializers, regularizers and constraints: values, distributions, seeds, names, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import constraints, initializers, regularizers
from lamina.registry import initializers as registry

RANDOM = [
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
    "Orthogonal",
]
CONSTANT = ["Zeros", "Ones", "Constant", "Identity"]


def test_all_are_tested() -> None:
    assert set(registry.names()) == {*RANDOM, *CONSTANT}


def test_constants() -> None:
    assert (initializers.Zeros()((2, 3)).numpy() == 0).all()
    assert (initializers.Ones()((2, 3)).numpy() == 1).all()
    assert (initializers.Constant(2.5)((2, 3)).numpy() == 2.5).all()
    row = initializers.Constant([1.0, 2.0, 3.0])((2, 3))
    np.testing.assert_array_equal(row.numpy(), [[1, 2, 3], [1, 2, 3]])
    identity = initializers.Identity(gain=2.0)((2, 3))
    np.testing.assert_array_equal(identity.numpy(), [[2, 0, 0], [0, 2, 0]])
    assert initializers.Zeros()(()).shape == ()


@pytest.mark.parametrize("name", [*RANDOM, *CONSTANT])
def test_shape_and_dtype(name: str) -> None:
    initializer = getattr(initializers, name)()
    for dtype in (None, "float32", "float64"):
        value = initializer((5, 3), dtype=dtype)
        assert value.shape == (5, 3)
        assert value.dtype == (dtype or "float32")
    lamina.config.set_floatx("float64")
    assert initializer((2, 2)).dtype == "float64"


@pytest.mark.parametrize(
    ("initializer", "mean", "stddev", "low", "high"),
    [
        (initializers.RandomNormal(1.0, 0.5, seed=1), 1.0, 0.5, -3.0, 5.0),
        (initializers.RandomUniform(-1.0, 3.0, seed=1), 1.0, 4 / 12**0.5, -1.0, 3.0),
        (initializers.TruncatedNormal(1.0, 0.5, seed=1), 1.0, 0.5 * 0.87963, 0.0, 2.0),
        (initializers.GlorotUniform(seed=1), 0.0, (2 / 700) ** 0.5, -0.0926, 0.0926),
        (initializers.GlorotNormal(seed=1), 0.0, (2 / 700) ** 0.5, -0.1216, 0.1216),
        (initializers.HeUniform(seed=1), 0.0, (2 / 300) ** 0.5, -0.1415, 0.1415),
        (initializers.HeNormal(seed=1), 0.0, (2 / 300) ** 0.5, -0.1857, 0.1857),
        (initializers.LecunUniform(seed=1), 0.0, (1 / 300) ** 0.5, -0.1001, 0.1001),
        (initializers.LecunNormal(seed=1), 0.0, (1 / 300) ** 0.5, -0.1313, 0.1313),
        (initializers.VarianceScaling(3.0, "fan_out", seed=1), 0.0, 0.0866, -0.1970, 0.1970),
        (
            initializers.VarianceScaling(distribution="untruncated_normal", seed=1),
            0.0,
            (1 / 300) ** 0.5,
            -0.4,
            0.4,
        ),
    ],
)
def test_distributions(
    initializer: Any, mean: float, stddev: float, low: float, high: float
) -> None:
    values = initializer((300, 400), dtype="float64").numpy()
    assert values.mean() == pytest.approx(mean, abs=5 * stddev / values.size**0.5)
    assert values.std() == pytest.approx(stddev, rel=0.01)
    assert low <= values.min()
    assert values.max() <= high


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 3, 4), (5, 5)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    matrix = initializers.Orthogonal(gain=2.0, seed=3)(shape, "float64").numpy()
    matrix = matrix.reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_fans() -> None:
    from lamina.initializers.random import compute_fans

    assert compute_fans(()) == (1, 1)
    assert compute_fans((7,)) == (7, 7)
    assert compute_fans((3, 5)) == (3, 5)
    assert compute_fans((2, 4, 3, 5)) == (24, 40)
    assert compute_fans((2, 4, 3), input_axes=[0], output_axes=[1, 2]) == (2, 12)


@pytest.mark.parametrize("name", RANDOM)
def test_seeds(name: str) -> None:
    make = getattr(initializers, name)
    shape = (4, 3)
    seeded = make(seed=7)
    np.testing.assert_array_equal(seeded(shape), seeded(shape))
    np.testing.assert_array_equal(seeded(shape), make(seed=7)(shape))
    assert not np.array_equal(seeded(shape), make(seed=8)(shape))
    np.testing.assert_allclose(seeded(shape), seeded(shape, "float64").numpy(), rtol=1e-6)

    first, second = make(), make()  # seeds of their own
    assert not np.array_equal(first(shape), second(shape))
    np.testing.assert_array_equal(first(shape), first(shape))
    assert not np.array_equal(first(shape), first.clone()(shape))
    lamina.utils.set_random_seed(11)
    again = make()(shape)
    lamina.utils.set_random_seed(11)
    np.testing.assert_array_equal(make()(shape), again)


def test_seed_generator_gives_fresh_values() -> None:
    initializer = initializers.RandomNormal(seed=lamina.random.SeedGenerator(5))
    first, second = initializer((4,)), initializer((4,))
    assert not np.array_equal(first, second)
    same = initializers.RandomNormal(seed=lamina.random.SeedGenerator(5))
    np.testing.assert_array_equal(same((4,)), first)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("glorot_uniform", initializers.GlorotUniform),
        ("HeNormal", initializers.HeNormal),
        ("zeros", initializers.Zeros),
        ("zero", initializers.Zeros),
        ("one", initializers.Ones),
        ("normal", initializers.RandomNormal),
        ("uniform", initializers.RandomUniform),
        ("orthogonal", initializers.Orthogonal),
        ("identity", initializers.Identity),
    ],
)
def test_names(name: str, cls: type) -> None:
    assert type(initializers.get(name)) is cls


def test_arrays_and_functions_serve_as_initializers() -> None:
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(initializers.get(array)((2, 3)), array)
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        initializers.get(array)((3, 2))

    def ramp(shape: Any, dtype: Any = None) -> Any:
        return np.arange(shape[0], dtype=dtype)

    variable = lamina.Variable(initializers.get(ramp), shape=(3,), dtype="float32")
    np.testing.assert_array_equal(variable.numpy(), [0, 1, 2])


@pytest.mark.parametrize("name", [*RANDOM, *CONSTANT])
def test_config_round_trip(name: str) -> None:
    initializer = getattr(initializers, name)(**({"seed": 3} if name in RANDOM else {}))
    again = initializers.deserialize(initializers.serialize(initializer))
    assert type(again) is type(initializer)
    np.testing.assert_array_equal(again((3, 2)), initializer((3, 2)))


def test_initializer_errors() -> None:
    with pytest.raises(ValueError, match=r"mode.*'fan'"):
        initializers.VarianceScaling(mode="fan")
    with pytest.raises(ValueError, match="distribution"):
        initializers.VarianceScaling(distribution="gauss")
    with pytest.raises(ValueError, match="scale"):
        initializers.VarianceScaling(scale=0)
    with pytest.raises(ValueError, match="seed"):
        initializers.GlorotUniform(seed="a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"rank 2.*\(3,\)"):
        initializers.Orthogonal()((3,))
    with pytest.raises(ValueError, match="matrix"):
        initializers.Identity()((3,))
    with pytest.raises(ValueError, match="minval"):
        initializers.RandomUniform(1.0, 0.0)
    with pytest.raises(ValueError, match="glorot_uniform"):
        initializers.get("glorot_unifrom")


W = np.array([[3.0, -0.1], [-4.0, 0.2]])


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (regularizers.L1(0.5), 0.5 * 7.3),
        (regularizers.L2(0.5), 0.5 * 25.05),
        (regularizers.L1L2(0.1, 0.01), 0.73 + 0.2505),
        (regularizers.L1L2(), 0.0),
        (regularizers.get("l2"), 0.01 * 25.05),
        (regularizers.get("L1"), 0.01 * 7.3),
    ],
)
def test_regularizers(regularizer: Any, expected: float) -> None:
    assert float(regularizer(lamina.Variable(W))) == pytest.approx(expected)
    again = regularizers.deserialize(regularizers.serialize(regularizer))
    assert float(again(lamina.Variable(W))) == pytest.approx(expected)


def test_gradient_of_regularizers() -> None:
    regularizer = regularizers.L1L2(0.1, 0.01)
    gradient = lamina.function(lambda w: lamina.grad(regularizer(w), w))(W)
    np.testing.assert_allclose(gradient.numpy(), 0.1 * np.sign(W) + 0.02 * W)


def test_regularizer_errors() -> None:
    for wrong in (-1.0, float("nan"), float("inf"), "a"):
        with pytest.raises(ValueError, match="l2"):
            regularizers.L2(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown regularizer"):
        regularizers.get("l3")


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.NonNeg(), [[3.0, 0.0], [0.0, 0.2]]),
        (constraints.UnitNorm(), [[0.6, -0.4472136], [-0.8, 0.8944272]]),
        (constraints.UnitNorm(axis=1), [[0.99944490, -0.03331483], [-0.9987523, 0.04993762]]),
        (constraints.MaxNorm(2.5), [[1.5, -0.1], [-2.0, 0.2]]),
        (constraints.MinMaxNorm(1.0, 2.5), [[1.5, -0.4472136], [-2.0, 0.8944272]]),
        (constraints.MinMaxNorm(0.0, 2.5, rate=0.5), [[2.25, -0.1], [-3.0, 0.2]]),
        (constraints.get("max_norm"), [[1.2, -0.1], [-1.6, 0.2]]),
    ],
)
def test_constraints(constraint: Any, expected: Any) -> None:
    np.testing.assert_allclose(constraint(lamina.Variable(W)).numpy(), expected, rtol=2e-6)
    again = constraints.deserialize(constraints.serialize(constraint))
    np.testing.assert_allclose(again(lamina.Variable(W)).numpy(), expected, rtol=2e-6)


def test_norm_of_zero_weights_is_finite() -> None:
    for constraint in (
        constraints.UnitNorm(),
        constraints.MaxNorm(),
        constraints.MinMaxNorm(1.0, 2.0),
    ):
        assert (constraint(np.zeros((2, 2))).numpy() == 0).all()


def test_constraint_errors() -> None:
    with pytest.raises(ValueError, match="min_value"):
        constraints.MinMaxNorm(2.0, 1.0)
    with pytest.raises(ValueError, match="unknown constraint"):
        constraints.get("maxnorm2")
