"""Compiled functions: signatures, structures, variables, threads."""

from __future__ import annotations

import threading
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, nest, ops
from lamina.program import _MOST_PLANS, Program, TensorSpec
from lamina.tensor import Tensor

X = np.arange(6, dtype=np.float32).reshape(2, 3)


class Counted:
    """A function that counts how often it is traced."""

    def __init__(self, fn: Any) -> None:
        self.fn = fn
        self.calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        return self.fn(*args, **kwargs)


def test_a_signature_is_traced_once() -> None:
    fn = Counted(lambda x, scale=1: x * scale)
    program = Program(fn)
    for _ in range(3):
        np.testing.assert_array_equal(program(X), X)
        np.testing.assert_array_equal(program(Tensor(X)), X)
        np.testing.assert_array_equal(program(X, scale=2), X * 2)
    assert fn.calls == 2
    program(X[:1])
    program(X.astype(np.float64))
    assert fn.calls == 4


def test_equal_values_of_other_types_are_other_signatures() -> None:
    program = Program(lambda x, scale: x * scale)
    x = np.int32([1, 2])
    assert [program(x, scale=2).dtype, program(x, scale=2.0).dtype] == ["int32", "float32"]
    assert [program(x, scale=2).dtype, program(x, scale=2.0).dtype] == ["int32", "float32"]


def test_arrays_of_any_layout_and_dtype() -> None:
    program = Program(lambda x: x + 1)
    for array in (X[:, ::-1], X.astype(np.float16), X.astype(">f4"), X.astype(np.int8), X.tolist()):
        for _ in range(2):
            np.testing.assert_array_equal(program(np.asarray(array)), np.asarray(array) + 1)


def test_plans_do_not_pile_up() -> None:
    fn = Counted(lambda x: ops.sum(x))
    program = Program(fn)
    for size in range(1, 2 * _MOST_PLANS):
        assert float(program(np.ones(size, np.float32))) == size
    assert len(program._compiled) == _MOST_PLANS
    assert float(program(np.ones(1, np.float32))) == 1


def test_structures_go_in_and_come_out() -> None:
    Pair = namedtuple("Pair", "first second")

    @lamina.function
    def fn(inputs: Any, extra: Any) -> Any:
        assert extra is None
        a, b = inputs["a"], inputs["b"][0]
        return {"sum": a + b, "pair": Pair(a, None), "constant": [1.5]}

    result = fn({"b": [X], "a": 2 * X}, None)
    np.testing.assert_array_equal(result["sum"], 3 * X)
    np.testing.assert_array_equal(result["pair"].first, 2 * X)
    assert result["pair"].second is None
    assert float(result["constant"][0]) == 1.5
    assert list(result) == ["sum", "pair", "constant"]


def test_the_same_leaves_in_another_structure_are_another_signature() -> None:
    fn = Counted(lambda x: len(x))
    program = Program(fn)
    assert [int(program([X])), int(program([X, X])), int(program((X, X)))] == [1, 2, 2]
    assert fn.calls == 3


def test_a_plan_by_specs() -> None:
    program = Program(lambda x, y, mask: (ops.matmul(x, y["w"]), mask))
    plan, outputs = program.plan(TensorSpec((2, 3), "float32"), {"w": X.T}, None)
    assert outputs == (TensorSpec((2, 2), "float32"), None)
    np.testing.assert_array_equal(plan.run([X, np.ascontiguousarray(X.T)])[0], X @ X.T)
    plan, outputs = Program(lambda: None).plan()
    assert (outputs, plan.run([])) == (None, [])


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(TypeError, match="numbers or booleans"):
        Program(lambda x: x)(object())


def test_variables_are_read_and_written_by_every_run() -> None:
    total = Variable(0.0)

    @lamina.function
    def add(x: Any) -> Any:
        before = total.value
        total.assign_add(ops.sum(x))
        total.assign_add(1.0)
        return before, total.value

    for count in range(3):
        before, after = add(X)
        assert (float(before), float(after)) == (16.0 * count, 16.0 * (count + 1))
    total.assign(100.0)
    assert float(add(X)[0]) == 100.0


def test_a_failed_trace_changes_nothing() -> None:
    v = Variable(1.0)

    @lamina.function
    def fail(x: Any) -> Any:
        v.assign(x)
        return ops.reshape(x, (7,))

    with pytest.raises(ValueError, match="reshape"):
        fail(2.0)
    assert float(v) == 1.0
    assert lamina.trace.current_trace() is None


def test_programs_within_programs_become_one() -> None:
    inner = Program(lambda x, scale: ops.exp(x) * scale)
    outer = Program(lambda x: lamina.grad(inner(x, scale=3.0), x))
    np.testing.assert_allclose(outer(X), 3 * np.exp(X), rtol=1e-5)
    assert not inner._compiled


def test_function_keeps_the_name() -> None:
    @lamina.function
    def double(x: Any) -> Any:
        """Return twice x."""
        return 2 * x

    assert (double.__name__, double.__doc__) == ("double", "Return twice x.")


def test_threads_share_a_program() -> None:
    fn = Counted(lambda x: ops.exp(x))
    program = Program(fn)
    wrong: list[int] = []

    def work(seed: int) -> None:
        x = np.random.default_rng(seed).normal(size=(3, 4))
        for _ in range(50):
            if not np.allclose(program(x), np.exp(x)):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert fn.calls == 1


def test_untraced_computes_at_once() -> None:
    seen = []

    @lamina.function
    def fn(x: Any) -> Any:
        with lamina.trace.untraced():
            seen.append(Variable(3.0) * 2)
        return x

    fn(1.0)
    assert float(seen[0]) == 6.0


def test_nested_structures() -> None:
    nested = {"b": [1, None], "a": (2, {"c": 3})}
    assert nest.flatten(nested) == [2, 3, 1, None]
    assert nest.pack_as(nested, "wxyz") == {"b": ["y", "z"], "a": ("w", {"c": "x"})}
    assert nest.map_structure(lambda a, b: (a, b), [1, 2], [3, 4]) == [(1, 3), (2, 4)]
    assert nest.outline([1, {"a": 2}]) == nest.outline([None, {"a": "x"}])
    assert nest.outline([1, 2]) != nest.outline((1, 2))
    with pytest.raises(ValueError, match="expected 4 leaves, received 3"):
        nest.pack_as(nested, [1, 2, 3])
    with pytest.raises(ValueError, match="structures that agree"):
        nest.map_structure(lambda a, b: a, [1, 2], [3])


def test_equal_values_under_other_names() -> None:
    @lamina.function
    def twice(x):
        y = ops.tanh(x)
        return [ops.reshape(y, (6,)), ops.reshape(y, (6,)) + 0, ops.reshape(y, (6,))]

    x = np.arange(6.0).reshape(2, 3)
    for result in twice(x):
        np.testing.assert_allclose(result, np.tanh(x).ravel())
