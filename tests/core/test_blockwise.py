"""Plans that take their rows block by block: the same bits as all rows at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

import lamina
from core_cases import all_cases
from lamina import Input, Model, Sequential, _core, layers, nest, ops
from op_case import Array, Case

ALL_AT_ONCE = 1 << 40
RNG = np.random.default_rng(11)


@pytest.fixture(autouse=True)
def block_rows() -> Iterator[None]:
    """Let plans choose their blocks again afterwards."""
    yield
    _core.set_block_rows(0)


def is_cut(plan: _core.Plan) -> bool:
    return [step.split()[0] for step in plan.steps] == ["blockwise"]


# Every op, on its own cases

CUT = {
    *("add", "where", "cast", "exp", "relu", "isnan", "less", "logical_and", "logical_not"),
    *("matmul", "dense", "conv", "conv_input_grad", "fused_conv", "fused_conv_transpose"),
    *("max_pool", "average_pool", "softmax", "log_softmax"),
    *("sum", "mean", "prod", "max", "min", "any", "all"),
    *("reshape", "identity", "transpose", "slice", "pad", "concatenate", "take"),
}
NEVER_CUT = {
    *("batch_norm", "dropout", "random_normal", "cumsum", "flip", "sort", "conv_kernel_grad"),
    *("solve", "lstm", "scatter_add", "matmul_slope"),
}


def compiled(case: Case, cut: tuple[bool, ...], rows: int) -> tuple[_core.Plan, list[Array]]:
    """Return a plan of the op alone, and its inputs; those not `cut` are constants."""
    _core.set_block_rows(rows)
    graph = _core.Graph()
    arrays = case.inputs("float32")
    values = [
        graph.input(x.shape, x.dtype.name) if taken else graph.constant(np.asarray(x))
        for x, taken in zip(arrays, cut, strict=True)
    ]
    plan = graph.compile(list(graph.apply(case.op, values, case.attributes)))
    return plan, [x for x, taken in zip(arrays, cut, strict=True) if taken]


def test_every_op_gives_the_same_rows_in_blocks() -> None:
    """Whichever inputs have rows: the plan refuses, or the bits are the same."""
    done = set()
    for case in all_cases(_core.op_names()):
        given = case.inputs("float32")
        for cut in product((False, True), repeat=len(given)) if len(given) <= 3 else ():
            sizes = {x.shape[:1] for x, taken in zip(given, cut, strict=True) if taken}
            if len(sizes) != 1 or next(iter(sizes), ()) < (2,):
                continue
            whole, arrays = compiled(case, cut, ALL_AT_ONCE)
            assert not is_cut(whole)
            for rows in (1, 2, 3):
                plan, _ = compiled(case, cut, rows)
                if is_cut(plan):
                    done.add(case.op)
                    for found, expected in zip(plan.run(arrays), whole.run(arrays), strict=True):
                        assert found.tobytes() == expected.tobytes(), (case, cut, rows)
    assert done >= CUT
    assert not done & NEVER_CUT


# Models


def image_model() -> Model:
    return Sequential(
        [
            Input((12, 11, 3)),
            layers.Conv2D(9, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.SeparableConv2D(17, 3, activation="gelu"),
            layers.Conv2DTranspose(5, 3, strides=2),
            layers.Dropout(0.5),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, "softmax"),
        ]
    )


def attending_model() -> Model:
    steps = Input((7, 5))
    x = layers.Dense(16)(steps)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 8)(x, x)])
    x = layers.LayerNormalization()(x)
    x = layers.Dense(33, "swish")(x)
    return Model(steps, layers.Dense(3)(layers.GlobalMaxPooling1D()(x)))


def branching_model() -> Model:
    a, b = Input((5,)), Input((4, 6))
    x = layers.Concatenate()([layers.Dense(8, "tanh")(a), layers.Flatten()(b)])
    wide = layers.Dense(70, "relu")(x)
    return Model([a, b], {"first": layers.Dense(3)(wide), "second": wide, "third": a})


def plain_model() -> Model:
    return Sequential([Input((19,)), layers.Dense(11, "relu"), layers.Dense(1)])


def data(model: Model, rows: int) -> Any:
    found = [RNG.normal(size=(rows, *x.shape[1:])).astype(np.float32) for x in model.inputs]
    return found if len(found) > 1 else found[0]


MODELS = [image_model, attending_model, branching_model, plain_model]


def plan_of(function: Callable[[Any], Any], x: Any, rows: int) -> _core.Plan:
    _core.set_block_rows(rows)
    return lamina.function(function).plan(x)[0]


def same_bits(found: list[Array], expected: list[Array]) -> bool:
    return [y.tobytes() for y in found] == [y.tobytes() for y in expected]


@pytest.mark.parametrize("make", MODELS)
def test_models_give_the_same_rows_in_blocks(make: Callable[[], Model], split_all: None) -> None:
    model = make()
    x = data(model, 37)
    arrays = list(nest.leaves(x))
    expected = plan_of(model, x, ALL_AT_ONCE).run(arrays)
    for threads, rows in product((1, 2, 3), (3, 5, 16)):
        lamina.utils.set_num_threads(threads)
        plan = plan_of(model, x, rows)
        assert is_cut(plan)
        for _ in range(2):
            assert same_bits(plan.run(arrays), expected)


def test_threads_may_change_after_compiling(split_all: None) -> None:
    model = image_model()
    x = data(model, 20)
    expected = plan_of(model, x, ALL_AT_ONCE).run([x])
    for before, after in ((1, 4), (4, 1)):
        lamina.utils.set_num_threads(before)
        plan = plan_of(model, x, 2)
        lamina.utils.set_num_threads(after)
        assert same_bits(plan.run([x]), expected)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x - ops.mean(x, axis=0),
        lambda x: ops.softmax(x, axis=0),
        lambda x: ops.flip(x, axis=0),
        lambda x: ops.matmul(x, ops.transpose(x)),
        lambda x: ops.reshape(x, (4, 15)),
        lambda x: ops.reshape(ops.transpose(x), (x.shape[0], -1)),
        lambda x: ops.concatenate([x, x], axis=0),
        lambda x: x[1:],
        lambda x: ops.sum(x),
        lambda x: (x, ops.arange(3)),
        lambda x: x + ops.reshape(ops.arange(10, dtype="float32"), (10, 1)),
        lambda x: ops.cumsum(x, axis=0),
        lambda x: ops.take(
            ops.ones((3, 4)), ops.cast(x, "int32"), axis=0
        ),  # names the row at fault
        layers.BatchNormalization(),
        layers.Dropout(0.5),
    ],
)
def test_rows_that_depend_on_others_stay_together(function: Callable[..., Any]) -> None:
    x = RNG.normal(size=(10, 6)).astype(np.float32)
    training = {"training": True} if isinstance(function, layers.Layer) else {}
    assert not is_cut(plan_of(lambda x: function(x, **training), x, 2))


def test_the_number_of_rows_may_be_used() -> None:
    x = RNG.normal(size=(10, 6)).astype(np.float32)
    plan = plan_of(lambda x: x * x.shape[0] + ops.ones(6) / x.shape[0], x, 3)
    assert is_cut(plan)
    np.testing.assert_allclose(plan.run([x])[0], x * 10 + 0.1, rtol=1e-6)


def test_an_axis_of_several_elements_a_row_is_cut() -> None:
    x = RNG.normal(size=(10, 4, 6)).astype(np.float32)
    w = RNG.normal(size=(6, 33)).astype(np.float32)

    def merged(x: Any) -> Any:
        return ops.reshape(ops.matmul(ops.reshape(x, (-1, 6)), w), (10, 4, 33)), ops.exp(x)

    plan = plan_of(merged, x, 3)
    assert is_cut(plan)
    assert same_bits(plan.run([x]), plan_of(merged, x, ALL_AT_ONCE).run([x]))


def test_many_rows_are_cut_where_they_need_much_memory() -> None:
    model = image_model()
    small, large = (plan_of(model, data(model, rows), 0) for rows in (4, 1000))
    assert not is_cut(small)
    assert is_cut(large)
    whole = plan_of(model, data(model, 1000), ALL_AT_ONCE)
    assert large.arena_bytes < whole.arena_bytes / 4
    wide = Sequential([Input((40,)), layers.Dense(9000, "relu"), layers.Dense(40)])
    assert not is_cut(plan_of(wide, data(wide, 500), 0))  # weights that no cache holds are shared


def test_predictions_of_many_rows() -> None:
    """By every way a model predicts, with weights that change, in several threads."""
    model = image_model()
    x = data(model, 300)
    for scale in (1.0, 2.0):
        model.set_weights([scale * w for w in model.get_weights()])
        expected = plan_of(model, x, ALL_AT_ONCE).run([x])[0]
        _core.set_block_rows(0)
        found: list[Array] = []

        def predict(found: list[Array] = found) -> None:
            for _ in range(3):
                found.append(np.asarray(model(x)))
                found.append(model.predict(x, batch_size=300, verbose=0))
                found.append(model.predict(x, batch_size=128, verbose=0))

        threads = [threading.Thread(target=predict) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 27
        assert all(same_bits([y], [expected]) for y in found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("features", [1, 3, 17, 150])
def test_predict_finds_what_is_not_finite(dtype: str, rows: int, features: int) -> None:
    x = RNG.normal(size=(rows, features)).astype(dtype)
    x[0, 0] = np.finfo(dtype).max
    for block in (0, 3):
        _core.set_block_rows(block)
        model = Sequential([Input((features,), dtype=dtype), layers.Dense(3, dtype=dtype)])
        expected = model.predict(x, batch_size=rows, verbose=0)
        for position in range(0, x.size, 7):
            for value in (np.nan, np.inf, -np.inf):
                bad = x.copy()
                bad.flat[position] = value
                row, column = divmod(position, features)
                with pytest.raises(ValueError, match=f"at row {row}, column {column}"):
                    model.predict(bad, batch_size=rows, verbose=0)
            np.testing.assert_array_equal(model.predict(x, batch_size=rows, verbose=0), expected)
