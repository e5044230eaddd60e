"""Names, configs and objects; the activations, found by name; the helpers of `lamina.utils`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import activations, ops, registry, utils
from lamina.registry import Configurable, Registry
from lamina.saving import custom_object_scope, register_serializable
from lamina.utils.naming import auto_name, clear_session, to_snake_case

X = np.linspace(-3, 3, 13, dtype=np.float32)

things = Registry("thing", __name__)


@things.register("box", "crate")
class LargeBox(Configurable):
    def __init__(self, size: int, lid: Any = None, colour: str = "red", act: Any = "relu") -> None:
        self.size, self.lid, self.colour = size, lid, colour
        self.act = activations.get(act)


@things.register()
class Lid(Configurable):
    def __init__(self, weight: float = 1.0, holes: tuple[int, ...] = ()) -> None:
        self.weight, self.holes = weight, holes


@pytest.mark.parametrize("name", ["LargeBox", "large_box", "box", "crate"])
def test_every_name_finds_the_class(name: str) -> None:
    assert things.find(name) is LargeBox
    assert things.names() == ["LargeBox", "Lid"]


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(
        ValueError, match="unknown thing 'creat'; the nearest known name is 'crate'"
    ):
        things.get("creat")
    with pytest.raises(
        ValueError, match="unknown activation 'rleu'; the nearest known name is 'relu'"
    ):
        activations.get("rleu")


def test_get_takes_names_configs_classes_objects_and_none() -> None:
    lid = Lid(2.0)
    assert isinstance(things.get("lid"), Lid)
    assert things.get({"class_name": "Lid", "config": {"weight": 3.0}}).weight == 3.0
    assert isinstance(things.get(Lid), Lid)
    assert things.get(lid) is lid
    assert things.get(None) is None
    with pytest.raises(ValueError, match="a thing by name, config or object, received 3"):
        things.get(3)
    with pytest.raises(ValueError, match="a thing's name or config"):
        things.get({"name": "lid"})


def test_a_config_is_json_and_makes_an_equal_object() -> None:
    box = LargeBox(np.int64(3), Lid(holes=(1, 2)), act=ops.tanh)
    config = json.loads(json.dumps(things.serialize(box)))
    assert config == {
        "class_name": "LargeBox",
        "config": {
            "size": 3,
            "lid": {"class_name": "Lid", "config": {"weight": 1.0, "holes": [1, 2]}},
            "colour": "red",
            "act": "tanh",
        },
    }
    again = things.deserialize(config)
    assert again.get_config() == box.get_config()
    assert again.act is ops.tanh


def test_repr_shows_what_is_not_default() -> None:
    assert repr(LargeBox(3)) == "LargeBox(size=3)"
    assert (
        repr(LargeBox(3, Lid(2.0), act="gelu"))
        == "LargeBox(size=3, lid=Lid(weight=2.0), act='gelu')"
    )


def test_a_forgotten_attribute_is_named() -> None:
    class Forgetful(Configurable):
        def __init__(self, units: int) -> None:
            pass

    with pytest.raises(TypeError, match=r"Forgetful\.get_config: no attribute 'units'"):
        Forgetful(3).get_config()


def test_functions_without_a_name_cannot_be_saved() -> None:
    with pytest.raises(TypeError, match="functions a name"):
        registry.serialize(lambda x: x)


def test_your_own_classes_are_found_when_registered_or_in_scope() -> None:
    class Bag(Configurable):
        pass

    config = {"class_name": "Bag", "config": {}}
    with pytest.raises(ValueError, match="unknown thing 'Bag'"):
        things.deserialize(config)
    assert isinstance(things.deserialize(config, custom_objects={"Bag": Bag}), Bag)
    with custom_object_scope({"Bag": Bag}):
        assert isinstance(things.get("Bag"), Bag)
    with pytest.raises(ValueError, match="unknown thing 'Bag'"):
        things.get("Bag")

    @register_serializable(package="mine")
    class Sack(Configurable):
        pass

    config = things.serialize(Sack())
    assert config == {"class_name": "mine>Sack", "config": {}}
    assert isinstance(things.deserialize(config), Sack)


def test_names_are_found_in_every_thread() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(things.get("lid")))
    thread.start()
    thread.join()
    assert isinstance(found[0], Lid)


def test_custom_classes_need_a_config() -> None:
    with pytest.raises(ValueError, match="class Plain needs a get_config"):

        @register_serializable()
        class Plain:
            pass


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.05070099 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: np.log(sigmoid(x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "tanh": np.tanh,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "gelu": lambda x: x * (1 + np.vectorize(__import__("math").erf)(x / np.sqrt(2))) / 2,
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "exponential": np.exp,
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum()),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    activation = activations.get(name)
    assert getattr(activations, name) is activation
    np.testing.assert_allclose(activation(X), ACTIVATIONS[name](X), rtol=1e-5, atol=1e-6)
    assert activations.deserialize(activations.serialize(activation)) is activation


def test_every_activation_is_tried() -> None:
    assert set(registry.activations.names()) <= set(ACTIVATIONS)
    assert activations.get(None) is activations.linear


def test_names_are_numbered_per_process() -> None:
    clear_session()
    assert [auto_name("LeakyReLU") for _ in range(3)] == [
        "leaky_re_lu",
        "leaky_re_lu_1",
        "leaky_re_lu_2",
    ]
    names = (
        "Dense",
        "F1Score",
        "R2Score",
        "L1L2",
        "PReLU",
        "GlorotUniform",
        "AUC",
        "already_snake",
    )
    assert [to_snake_case(name) for name in names] == [
        "dense", "f1_score", "r2_score", "l1l2", "p_re_lu", "glorot_uniform", "auc", "already_snake"
    ]  # fmt: skip


def test_to_categorical() -> None:
    np.testing.assert_array_equal(utils.to_categorical([0, 2]), [[1, 0, 0], [0, 0, 1]])
    assert utils.to_categorical([[1], [0]], num_classes=4).shape == (2, 4)
    assert utils.to_categorical(np.zeros((2, 3))).shape == (2, 3, 1)
    with pytest.raises(ValueError, match=r"labels in 0\.\.1, received 2"):
        utils.to_categorical([0, 2], num_classes=2)
    with pytest.raises(ValueError, match="received -1"):
        utils.to_categorical([0, -1, 3])


def test_split_dataset() -> None:
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    (left_x, left_y), (right_x, right_y) = utils.split_dataset((x, y), left_size=0.7)
    np.testing.assert_array_equal(left_y, np.arange(7))
    np.testing.assert_array_equal(right_y, [7, 8, 9])
    np.testing.assert_array_equal(np.concatenate([left_x, right_x]), x)
    left, right = utils.split_dataset({"x": x, "y": y}, right_size=4, shuffle=True, seed=1)
    assert (len(left["y"]), len(right["y"])) == (6, 4)
    np.testing.assert_array_equal(left["x"][:, 0], 2 * left["y"])
    assert sorted([*left["y"], *right["y"]]) == list(range(10))
    assert [len(part) for part in utils.split_dataset(y, 2, 3)] == [2, 3]
    for sizes in ((None, None), (0.0, None), (11, None), (8, 0.5), (True, None)):
        with pytest.raises(ValueError, match="split_dataset"):
            utils.split_dataset(y, *sizes)
    with pytest.raises(ValueError, match=r"lengths \[9, 10\]"):
        utils.split_dataset((x, y[1:]), 0.5)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="one of float32, float64, received 'float16'"):
        lamina.config.set_floatx("float16")
    with pytest.raises(ValueError, match="a number > 0"):
        lamina.config.set_epsilon(0)
    with pytest.raises(ValueError, match="an integer >= 1, received 0"):
        utils.set_num_threads(0)
    with pytest.raises(ValueError, match="received -1"):
        utils.set_random_seed(-1)
    utils.set_num_threads(2)
    assert utils.get_num_threads() == 2
