"""What holds for many operations: dtypes, errors, edge cases; and those NumPy has no twin of."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import ops
from lamina.tensor import KerasTensor, Tensor

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3)).astype(np.float32)
Y = rng.normal(size=(4, 3)).astype(np.float32)
CUBE = rng.normal(size=(4, 3, 5)).astype(np.float32)
LABELS = np.array([2, 0, 1, 1], np.int32)


def assert_same(received: Any, expected: Any) -> None:
    """Compare values and shapes to float32's precision."""
    assert isinstance(received, Tensor)
    assert received.shape == np.shape(expected)
    np.testing.assert_allclose(received, expected, rtol=2e-5, atol=2e-6)


def test_unstack_and_moments_give_several() -> None:
    first, *rest = ops.unstack(X, axis=1)
    assert_same(first, X[:, 0])
    assert len(rest) == 2
    mean, variance = ops.moments(CUBE, (0, 1))
    assert_same(mean, CUBE.mean((0, 1)))
    assert_same(variance, CUBE.var((0, 1)))


def test_scatter_adds_where_indices_meet() -> None:
    assert_same(
        ops.scatter([[0, 1], [2, 0], [0, 1]], [1.0, 2.0, 3.0], (3, 2)),
        np.array([[0, 4], [0, 0], [2, 0]]),
    )
    assert_same(ops.scatter([[1]], X[:1], (2, 3)), np.stack([np.zeros(3), X[0]]))


def test_constants_have_the_asked_dtype() -> None:
    assert ops.zeros((2, 3)).dtype == "float32"
    lamina.config.set_floatx("float64")
    assert [t.dtype for t in (ops.ones(3), ops.eye(2), ops.linspace(0, 1, 5))] == ["float64"] * 3
    assert_same(ops.full((2, 2), 7, "int32"), np.full((2, 2), 7))
    assert_same(ops.full(2, [1.0, 2.0]), np.array([1.0, 2.0]))
    assert_same(ops.eye(2, 3, 1), np.eye(2, 3, 1))
    assert_same(ops.linspace(0, 1, 4, endpoint=False), np.linspace(0, 1, 4, endpoint=False))
    assert (ops.arange(5).dtype, ops.arange(0, 1, 0.25).dtype) == ("int32", "float64")
    assert_same(ops.arange(2, 9, 3), np.arange(2, 9, 3))
    assert_same(ops.identity(2), np.eye(2))


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (lambda: ops.add(np.int32([1]), 1), "int32"),
        (lambda: ops.add(np.int32([1]), 1.0), "float32"),
        (lambda: ops.add(np.float64([1]), 1), "float64"),
        (lambda: ops.add(np.float32([1]), np.sqrt(2.0)), "float32"),
        (lambda: ops.add(np.float32([1]), np.float64([1])), "float64"),
        (lambda: ops.add(np.int64([1]), np.float32([1])), "float32"),
        (lambda: ops.add(np.uint8([1]), np.int32([1])), "int32"),
        (lambda: ops.add([True], [True]), "int32"),
        (lambda: ops.add(True, 2), "int32"),
        (lambda: ops.add(1, 2.5), "float32"),
        (lambda: ops.divide(np.int32([1]), 2), "float32"),
        (lambda: ops.exp(np.int64([1])), "float32"),
        (lambda: ops.sum(np.uint8([200, 200])), "int32"),
        (lambda: ops.where([True], np.float32([1]), 2), "float32"),
        (lambda: ops.equal(np.int32([1]), 1.5), "bool"),
        (lambda: ops.argmax(X), "int32"),
        (lambda: ops.convert_to_tensor([1, 2]), "int32"),
        (lambda: ops.convert_to_tensor([1, 2**40]), "int64"),
        (lambda: ops.convert_to_tensor([1.0]), "float32"),
        (lambda: ops.convert_to_tensor(np.array([1.0])), "float64"),
        (lambda: ops.convert_to_tensor(np.float16([1])), "float32"),
        (lambda: ops.convert_to_tensor(np.int8([1])), "int32"),
        (lambda: ops.convert_to_tensor(np.array([1.0], ">f4")), "float32"),
        (lambda: ops.convert_to_tensor([1.0], "float64"), "float64"),
        (lambda: ops.cast(X, "bool"), "bool"),
        (lambda: ops.one_hot([1], 2, dtype="int32"), "int32"),
    ],
)
def test_dtypes(call: Callable[[], Tensor], dtype: str) -> None:
    assert call().dtype == dtype


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.convert_to_tensor([[1.0], [1.0, 2.0]]), ValueError, "rows of equal length"),
        (lambda: ops.convert_to_tensor(["a"]), TypeError, "numbers or booleans, received .*<U1"),
        (lambda: ops.convert_to_tensor([None]), TypeError, "dtype object"),
        (lambda: ops.cast(X, "complex64"), ValueError, "a dtype of bool, uint8"),
        (lambda: ops.cast(X, "flaot32"), ValueError, "received 'flaot32'"),
        (lambda: ops.add(X, CUBE), ValueError, "broadcast"),
        (lambda: ops.matmul(X, Y), ValueError, "matmul"),
        (lambda: ops.matmul(X, 2.0), ValueError, r"received shapes \(4, 3\) and \(\)"),
        (lambda: ops.reshape(X, (5, -1)), ValueError, "cannot reshape"),
        (lambda: ops.squeeze(X, 0), ValueError, "expected size 1 at axis 0"),
        (lambda: ops.expand_dims(X, 5), ValueError, "an axis between -3 and 2, received 5"),
        (lambda: ops.split(X, 2, axis=1), ValueError, "3 elements do not make 2 equal parts"),
        (lambda: ops.moveaxis(CUBE, (0, 1), 2), ValueError, "a destination for each source"),
        (lambda: ops.repeat(X, [1, 2], axis=0), ValueError, "one number or 4, .*for axis 0"),
        (lambda: ops.pad(X, ((1, 1),) * 3), ValueError, "for each of 2 axes"),
        (lambda: ops.pad(X, 1, mode="edge"), ValueError, "received 'edge'"),
        (lambda: ops.tensordot(X, CUBE, 1), ValueError, "differ in size"),
        (lambda: ops.einsum("iij", np.eye(2)), ValueError, "a letter for each axis"),
        (lambda: ops.einsum("ij,jk", X), ValueError, "with 1 operands"),
        (lambda: ops.einsum(X, X), TypeError, "expected subscripts to be a string"),
        (lambda: ops.array_split(X, 0), ValueError, "at least one part, received 0"),
        (lambda: ops.sum(X, axis="rows"), TypeError, "sum: expected axis to be an int"),
        (lambda: ops.argmax(X, axis=[0, 1]), TypeError, "an integer or None, received"),
        (lambda: ops.norm(CUBE, 3, (0, 1)), ValueError, "received ord=3 over 2 axes"),
        (lambda: ops.take(X, [0.5]), TypeError, "integers as indices, received float32"),
        (lambda: ops.sparse_categorical_crossentropy(LABELS[:2], X), ValueError, r"shape \(4,\)"),
        (lambda: ops.categorical_crossentropy(X[:1], X), ValueError, "of one shape"),
        (lambda: Tensor(X)[9], IndexError, "index 9 is out of range for axis 0 of size 4"),
        (lambda: Tensor(X)[0, 0, 0], IndexError, "too many indices: 3"),
        (lambda: Tensor(X)[..., ...], IndexError, "one Ellipsis only"),
        (lambda: Tensor(X)[[0], [1]], TypeError, "at most one tensor"),
        (lambda: Tensor(X)[True], TypeError, "expected integers, slices"),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2, 0)])
def test_scalars_and_empty_tensors(shape: tuple[int, ...]) -> None:
    x = np.ones(shape, np.float32)
    assert_same(ops.exp(x) + ops.sum(x) * 2, np.exp(x) + x.sum() * 2)
    assert_same(
        ops.reshape(x, (-1, 1)[: 1 if x.size == 0 else 2]),
        x.reshape((-1, 1)[: 1 if x.size == 0 else 2]),
    )
    assert_same(
        ops.concatenate([ops.ravel(x), ops.ravel(x)]), np.concatenate([x.ravel(), x.ravel()])
    )


def test_one_element_for_many_keeps_its_sign() -> None:
    assert np.signbit(ops.multiply(np.ones(3, np.float32), np.float32(-0.0))).all()
    assert np.signbit(ops.multiply(np.float32(-0.0), np.ones(3, np.float32))).all()


def test_views_and_read_only_arrays_are_read_right() -> None:
    view = CUBE[::2, :, ::-2]
    view.flags.writeable = False
    assert_same(ops.exp(view), np.exp(view))
    assert_same(ops.matmul(view, np.swapaxes(view, 1, 2)), view @ np.swapaxes(view, 1, 2))


def test_operations_recorded_with_unknown_sizes() -> None:
    x = KerasTensor((None, 4, 3))
    assert ops.reshape(x, (-1, 6)).shape == (None, 6)
    assert ops.reshape(x, (ops.shape(x)[0], -1)).shape == (None, 12)
    assert ops.matmul(x, ops.transpose(x, (0, 2, 1))).shape == (None, 4, 4)
    assert ops.concatenate([x, x], axis=0).shape == (None, 4, 3)
    assert ops.concatenate([x, x], axis=-1).shape == (None, 4, 6)
    assert ops.sum(x, axis=0).shape == (4, 3)
    assert x[:, 0, None].shape == (None, 1, 3)
    assert (x > 0).dtype == "bool"
    values, indices = ops.top_k(x, 2)
    assert (values.shape, indices.shape, indices.dtype) == ((None, 4, 2), (None, 4, 2), "int32")


def test_numbers_that_do_not_fit_are_refused() -> None:
    counts = np.array([1], np.int32)
    with pytest.raises(OverflowError, match=r"1099511627776 does not fit int32"):
        ops.add(counts, 2**40)
    assert ops.add(counts.astype(np.int64), 2**40).dtype == "int64"
    assert float(ops.add(1, 2**40)) == 2**40 + 1


def test_numbers_keep_their_digits_in_float64() -> None:
    assert float(ops.convert_to_tensor(0.1, "float64")) == 0.1


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("n", [0, 1, 60, 1000])
def test_any_line_is_sorted_equals_in_their_order_and_nan_last(n: int, dtype: str) -> None:
    rng = np.random.default_rng(n)
    x = rng.integers(-90 if dtype[0] in "fi" else 0, 90, (2, n)).astype(dtype)
    if dtype[0] == "f":
        special = np.array([np.nan, -np.nan, 0.0, -0.0, np.inf, -np.inf, 1e-40, -1e-40], dtype)
        x = np.where(rng.random(x.shape) < 0.3, rng.choice(special, x.shape), x)
    assert_same(ops.argsort(x), np.argsort(x, kind="stable"))
    assert_same(ops.sort(x), np.sort(x, kind="stable"))
    falling = np.asarray(ops.apply("sort", x, descending=True))
    np.testing.assert_array_equal(np.sort(falling), np.sort(x))
    assert not (falling[:, :-1] < falling[:, 1:]).any()


@pytest.mark.parametrize("join", [ops.concatenate, ops.stack])
def test_nothing_cannot_be_joined(join: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="at least one tensor"):
        join([])


def test_what_is_loaded_late_is_named_as_its_module_offers_it() -> None:
    lazy = set(ops._lazy_names) - {"image"}  # a module
    homes = {getattr(ops, name).__module__ for name in lazy}
    offered = [name for home in homes for name in importlib.import_module(home).__all__]
    assert sorted(offered) == sorted(lazy)


def test_apply_reaches_any_operation_of_the_core() -> None:
    """The way that docs/ops.md names for what has no function of its own."""
    x = np.array([1.0, -2.0], np.float32)
    assert_same(ops.apply("clip", x, min=-1.5), np.maximum(x, -1.5))
