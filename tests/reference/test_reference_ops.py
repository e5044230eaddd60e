"""Every op of the core against the NumPy reference, on every thread count and instruction set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core_cases import all_cases
from lamina import _core
from lamina.reference import OPS
from op_case import Array, Case

NAMES = _core.op_names()
CASES = all_cases(NAMES)
TOLERANCE = {"float32": {"rtol": 3e-5, "atol": 3e-5}, "float64": {"rtol": 1e-9, "atol": 1e-11}}


def outputs_of(result: Any) -> list[Array]:
    return [np.asarray(each) for each in (result if isinstance(result, tuple) else (result,))]


def check(actual: Array, expected: Array) -> None:
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(actual, expected, **TOLERANCE[str(expected.dtype)])
    else:
        np.testing.assert_array_equal(actual, expected)


def differentiable(case: Case) -> bool:
    reference, inputs = OPS[case.op], case.inputs("float64")
    if reference.backward is None or all(a.dtype.kind != "f" for a in inputs):
        return False
    return outputs_of(reference.forward(*inputs, **case.attributes))[0].dtype.kind == "f"


SMOOTH = [case for case in CASES if differentiable(case)]


def core_gradients(case: Case, inputs: list[Array], dy: Array) -> list[Array]:
    """Return the core's gradient of sum(dy * first output) for each input, or zeros."""
    graph = _core.Graph()
    values = [graph.input(a.shape, str(a.dtype)) for a in inputs]
    output = graph.apply(case.op, values, case.attributes)[0]
    seed = graph.constant(dy)
    found = graph.gradients(output, values, seed)
    results = iter(graph.compile([g for g in found if g is not None]).run(inputs))
    return [
        np.zeros_like(a) if g is None else next(results) for a, g in zip(inputs, found, strict=True)
    ]


@pytest.fixture
def restore() -> Iterator[None]:
    """Put the instruction set back as it was."""
    isa = _core.isa()
    yield
    _core.set_isa(isa)


def test_every_op_has_a_reference_and_a_case() -> None:
    assert set(NAMES) <= set(OPS)
    assert set(NAMES) == {case.op for case in CASES}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values(case: Case, dtype: str) -> None:
    inputs = case.inputs(dtype)
    expected = outputs_of(OPS[case.op].forward(*inputs, **case.attributes))
    actual = _core.apply(case.op, inputs, case.attributes)
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        check(one, other)


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_gradients_equal_the_reference(case: Case) -> None:
    inputs = case.inputs("float64")
    y = outputs_of(OPS[case.op].forward(*inputs, **case.attributes))[0]
    dy = np.random.default_rng(1).normal(size=y.shape).astype(y.dtype)
    backward = OPS[case.op].backward
    assert backward is not None
    expected = backward(dy, *inputs, **case.attributes)
    for actual, wanted, x in zip(core_gradients(case, inputs, dy), expected, inputs, strict=True):
        if wanted is not None and x.dtype.kind == "f":
            np.testing.assert_allclose(actual, wanted, **TOLERANCE[str(y.dtype)])


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_gradients_equal_central_differences(case: Case) -> None:
    inputs = case.inputs("float64")
    rng = np.random.default_rng(2)
    y = _core.apply(case.op, inputs, case.attributes)[0]
    if y.dtype != np.float64 or np.isnan(y).any():
        return  # too coarse for differences, or an index out of range
    dy = rng.normal(size=y.shape)
    gradients = core_gradients(case, inputs, dy)
    for i, x in enumerate(inputs):
        if x.dtype.kind != "f" or x.size == 0:
            continue
        direction, step = rng.normal(size=x.shape), 1e-6
        sides = []
        for sign in (1, -1):
            moved = [*inputs[:i], x + sign * step * direction, *inputs[i + 1 :]]
            sides.append(float(np.sum(dy * _core.apply(case.op, moved, case.attributes)[0])))
        slope = (sides[0] - sides[1]) / (2 * step)
        assert np.sum(gradients[i] * direction) == pytest.approx(slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_any_number_of_threads_gives_the_same_bits(case: Case, restore: None) -> None:
    inputs = case.inputs("float32")
    _core.set_parallel_grain(0)
    results = []
    for threads in (1, 2, 5):
        _core.set_num_threads(threads)
        graph = _core.Graph()
        values = [graph.input(a.shape, str(a.dtype)) for a in inputs]
        plan = graph.compile(graph.apply(case.op, values, case.attributes))
        results.append([a.tobytes() for a in plan.run(inputs)])
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("isa", _core.available_isas())
def test_every_instruction_set_computes_the_same(isa: str, restore: None) -> None:
    _core.set_isa(isa)
    for case in CASES:
        inputs = case.inputs("float32")
        expected = outputs_of(OPS[case.op].forward(*inputs, **case.attributes))
        for one, other in zip(_core.apply(case.op, inputs, case.attributes), expected, strict=True):
            check(one, other)


@pytest.mark.parametrize("op", ["add", "matmul", "sum", "softmax", "concatenate"])
def test_strided_and_read_only_inputs(op: str) -> None:
    base = np.random.default_rng(3).normal(size=(14, 14)).astype(np.float32)
    views = [base.T[:7, ::2], base[::-2, 3:10]]
    for view in views:
        view.flags.writeable = False
    attributes = {"sum": {"axes": [0]}, "concatenate": {"axis": 0}}.get(op, {})
    inputs = views if op in ("add", "matmul", "concatenate") else views[:1]
    expected = OPS[op].forward(*inputs, **attributes)
    check(_core.apply(op, inputs, attributes)[0], expected)


EXTREMES = np.array(
    [
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        1e-38,
        1e-20,
        0.5,
        1,
        20,
        88,
        89,
        104,
        1e4,
        1e20,
        3e38,
        np.inf,
        np.nan,
    ],
    np.float32,
)


@pytest.mark.parametrize(
    "op",
    [
        "exp",
        "expm1",
        "log",
        "log1p",
        "log2",
        "log10",
        "tanh",
        "sigmoid",
        "softplus",
        "log_sigmoid",
        "erf",
        "sqrt",
        "rsqrt",
        "sinh",
        "cosh",
        "arctan",
        "relu",
        "elu",
        "selu",
        "softsign",
        "abs",
        "sign",
        "floor",
        "round",
    ],
)
def test_extremes(op: str) -> None:
    for x in (EXTREMES, -EXTREMES):
        with np.errstate(all="ignore"):
            expected = OPS[op].forward(x.astype(np.float64)).astype(np.float32)
        actual = _core.apply(op, [x])[0]
        np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected))
        np.testing.assert_allclose(actual, expected, rtol=2e-6, atol=1e-44)
