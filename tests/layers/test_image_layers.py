"""Layers and operations on images: what they do to plain pictures, seeds, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Sequential, layers, ops
from op_case import Array
from vision_layer_cases import ROWS

RANDOM = {
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3},
    "RandomBrightness": {"factor": 0.5},
    "RandomContrast": {"factor": (0.5, 0.5)},
    "RandomCrop": {"height": 5, "width": 4},
}
every_random = pytest.mark.parametrize("name", RANDOM)


def images(*shape: int) -> Array:
    return np.random.default_rng(1).uniform(0, 255, shape or (6, 8, 9, 3)).astype(np.float32)


def test_a_quarter_of_a_turn() -> None:
    layer, x = layers.RandomRotation((0.25, 0.25)), images(4, 7, 7, 2)
    turned = np.asarray(layer(x, training=True))
    np.testing.assert_allclose(turned, np.rot90(x, 1, axes=(1, 2)), atol=1e-2)


def test_as_bright_as_asked() -> None:
    x = images()
    brighter = np.asarray(layers.RandomBrightness((0.2, 0.2))(x))
    np.testing.assert_allclose(brighter, np.clip(x + 51, 0, 255), rtol=1e-5)
    np.testing.assert_array_equal(layers.RandomBrightness(0.5)(x, training=False), x)


def test_moved_by_two_rows_and_a_column() -> None:
    x = images(2, 4, 5, 1)
    layer = layers.RandomTranslation((0.5, 0.5), (-0.2, -0.2), "constant", fill_value=7.0)
    moved = np.full_like(x, 7.0)
    moved[:, 2:, :-1] = x[:, :-2, 1:]
    np.testing.assert_allclose(np.asarray(layer(x)), moved, atol=1e-3)


@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("constant", [0, 0, 0, 1, 2]),
        ("nearest", [1, 1, 1, 1, 2]),
        ("wrap", [3, 4, 5, 1, 2]),
        ("mirror", [4, 3, 2, 1, 2]),
        ("reflect", [3, 2, 1, 1, 2]),
    ],
)
def test_what_lies_beyond_the_edges(fill_mode: str, expected: list[int]) -> None:
    x = np.float32([1, 2, 3, 4, 5]).reshape(1, 5, 1)
    transform = np.float32([1, 0, -3, 0, 1, 0, 0, 0])
    for interpolation in ("nearest", "bilinear"):
        y = ops.image.affine_transform(x, transform, interpolation, fill_mode)
        assert np.asarray(y).ravel().tolist() == expected


def test_transforms_that_are_not_numbers_stay_inside() -> None:
    transform = np.float32([np.nan, np.inf, 1e30, -1e30, 1, 0, 0, 0])
    for fill_mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
        y = ops.image.affine_transform(images(5, 5, 1), transform, "nearest", fill_mode)
        assert y.shape == (5, 5, 1)


@every_random
def test_seeds_decide_and_inference_does_not_draw(name: str) -> None:
    kind, x = getattr(layers, name), images()
    first, second = (kind(**RANDOM[name], seed=5) for _ in range(2))
    a, b = first(x, training=True), second(x, training=True)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first(x, training=True), a)
    plain = first(x, training=False)
    np.testing.assert_array_equal(plain, first(x, training=False))
    if name != "RandomCrop":
        np.testing.assert_array_equal(plain, x)


@every_random
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_one_image_and_the_place_of_channels(name: str, data_format: str) -> None:
    x = images()
    drawn = []
    for one in (x[:1], x[0]):
        layer = getattr(layers, name)(**RANDOM[name], seed=3, data_format=data_format)
        moved = np.moveaxis(one, -1, -3) if data_format == "channels_first" else one
        drawn.append(np.asarray(layer(moved)))
    np.testing.assert_array_equal(drawn[0][0], drawn[1])
    channels = drawn[1].shape[0 if data_format == "channels_first" else -1]
    assert channels == 3


def test_the_global_seed_and_not_the_threads_decide() -> None:
    def train(threads: int) -> Array:
        lamina.utils.set_random_seed(11)
        lamina.utils.set_num_threads(threads)
        model = Sequential(
            [
                lamina.Input((8, 9, 3)),
                *[getattr(layers, name)(**RANDOM[name]) for name in RANDOM],
                layers.Flatten(),
                layers.Dense(2),
            ]
        )
        model.compile("sgd", "mse")
        model.fit(images(20, 8, 9, 3) / 255, np.ones((20, 2)), 8, 2, verbose=0)
        return np.asarray(model.predict(images(4, 8, 9, 3), verbose=0))

    expected = train(1)
    np.testing.assert_array_equal(train(2), expected)
    lamina.utils.set_num_threads(2)


def test_nearest_resizing_repeats_and_bilinear_goes_between() -> None:
    x = np.float32([[0, 4], [8, 12]])[None, :, :, None]
    nearest = ops.image.resize(x, (4, 4), "nearest")
    np.testing.assert_array_equal(nearest, x.repeat(2, 1).repeat(2, 2))
    np.testing.assert_array_equal(layers.UpSampling2D()(x), nearest)
    between = np.asarray(ops.image.resize(x, (2, 4)))[0, 0, :, 0]
    assert between.tolist() == [0, 1, 3, 4]
    mean = ops.image.resize(images(1, 8, 8, 1), (1, 1), antialias=True)
    weights = 1 - np.abs(np.arange(8) - 3.5) / 8
    expected = np.einsum("i,bijc,j->bc", weights, images(1, 8, 8, 1), weights) / weights.sum() ** 2
    np.testing.assert_allclose(np.asarray(mean).ravel(), expected.ravel(), rtol=1e-5)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_configs_and_symbolic_shapes(row: Any) -> None:
    name, (shape,), arguments, *_ = (*row, {}) if len(row) == 2 else row
    layer = getattr(layers, name)(**arguments)
    outputs = layer(images(2, *shape))
    assert layer(lamina.Input(shape)).shape == (None, *outputs.shape[1:])
    assert layer.compute_output_shape((2, *shape)) == outputs.shape
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()


def test_configs_make_equal_layers() -> None:
    made = [getattr(layers, name)(**RANDOM[name], seed=2) for name in RANDOM]
    made += [
        layers.Resizing(3, 4, "nearest", fill_value=2.0),
        layers.CenterCrop(3, 4),
        layers.ZeroPadding1D((1, 2)),
        layers.ZeroPadding2D((1, 2), "channels_first"),
        layers.Cropping3D(2),
        layers.UpSampling2D((1, 2), interpolation="bicubic"),
        layers.SpatialDropout3D(0.2, data_format="channels_first"),
    ]
    for layer in made:
        config = layer.get_config()
        again = layers.deserialize(layers.serialize(layer))
        assert again.get_config() == config
    assert made[-5].padding == (1, 2)
    assert made[-4].get_config()["padding"] == [[1, 1], [2, 2]]


def test_shapes_of_unknown_sizes() -> None:
    x = lamina.Input((None, None, 3))
    assert layers.Resizing(5, 7)(x).shape == (None, 5, 7, 3)
    assert layers.ZeroPadding2D()(lamina.Input((4, 5, 3))).shape == (None, 6, 7, 3)
    assert layers.RandomCrop(3, 2)(lamina.Input((4, 5, 3))).shape == (None, 3, 2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RandomFlip("diagonal"), "expected mode in .*received mode='diagonal'"),
        (lambda: layers.RandomRotation(0.1, "edge"), "expected fill_mode in"),
        (lambda: layers.RandomRotation(3), "expected factor to be a number up to 1"),
        (lambda: layers.RandomZoom((0.1, 0.2, 0.3)), "expected height_factor to be"),
        (lambda: layers.RandomBrightness(2), "expected factor to be a number up to 1"),
        (lambda: layers.RandomBrightness(0.1, (1, 2, 3)), "expected two values, received"),
        (lambda: layers.RandomContrast((-0.5, 0.5)), r"two in 0..1"),
        (lambda: layers.RandomCrop(0, 3), "expected height to be a positive integer"),
        (lambda: layers.Resizing(3, 3, "cubic"), "expected interpolation in"),
        (lambda: layers.Cropping2D(4)(images()), r"cropping .* leaves nothing of input of shape"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), "expected padding to be an integer"),
        (lambda: layers.ZeroPadding1D(-1), "integer of at least 0"),
        (lambda: layers.UpSampling2D(0), "expected size to be an integer of at least 1"),
        (lambda: layers.RandomFlip()(images(3, 4)), "input with at least 3 dimensions"),
        (lambda: ops.image.resize(images(3, 4), (2, 2)), r"expected images of 4 axes"),
        (
            lambda: ops.image.affine_transform(images(), np.ones((5, 8), np.float32)),
            r"expected transforms float32 \(6, 8\), received float32 \(5, 8\)",
        ),
    ],
)
def test_wrong_arguments(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
