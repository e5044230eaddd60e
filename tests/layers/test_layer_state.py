"""What layers share: state, sub-layers, losses, names, dtypes, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Sequential, Variable, layers, ops

rng = np.random.default_rng(6)


class Scale(layers.Layer):
    """A layer of one's own: x * scale + offset, and a number of calls."""

    def __init__(self, initial: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial = initial

    def build(self, input_shape: Any) -> None:
        self.calls = self.add_weight((), "zeros", "int32", trainable=False, name="calls")
        self.scale = self.add_weight(input_shape[-1:], name="scale", initializer="ones")
        self.offset = Variable(np.zeros(input_shape[-1:], np.float32), name="offset")

    def call(self, x: Any, training: bool = False) -> Any:
        self.calls.assign_add(1)
        self.add_loss(ops.sum(self.scale))
        return x * self.scale * self.initial + self.offset + (1.0 if training else 0.0)


class Pair(layers.Layer):
    """Layers in a list and in a dict."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chain = [Scale(), layers.Dense(2, kernel_regularizer="l2")]
        self.named = {"drop": layers.Dropout(0.5), "last": Scale(1.0)}

    def call(self, x: Any) -> Any:
        for layer in [*self.chain, *self.named.values()]:
            x = layer(x)
        return x


def test_own_layers_keep_state_and_hear_of_training() -> None:
    layer, x = Scale(), np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(layer(x), 2 * x)
    np.testing.assert_array_equal(layer(x, training=True), 2 * x + 1)
    assert int(layer.calls) == 2
    assert [w.name for w in layer.weights] == ["scale", "offset", "calls"]
    assert [float(loss) for loss in layer.losses] == [3.0]
    assert layer.get_config()["initial"] == 2.0
    layer.initial = 5.0  # changes reach the compiled plans
    np.testing.assert_array_equal(layer(x), 5 * x)


def test_sub_layers_are_found_in_lists_and_dicts() -> None:
    pair, x = Pair(), np.ones((2, 3), np.float32)
    assert not pair.built
    pair(x)
    owners = [w.path.split("/")[-2] for w in pair.weights]
    own, dense, last = pair.chain[0].name, pair.chain[1].name, pair.named["last"].name
    assert owners == [own] * 3 + [dense] * 2 + [last] * 3
    assert len(pair.variables) == 9  # with the state of the generator
    assert len(pair.losses) == 3
    kernel = pair.chain[1].kernel
    assert float(pair.losses[-1]) == pytest.approx(0.01 * (kernel.numpy() ** 2).sum(), rel=1e-5)
    assert (pair(x, training=True).numpy() != pair(x).numpy()).any()


def test_trainable_is_recursive_and_comes_back() -> None:
    pair = Pair()
    pair.build((None, 3))
    before = [id(w) for w in pair.trainable_weights]
    assert len(before) == 6
    pair.trainable = False
    assert pair.trainable_weights == []
    assert len(pair.non_trainable_weights) == 8
    pair.trainable = True
    assert [id(w) for w in pair.trainable_weights] == before
    pair.chain[1].trainable = False
    assert len(pair.trainable_weights) == 4


def test_activity_regularizers_add_to_the_losses() -> None:
    layer, x = layers.Dense(2, activity_regularizer="l1"), rng.normal(size=(4, 3))
    y = layer(x).numpy()
    assert float(layer.losses[0]) == pytest.approx(0.01 * np.abs(y).sum() / 4, rel=1e-5)


def test_names_count_up_per_class() -> None:
    lamina.utils.naming.clear_session()
    names = [layers.Dense(1).name, layers.LeakyReLU().name, layers.Dense(1).name]
    assert names == ["dense", "leaky_re_lu", "dense_1"]
    assert repr(layers.Dense(1, name="it")) == "<Dense name=it, built=False>"


def test_floats_are_cast_to_the_dtype_of_the_layer() -> None:
    layer = layers.Dense(2)
    assert layer(np.ones((1, 3), np.float64)).dtype == "float32"
    assert layer(np.ones((1, 3), np.int64)).dtype == "float32"
    assert layer([[1, 2, 3]]).dtype == "float32"
    lamina.config.set_floatx("float64")
    assert layers.Dense(2)(np.ones((1, 3), np.float32)).dtype == "float64"


def built() -> layers.Dense:
    layer = layers.Dense(5, name="hidden")
    layer.build((None, 13))
    return layer


def ones(*shape: int) -> Any:
    return np.ones(shape, np.float32)


WRONG = {
    "Dense(0)": (lambda: layers.Dense(0), "units=0"),
    "Dense(-3)": (lambda: layers.Dense(-3), "positive integer, received units=-3"),
    "Dense('3')": (lambda: layers.Dense("3"), "expected units to be an integer, received '3'"),
    "features": (
        lambda: built()(ones(32, 12)),
        r"Dense 'hidden': expected input with 13 features, received shape \(32, 12\)",
    ),
    "rank": (lambda: built()(ones(13)), r"at least 2 dimensions, received shape \(13,\)"),
    "unknown option": (lambda: layers.Dense(3, unit=3), "unknown arguments 'unit'"),
    "activation": (lambda: layers.Dense(3, "rleu"), "^Dense: unknown activation 'rleu'.*'relu'"),
    "regularizer": (
        lambda: layers.LSTM(3, kernel_regularizer=5),
        "^LSTM.*: expected a regularizer",
    ),
    "dtype": (lambda: layers.Dense(3, dtype="f2"), "^Dense: expected a dtype of .*received 'f2'"),
    "input_shape": (lambda: layers.Dense(3, input_shape=1.5), "^Dense: .* received 1.5"),
    "arguments": (lambda: layers.Lambda(abs, arguments=3), "^Lambda .* dict of arguments"),
    "half an axis": (
        lambda: layers.BatchNormalization(axis=1.5),
        "axis to be an integer, received 1.5",
    ),
    "no layers": (lambda: Sequential(3), "^Sequential .* expected a list of layers, received 3"),
    "too large": (
        lambda: layers.Conv2DTranspose(2, 2, strides=10**12)(ones(2, 6, 6, 4)),
        "^Conv2DTranspose .* is larger than any memory",
    ),
    "no cuDNN": (lambda: layers.GRU(3, use_cudnn=True), "^GRU: there is no cuDNN"),
    "renorm": (lambda: layers.BatchNormalization(renorm=True), "renorm=True is not offered"),
    "name": (lambda: layers.Dense(3, name="a/b"), "without '/'"),
    "trainable": (lambda: layers.Dense(3, trainable=2), "trainable"),
    "options by position": (lambda: layers.Softmax()("x"), "pass options by keyword"),
    "get_weights early": (lambda: layers.Dense(3).get_weights(), "built"),
    "set_weights early": (lambda: layers.Dense(3).set_weights([]), "built"),
    "count_params early": (lambda: layers.Dense(3).count_params(), "built"),
    "unknown features": (lambda: layers.Dense(3)(layers.Input((None,))), "known number"),
    "rate": (lambda: layers.Dropout(1.5), "rate=1.5"),
    "noise_shape": (lambda: layers.Dropout(0.5, noise_shape=(0, 1)), "noise_shape"),
    "stddev": (lambda: layers.GaussianNoise(-1), "stddev=-1"),
    "slope": (lambda: layers.LeakyReLU(negative_slope=-1), "negative_slope=-1"),
    "max_value": (lambda: layers.ReLU(max_value=-1), "max_value=-1"),
    "target_shape": (lambda: layers.Reshape((-1, -1)), "at most one -1"),
    "reshape": (lambda: layers.Reshape((5,))(ones(2, 4)), "4 values"),
    "dims": (lambda: layers.Permute((2, 3)), "permutation"),
    "n": (lambda: layers.RepeatVector(0), "n=0"),
    "shared_axes": (lambda: layers.PReLU(shared_axes=[3])(ones(2, 4)), "shared_axes"),
    "data_format": (lambda: layers.Flatten("last"), "channels_last"),
    "no list": (lambda: layers.Add()(ones(2, 3)), "list of inputs"),
    "no broadcast": (lambda: layers.Add()([ones(2, 3), ones(2, 4)]), "broadcast"),
    "batches": (lambda: layers.Add()([ones(2, 3), ones(1, 3)]), "broadcast"),
    "three": (lambda: layers.Subtract()([ones(2, 3)] * 3), "list of 2"),
    "concatenate": (lambda: layers.Concatenate()([ones(2, 3), ones(3, 3)]), "outside axis -1"),
    "dot sizes": (lambda: layers.Dot(1)([ones(2, 3), ones(2, 4)]), "one size"),
    "dot batch": (lambda: layers.Dot(0)([ones(2, 3), ones(2, 3)]), "not axis 0"),
    "one statistic": (lambda: layers.Normalization(mean=1.0), "both mean and variance"),
    "axis": (lambda: layers.Normalization(axis=4).adapt(ones(2, 3)), "axis"),
    "no data": (lambda: layers.Normalization().adapt(ones(0, 3)), "empty"),
    "other data": (
        lambda: layers.Normalization().adapt([ones(2, 3), ones(2, 4)]),
        r"\(None, 3\), received \(2, 4\)",
    ),
    "no shape": (lambda: layers.Input(), "either shape or batch_shape"),
    "bad shape": (lambda: layers.Input((3, "x")), r"received \(3, 'x'\)"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_a_value_error(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_attributes_that_come_with_building_say_so() -> None:
    with pytest.raises(AttributeError, match=r"kernel.*not built yet"):
        _ = layers.Dense(3).kernel

    class Forgetful(layers.Layer):
        def __init__(self) -> None:
            self.units = 3

    with pytest.raises(AttributeError, match=r"super\(\).__init__"):
        Forgetful()(ones(1, 2))


def test_set_weights_changes_all_or_nothing() -> None:
    layer = built()
    before = layer.get_weights()
    for wrong in ([ones(13, 5)], [ones(13, 5), ones(4)], [ones(13, 5), np.array(["a"] * 5)]):
        with pytest.raises(ValueError, match="hidden"):
            layer.set_weights(wrong)
        for one, other in zip(layer.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)
    layer.set_weights([ones(13, 5), [1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(layer(ones(1, 13)), [[14, 15, 16, 17, 18]])


def test_a_failed_build_leaves_no_weights() -> None:
    class Fragile(layers.Layer):
        wrong = True

        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight((2,), name="w")
            if self.wrong:
                raise ValueError("not yet")

        def call(self, x: Any) -> Any:
            return x * self.w

    layer = Fragile()
    with pytest.raises(ValueError, match="not yet"):
        layer(ones(1, 2))
    assert layer.weights == []
    layer.wrong = False
    assert layer(ones(1, 2)).shape == (1, 2)
    assert len(layer.weights) == 1


def test_numbers_of_numpy_are_numbers() -> None:
    labels = np.array([0, 3, 1])
    layer = layers.Dense(labels.max() + 1, kernel_regularizer="l2")
    assert type(layer.units) is int
    assert layer.get_config()["units"] == 4
    assert layers.LayerNormalization(axis=np.int64(1)).axis == 1
    assert layers.Embedding(labels.max() + 1, np.int32(2))(labels).shape == (3, 2)
    assert layers.Conv2D(2, np.array([3, 3])).kernel_size == (3, 3)
    assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1
