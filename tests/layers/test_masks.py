"""Masks of layers: who makes, passes, merges, stops and reads them."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from masked_data import OTHER, PLAIN, STEPS, Same, X, Z, mask, masked


class Spy(layers.Layer):
    """Remembers the masks it was called with."""

    seen: Any = None

    def call(self, inputs: Any, mask: Any = None) -> Any:
        object.__setattr__(self, "seen", mask)
        return inputs[0] * 1 if isinstance(inputs, list) else inputs * 1


def test_masking_masks_steps_of_the_value_and_zeroes_them() -> None:
    x = np.where(STEPS[..., None], PLAIN, 7).astype(np.float32)
    y = layers.Masking(mask_value=7)(x)
    np.testing.assert_array_equal(mask(y), STEPS)
    np.testing.assert_array_equal(y, PLAIN * STEPS[..., None])
    half = x.copy()
    half[..., 0] = 7
    np.testing.assert_array_equal(mask(layers.Masking(7)(half)), STEPS)


def test_embedding_masks_zero_if_asked() -> None:
    ids = np.array([[3, 1, 0], [0, 2, 0]])
    for inputs in (ids, ids.astype("float32"), lamina.Tensor(ids)):
        layer = layers.Embedding(4, 2, mask_zero=True)
        outputs = layer(inputs)
        np.testing.assert_array_equal(mask(outputs), ids != 0)
        np.testing.assert_array_equal(outputs, layer.embeddings.numpy()[ids])
    assert mask(layers.Embedding(4, 2)(ids)) is None
    assert not layers.Embedding(4, 2).supports_masking


PASSING = [
    layers.Dense(5),
    layers.Activation("relu"),
    layers.ReLU(),
    layers.LeakyReLU(),
    layers.PReLU(),
    layers.ELU(),
    layers.Identity(),
    layers.Dropout(0.5),
    layers.GaussianNoise(0.5),
    layers.Rescaling(2.0),
    layers.Normalization(mean=0.0, variance=1.0, axis=None),
    layers.Lambda(lambda x: x * 2, mask=lambda inputs, mask: mask),
]


@pytest.mark.parametrize("layer", PASSING, ids=lambda layer: type(layer).__name__)
def test_layers_that_work_step_by_step_pass_masks_on(layer: Any) -> None:
    np.testing.assert_array_equal(mask(layer(masked(X))), STEPS)
    np.testing.assert_array_equal(mask(layer(masked(X), training=True)), STEPS)
    assert mask(layer(X)) is None


@pytest.mark.parametrize(
    "layer",
    [layers.Flatten(), layers.Reshape((12,)), layers.Permute((2, 1)), layers.Lambda(ops.square)],
    ids=lambda layer: type(layer).__name__,
)
def test_other_layers_stop_masks_and_say_so(layer: Any) -> None:
    with pytest.warns(UserWarning, match=rf"{type(layer).__name__} .* carries a mask"):
        assert mask(layer(masked(X))) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(X)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Add(), STEPS | OTHER),
        (layers.Subtract(), STEPS | OTHER),
        (layers.Multiply(), STEPS | OTHER),
        (layers.Average(), STEPS | OTHER),
        (layers.Maximum(), STEPS | OTHER),
        (layers.Minimum(), STEPS | OTHER),
        (layers.Concatenate(), STEPS | OTHER),
        (layers.Concatenate(axis=1), np.concatenate([STEPS, OTHER], axis=1)),
        (layers.Dot(axes=2), None),
    ],
)
def test_merging_layers_merge_masks(layer: Any, expected: Any) -> None:
    found = mask(layer([masked(X), masked(Z)]))
    np.testing.assert_array_equal(found, expected)


def test_merging_with_what_carries_no_mask() -> None:
    assert mask(layers.Add()([masked(X), PLAIN])) is None
    ones = np.ones_like(STEPS)
    np.testing.assert_array_equal(mask(layers.Concatenate()([masked(X), PLAIN])), ones)
    joined = mask(layers.Concatenate(axis=1)([PLAIN, masked(X)]))
    np.testing.assert_array_equal(joined, np.concatenate([ones, STEPS], axis=1))
    with pytest.raises(ValueError, match=r"one mask .* for each of 2 inputs"):
        layers.Add().compute_mask([PLAIN, PLAIN], [None])


def test_products_and_extremes_leave_masked_steps_out() -> None:
    a, b = STEPS[..., None], OTHER[..., None]
    inputs = [masked(X), masked(Z)]
    product = np.where(a, X, 1) * np.where(b, Z, 1) * (a | b)
    np.testing.assert_array_equal(layers.Multiply()(inputs), product)
    for layer, op in ((layers.Maximum(), np.maximum), (layers.Minimum(), np.minimum)):
        expected = op(np.where(a, X, Z), np.where(b, Z, X))
        np.testing.assert_array_equal(layer(inputs), expected)
        half = op(np.where(a, X, PLAIN), PLAIN)
        np.testing.assert_array_equal(layer([inputs[0], PLAIN]), half)


def test_call_is_given_the_masks_of_its_argument() -> None:
    spy = Spy()
    with pytest.warns(UserWarning, match="Spy"):
        spy(masked(X))
    assert spy.seen.shape == (2, 4)
    spy(X)
    assert spy.seen is None
    spy([PLAIN, X])
    assert spy.seen == [None, None]
    spy.supports_masking = True
    spy(masked(X), mask=OTHER)
    np.testing.assert_array_equal(mask(spy(masked(X), mask=OTHER)), OTHER)


def test_arguments_of_several_tensors_get_masks_by_name() -> None:
    class Pair(layers.Layer):
        def call(self, a: Any, b: Any, a_mask: Any = None, b_mask: Any = None) -> Any:
            counted = [
                ops.sum(ops.cast(m, "int32")) if m is not None else -1 for m in (a_mask, b_mask)
            ]
            return ops.stack([ops.convert_to_tensor(n, "int32") for n in counted])

        def compute_mask(self, inputs: Any, mask: Any = None) -> None:
            return None

    assert Pair()(masked(X), masked(Z)).tolist() == [STEPS.sum(), OTHER.sum()]
    assert Pair()(masked(X), PLAIN).tolist() == [STEPS.sum(), -1]
    assert Pair()(masked(X), masked(Z), a_mask=OTHER).tolist() == [OTHER.sum(), OTHER.sum()]


def test_a_layer_may_change_the_mask() -> None:
    class Every2nd(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs[:, ::2]

        def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
            return None if mask is None else mask[:, ::2]

    assert Every2nd().supports_masking
    np.testing.assert_array_equal(mask(Every2nd()(masked(X))), STEPS[:, ::2])


def test_masks_of_inputs_stay_their_own() -> None:
    inputs = lamina.Tensor(PLAIN)
    np.testing.assert_array_equal(mask(Same()(inputs, mask=OTHER)), OTHER)
    assert inputs._keras_mask is None


def test_tensors_are_copied_with_their_masks() -> None:
    for twin in (copy.deepcopy(masked(X)), pickle.loads(pickle.dumps(masked(X)))):
        np.testing.assert_array_equal(mask(twin), STEPS)
