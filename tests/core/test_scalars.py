"""Single numbers, which one step computes together where variables are written."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import numpy as np
import pytest

from lamina import _core

FLOATS = [0.0, -0.0, 1.0, -2.5, 1e-40, 3e38, np.inf, -np.inf, np.nan]
INTEGERS = [0, 1, -1, 7, 2**31 - 1, -(2**31)]
DTYPES = ("float32", "float64", "int32", "int64", "uint8")
ROWS = [
    *itertools.product(("add", "subtract", "multiply"), DTYPES),
    *itertools.product(("divide", "divide_no_nan"), DTYPES[:2]),
]


def numbers(dtype: str) -> list[Any]:
    values = FLOATS if dtype.startswith("float") else INTEGERS if dtype != "uint8" else [0, 1, 255]
    return [np.array(value, dtype) for value in values]


def within(op: str, inputs: list[Any], attributes: dict[str, Any]) -> Any:
    """Return what `op` gives as the body of `scalars`."""
    graph = _core.Graph()
    values = [graph.input((), x.dtype.name) for x in inputs]
    body = _core.Function(graph, values, graph.apply(op, values, attributes))
    return _core.apply("scalars", inputs, {"body": [body]})[0]


@pytest.mark.parametrize(("op", "dtype"), ROWS)
def test_single_numbers_are_what_arrays_of_one_are(op: str, dtype: str) -> None:
    for x, y in itertools.product(numbers(dtype), repeat=2):
        alone = _core.apply(op, [x, y])[0]
        np.testing.assert_array_equal(within(op, [x, y], {}), alone)
        assert np.isnan(alone) or np.signbit(within(op, [x, y], {})) == np.signbit(alone)


@pytest.mark.parametrize("dtype", [*DTYPES, "bool"])
@pytest.mark.parametrize("to", [*DTYPES, "bool"])
def test_casts_are_what_those_of_arrays_are(dtype: str, to: str) -> None:
    for x in numbers(dtype) if dtype != "bool" else [np.array(False), np.array(True)]:
        alone = _core.apply("cast", [x], {"dtype": to})[0]
        found = within("cast", [x], {"dtype": to})
        assert found.dtype == to
        np.testing.assert_array_equal(found, alone)


def test_what_a_body_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold 'exp'"):
        within("exp", [np.array(1.0)], {})


def test_numbers_become_one_step_that_may_trade_the_values_of_variables() -> None:
    a, b, count = (_core.Variable(np.array(value)) for value in (3.0, 5.0, 1))
    graph = _core.Graph()
    x = graph.input((4,), "float64")
    was_a, was_b, counted = graph.read(a), graph.read(b), graph.read(count)
    (scaled,) = graph.apply("multiply", [x, was_a])
    graph.write(a, graph.apply("add", [was_b, was_b])[0])
    (total,) = graph.apply("sum", [scaled])
    (more,) = graph.apply("add", [counted, graph.constant(np.array(1))])
    graph.write(count, more)
    graph.write(b, graph.apply("subtract", [was_a, total])[0])
    (mean,) = graph.apply("divide", [total, graph.apply("cast", [more], {"dtype": "float64"})[0]])
    plan = graph.compile([mean, total])
    assert [step.split()[0] for step in plan.steps] == ["multiply", "sum", "scalars"]
    for expected in ((3.0, 5.0, 1), (10.0, -27.0, 2)):
        before = [variable.numpy() for variable in (a, b, count)]
        assert tuple(map(operator.methodcaller("item"), before)) == expected
        data = np.arange(5.0)[1:]
        mean_found, total_found = plan.run([data])
        assert total_found == before[0] * 10
        assert mean_found == total_found / (before[2] + 1)
        assert a.numpy() == 2 * before[1]
        assert b.numpy() == before[0] - total_found
