"""The graph core alone: planning, writes to variables, gradients, the loop over batches."""

import numpy as np
import pytest

from lamina import _core
from lamina.reference import OPS


def graph_input(graph: _core.Graph, *shape: int, dtype: str = "float32") -> int:
    return graph.input(shape, dtype)


def apply(graph: _core.Graph, op: str, *inputs: int, **attributes: object) -> int:
    return graph.apply(op, inputs, attributes)[0]


def test_a_plan_computes_what_its_graph_says() -> None:
    graph = _core.Graph()
    x, y = graph_input(graph, 2, 3), graph_input(graph, 3)
    total = apply(graph, "multiply", apply(graph, "add", x, y), x)
    plan = graph.compile([total, x])
    a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.float32([1, 2, 3])
    product, same = plan.run([a, b])
    np.testing.assert_array_equal(product, (a + b) * a)
    np.testing.assert_array_equal(same, a)


def test_bias_and_activation_are_fused_into_the_product() -> None:
    graph = _core.Graph()
    x = graph_input(graph, 4, 3)
    w = _core.Variable(np.ones((3, 5), np.float32))
    b = _core.Variable(np.full(5, -4, np.float32))
    hidden = apply(
        graph, "relu", apply(graph, "add", apply(graph, "matmul", x, graph.read(w)), graph.read(b))
    )
    plan = graph.compile([hidden])
    assert [line.split()[0] for line in plan.steps] == ["dense"]
    data = np.arange(12, dtype=np.float32).reshape(4, 3)
    expected = np.maximum(data.sum(1, keepdims=True) - 4, 0) * np.ones(5)
    np.testing.assert_array_equal(plan.run([data])[0], expected)


def adam_plan(
    *, depth: int, reader: bool = False
) -> tuple[_core.Plan, list[_core.Variable], list[np.ndarray]]:
    """Return a plan that updates a matrix and a vector, its variables, and inputs a, b, dv.

    reader: the plan also gives the matrix's old value.
    """
    rng = np.random.default_rng(0)
    shapes = [(160, 140), (140,)]
    state = [_core.Variable(rng.random(s, np.float32)) for _ in range(3) for s in shapes]
    graph = _core.Graph()
    a, b = graph_input(graph, depth, 160), graph_input(graph, depth, 140)
    dv = graph_input(graph, 140)
    gradients = [apply(graph, "matmul", a, b, transpose_a=True), dv]
    old = [graph.read(v) for v in state]
    halved = apply(graph, "multiply", graph_input(graph), graph.constant(np.array(0.5, "f4")))
    new = graph.apply(
        "adam",
        [*old, *gradients, halved, graph.constant(np.array(3))],
        {"count": 2, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-7, "amsgrad": False},
    )
    for variable, value in zip(state, new, strict=True):
        graph.write(variable, value)
    outputs = [apply(graph, "exp", old[0])] if reader else []
    data = [rng.standard_normal(s).astype("f4") for s in ((depth, 160), (depth, 140), (140,))]
    return graph.compile(outputs), state, [*data, np.array(0.02, "f4")]


@pytest.mark.parametrize(("depth", "reader"), [(9, False), (9, True), (600, False)])
def test_an_update_takes_in_the_product_that_is_its_gradient(depth: int, reader: bool) -> None:
    plan, state, inputs = adam_plan(depth=depth, reader=reader)
    before = [v.numpy().copy() for v in state]
    plan.run(inputs)
    a, b, dv, rate = inputs
    expected = OPS["adam"].forward(
        *before, a.T @ b, dv, rate / 2, np.array(3),
        count=2, beta_1=0.9, beta_2=0.99, epsilon=1e-7, amsgrad=False,
    )  # fmt: skip
    for variable, value in zip(state, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), value, rtol=2e-5, atol=2e-5)
    ops = [line.replace("|", " ").split()[0] for line in plan.steps]
    # Long sums stay apart; so does a weight whose old value is still to be read.
    fused = depth < 512 and not reader
    assert ("matmul_update" in ops) == fused
    assert ("matmul" in ops) != fused
    assert ops.count("adam") == 1
    assert (plan.arena_bytes < 160 * 140 * 4) == fused


def two_layer_plan(rows: int) -> tuple[_core.Plan, list[_core.Variable]]:
    """Return a training step of 9-256-40 by gradient descent, and its weights."""
    rng = np.random.default_rng(0)
    shapes = (9, 256), (256,), (256, 40)
    weights = [_core.Variable(rng.standard_normal(s).astype("f4") / 9) for s in shapes]
    graph = _core.Graph()
    x, target = (graph.input((rows, n), "float32") for n in (9, 40))
    read = [graph.read(w) for w in weights]
    hidden = apply(graph, "relu", apply(graph, "add", apply(graph, "matmul", x, read[0]), read[1]))
    error = apply(graph, "subtract", apply(graph, "matmul", hidden, read[2]), target)
    loss = apply(graph, "mean", apply(graph, "square", error))
    gradients = [g for g in graph.gradients(loss, read) if g is not None]
    rate = graph.constant(np.array(0.5, "f4"))
    new = graph.apply(
        "sgd",
        [*read, *gradients, rate, graph.constant(np.array(0))],
        {"count": 3, "momentum": 0.0, "nesterov": False},
    )
    for variable, value in zip(weights, new, strict=True):
        graph.write(variable, value)
    return graph.compile([loss]), weights


@pytest.mark.parametrize("rows", [1, 45, 200])
def test_a_hidden_layer_lies_in_blocks_of_columns_that_workers_keep(rows: int) -> None:
    plan, weights = two_layer_plan(rows)
    rng = np.random.default_rng(1)
    x, target = inputs = [rng.standard_normal((rows, n)).astype("f4") for n in (9, 40)]
    w, b, v = (variable.numpy().copy() for variable in weights)
    for _ in range(2):
        hidden = np.maximum(x @ w + b, 0)
        error = hidden @ v - target
        np.testing.assert_allclose(plan.run(inputs)[0], np.mean(error**2), rtol=1e-4)
        dy = 2 * error / error.size
        dh = (dy @ v.T) * (hidden > 0)
        w, b, v = w - x.T @ dh / 2, b - dh.sum(axis=0) / 2, v - hidden.T @ dy / 2
    for variable, expected in zip(weights, (w, b, v), strict=True):
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4, atol=1e-5)
    # Where sums are long, weights and gradients stay apart, and nothing is worth keeping.
    assert any("sum_blocks" in step for step in plan.steps) == (rows <= 128)


def test_a_write_gives_later_reads_the_new_value_and_the_variable_its_last() -> None:
    variable = _core.Variable(np.float32([1, 2]))
    graph = _core.Graph()
    old = graph.read(variable)
    graph.write(variable, apply(graph, "add", old, old))
    new = graph.read(variable)
    graph.write(variable, apply(graph, "multiply", new, new))
    plan = graph.compile([old, new])
    before, between = plan.run([])
    np.testing.assert_array_equal(before, [1, 2])
    np.testing.assert_array_equal(between, [2, 4])
    np.testing.assert_array_equal(variable.numpy(), [4, 16])


def test_equal_values_may_be_renamed_written_and_given_out() -> None:
    variable = _core.Variable(np.float32([2, 3]))
    graph = _core.Graph()
    doubled = apply(graph, "add", graph.read(variable), graph.read(variable))
    one, other = (apply(graph, "reshape", doubled, shape=[2, 1]) for _ in range(2))
    same, again = (apply(graph, "reshape", value, shape=[2]) for value in (one, other))
    graph.write(variable, again)
    results = graph.compile([same, other]).run([])
    np.testing.assert_array_equal(results[0], [4, 6])
    np.testing.assert_array_equal(results[1], [[4], [6]])
    np.testing.assert_array_equal(variable.numpy(), [4, 6])


def test_variables_may_trade_values() -> None:
    a, b = _core.Variable(np.float32([1, 2])), _core.Variable(np.float32([3, 4]))
    graph = _core.Graph()
    was_a, was_b = graph.read(a), graph.read(b)
    graph.write(a, was_b)
    graph.write(b, was_a)
    graph.compile([]).run([])
    np.testing.assert_array_equal(a.numpy(), [3, 4])
    np.testing.assert_array_equal(b.numpy(), [1, 2])


def test_a_written_value_is_computed_in_place_unless_the_old_one_is_still_read() -> None:
    variable = _core.Variable(np.zeros(1000, np.float32))
    graph = _core.Graph()
    old = graph.read(variable)
    graph.write(variable, apply(graph, "add", old, graph.constant(np.float32([1]))))
    assert graph.compile([]).arena_bytes == 0
    later = graph.compile([apply(graph, "exp", old)])
    np.testing.assert_array_equal(later.run([])[0], np.ones(1000))
    np.testing.assert_array_equal(variable.numpy(), np.ones(1000))


@pytest.mark.parametrize("others", [(3.0, np.nan), (np.nan, 3.0), (0.0, -0.0)])
def test_only_what_is_equal_to_the_bit_is_computed_once(others: tuple[float, float]) -> None:
    graph = _core.Graph()
    x = graph_input(graph, 1)
    padded = [apply(graph, "pad", x, before=[1], value=value) for value in (*others, others[0])]
    plan = graph.compile(padded)
    found = plan.run([np.float32([5])])
    for result, value in zip(found, (*others, others[0]), strict=True):
        assert result.tobytes() == np.float32([value, 5]).tobytes()
    assert sum("pad" in line for line in plan.steps) == 2


def test_memory_is_reused_along_a_chain() -> None:
    graph = _core.Graph()
    value = graph_input(graph, 1024)
    for _ in range(10):
        value = apply(graph, "cumsum", value, axis=0)
    total = apply(graph, "sum", value)
    assert graph.compile([total]).arena_bytes <= 2 * 4096 + 64


def test_gradients_of_gradients() -> None:
    graph = _core.Graph()
    x = graph_input(graph, 3, dtype="float64")
    cube = apply(graph, "multiply", apply(graph, "multiply", x, x), x)
    (first,) = graph.gradients(cube, [x])
    assert first is not None
    (second,) = graph.gradients(first, [x])
    assert second is not None
    data = np.array([1.0, -2.0, 3.0])
    slope, curvature = graph.compile([first, second]).run([data])
    np.testing.assert_allclose(slope, 3 * data**2)
    np.testing.assert_allclose(curvature, 6 * data)


def test_no_path_no_gradient() -> None:
    graph = _core.Graph()
    x, y = graph_input(graph, 2), graph_input(graph, 2)
    total = apply(graph, "sum", x)
    assert graph.gradients(total, [y]) == [None]


def counting_plan(rows: int, sums: _core.Variable) -> _core.Plan:
    graph = _core.Graph()
    x = graph_input(graph, rows, 2, dtype="float64")
    graph.write(sums, apply(graph, "add", graph.read(sums), apply(graph, "sum", x, axes=[0])))
    return graph.compile([])


@pytest.mark.parametrize("seed", [None, 7])
def test_a_loop_sees_every_row_once(seed: int | None) -> None:
    data = np.arange(26, dtype=np.float64).reshape(13, 2)
    sums = _core.Variable(np.zeros(2))
    loop = _core.Loop([data], 5, counting_plan(5, sums), counting_plan(3, sums))
    loop.begin(seed=seed)
    assert [loop.run(batches=2), loop.run(), loop.run()] == [2, 1, 0]
    np.testing.assert_array_equal(sums.numpy(), data.sum(0))


def test_run_epochs_logs_one_row_per_epoch() -> None:
    data = np.ones((10, 2))
    sums = _core.Variable(np.zeros(2))
    graph = _core.Graph()
    total = apply(graph, "sum", graph.read(sums))
    graph.write(sums, graph.constant(np.zeros(2)))
    loop = _core.Loop([data], 5, counting_plan(5, sums))
    logs = loop.run_epochs(3, 1, graph.compile([total]))
    np.testing.assert_array_equal(logs, [[20.0]] * 3)
    np.testing.assert_array_equal(sums.numpy(), [0, 0])


def test_an_epoch_cut_short_goes_on_in_the_next_call() -> None:
    data = np.arange(20, dtype=np.float64).reshape(10, 2)
    sums = _core.Variable(np.zeros(2))
    graph = _core.Graph()
    finish = graph.compile([apply(graph, "sum", graph.read(sums))])
    loop = _core.Loop([data], 5, counting_plan(5, sums))
    logs = [loop.run_epochs(epochs, 1, finish, seconds=0) for epochs in (2, 2, 1, 1)]
    assert [rows.tolist() for rows in logs] == [[], [[190.0]], [], [[380.0]]]
    assert loop.run() == 0


def test_predictions_land_in_their_rows() -> None:
    def plan(rows: int) -> _core.Plan:
        graph = _core.Graph()
        return graph.compile([apply(graph, "negative", graph_input(graph, rows, 3))])

    data = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    result = np.empty((7, 3), np.float32)
    loop = _core.Loop([data], 3, plan(3), plan(1), [result])
    loop.begin()
    loop.run()
    np.testing.assert_array_equal(result, -data)
