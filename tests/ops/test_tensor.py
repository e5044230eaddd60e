"""Tensors and variables: NumPy's protocols, Python's, and assignment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, ops
from lamina.tensor import KerasTensor, Tensor

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_numpy_takes_tensors() -> None:
    x = ops.convert_to_tensor(X)
    np.testing.assert_array_equal(np.asarray(x), X)
    np.testing.assert_array_equal(np.exp(x), np.exp(X))
    np.testing.assert_array_equal(np.argmax(x, axis=1), [2, 2])
    assert np.asarray(x, np.float64).dtype == np.float64
    assert np.array(x, copy=True) is not x.numpy()
    np.testing.assert_array_equal(np.from_dlpack(x), X)


def test_arrays_on_the_left_leave_operators_to_tensors() -> None:
    total = X + Tensor(X)
    assert isinstance(total, Tensor)
    np.testing.assert_array_equal(total, X + X)
    assert isinstance(np.float32(2) * Tensor(X), Tensor)
    assert isinstance(X.T @ Tensor(X), Tensor)


def test_tensors_are_taken_from_other_libraries() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    np.testing.assert_array_equal(ops.convert_to_tensor(frame), frame.to_numpy())

    class OnlyDLPack:
        def __dlpack__(self, **options: Any) -> Any:
            return X.__dlpack__(**options)

        def __dlpack_device__(self) -> Any:
            return X.__dlpack_device__()

    np.testing.assert_array_equal(ops.convert_to_tensor(OnlyDLPack()), X)


def test_python_reads_scalars_and_sequences() -> None:
    x = Tensor(np.float32(2.5))
    assert (float(x), int(x), bool(x), x.item(), f"{x:.2f}") == (2.5, 2, True, 2.5, "2.50")
    assert [10, 20, 30][Tensor(np.int32(1))] == 20
    rows = list(Tensor(X))
    assert (len(rows), len(Tensor(X)), rows[1].tolist()) == (2, 2, [3.0, 4.0, 5.0])
    assert repr(Tensor(X[0])) == "Tensor([0., 1., 2.], shape=(3,), dtype=float32)"
    with pytest.raises(TypeError, match="len"):
        len(x)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Tensor(X))


def test_tensors_without_values_say_so() -> None:
    @lamina.function
    def branch(x: Any) -> Any:
        return x if x > 0 else -x

    with pytest.raises(TypeError, match="cannot branch on it"):
        branch(1.0)
    with pytest.raises(TypeError, match="not NumPy"):
        lamina.function(np.sin)(1.0)
    with pytest.raises(TypeError, match="is no float"):
        lamina.function(float)(1.0)
    assert float(ops.sum([Tensor(X), Tensor(X)])) == 30
    symbolic = KerasTensor((None, 3), name="x")
    assert repr(symbolic) == "<KerasTensor shape=(None, 3), dtype=float32, name=x>"
    with pytest.raises(TypeError, match="cannot be iterated over"):
        list(symbolic)
    assert symbolic in [KerasTensor((None, 3)), symbolic]


def test_lists_of_traced_tensors_are_stacked() -> None:
    @lamina.function
    def nested(x: Any, y: Any) -> Any:
        return ops.convert_to_tensor([[x, 1], (2.5, y)]), ops.slice([1, 2, 3, 4], [y], (2,))

    matrix, part = nested(np.float32(3), np.int32(1))
    assert np.asarray(matrix).tolist() == [[3.0, 1.0], [2.5, 1.0]]
    assert np.asarray(part).tolist() == [2, 3]
    with pytest.raises(ValueError, match="same shape"):
        lamina.function(lambda x: ops.sum([x, [x, x]]))(1.0)


def test_a_tensor_outlives_its_trace_only_as_an_error() -> None:
    kept = []

    @lamina.function
    def leak(x: Any) -> Any:
        kept.append(x)
        return x

    leak(1.0)
    with pytest.raises(ValueError, match="was kept from a function that has returned"):
        kept[0] + 1
    with pytest.raises(ValueError, match="of another trace"):
        lamina.function(lambda x: x + kept[0])(1.0)


def test_a_variable_holds_what_is_assigned() -> None:
    v = Variable([1.0, 2.0], name="v")
    assert (v.shape, v.dtype, v.name, v.trainable) == ((2,), "float32", "v", True)
    v.assign([3, 4])
    v.assign_add(1.0)
    v.assign_sub(np.array([0.5, 1.0]))
    np.testing.assert_array_equal(v.numpy(), [3.5, 4.0])
    np.testing.assert_array_equal(v * 2 + 1, [8.0, 9.0])
    assert v.dtype == "float32"
    with pytest.raises(ValueError, match=r"variable 'v': expected shape \(2,\), received \(3,\)"):
        v.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(v.numpy(), [3.5, 4.0])


def test_a_variable_is_no_window_on_other_memory() -> None:
    start = np.ones(2, np.float32)
    v = Variable(start)
    start[:] = 7
    v.numpy()[:] = 7
    np.testing.assert_array_equal(v.value, [1, 1])


def test_a_variable_from_an_initializer() -> None:
    v = Variable(lambda shape, dtype: np.full(shape, 2, dtype), shape=(2, 3), dtype="float64")
    np.testing.assert_array_equal(v, np.full((2, 3), 2.0))
    assert v.dtype == "float64"
    assert Variable(np.arange(3)).dtype == "int64"
    with pytest.raises(ValueError, match="an initializer needs a shape"):
        Variable(lambda shape, dtype: np.zeros(shape, dtype))
    with pytest.raises(ValueError, match=r"expected a value of shape \(2,\), received \(3,\)"):
        Variable(lambda shape, dtype: np.zeros(3), shape=(2,))
