"""What operations make of careless arguments: NumPy's answer, or an error that says which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import ops

rng = np.random.default_rng(4)
X = rng.normal(size=(4, 3)).astype(np.float32)
CUBE = rng.normal(size=(2, 3, 4)).astype(np.float32)
HUGE = 10**12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.norm(X, axis=object()), "norm: expected axis to be an integer or a sequence"),
        (lambda: ops.softmax(X, axis=None), "softmax: expected axis to be .*, received None"),
        (lambda: ops.prod(X, keepdims="no"), "prod: expected keepdims to be True or False"),
        (lambda: ops.repeat(X, [1.5]), "repeat: expected repeats to be .*, received \\[1.5\\]"),
        (lambda: ops.vstack(5), "vstack: expected xs to be a sequence, received 5"),
        (lambda: ops.zeros("ab"), "zeros: expected shape to be an integer or a sequence of int"),
        (lambda: ops.linspace(0, 1, [2]), "linspace: expected num to be an integer"),
        (lambda: ops.relu(X, max_value=b"x"), "relu: expected max_value to be a number or None"),
        (lambda: ops.reshape(lamina.Input((3,)), "a"), "reshape: expected newshape to be"),
        (lambda: ops.slice(X, [0.5, 0], (1, 1)), r"slice: .* received \[0.5, 0\]"),
        (lambda: ops.exp("text"), "exp: expected numbers or booleans, received .*<U4"),
        (lambda: ops.segment_sum(X, [0.5] * 4), "segment_sum: expected integers as indices"),
    ],
)
def test_arguments_of_a_wrong_type_are_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}"):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.clip(X, np.ones(5), 1.0), "clip: shapes"),  # not the maximum inside
        (lambda: ops.isclose(np.ones(3), np.ones(4)), "isclose: shapes"),
        (lambda: ops.stack([X], axis=7), "stack: expected an axis between -3 and 2, received 7"),
        (lambda: ops.flip(1.0, 0), "flip: expected no axis of a scalar, received 0"),
        (lambda: ops.reshape(lamina.Input((3,)), (7,)), ".* .where 60 stands for None"),
        (lambda: ops.broadcast_to(X, (None, 4, 3)), "broadcast_to: .* keeps sizes"),
        (lambda: ops.slice(X, [0], (1, 1)), "slice: expected a number for each of 2 axes"),
        (lambda: ops.tril(X[0]), "tril: expected matrices, received shape"),
        (lambda: ops.inv(2.0), "inv: expected matrices"),
        (lambda: ops.rot90(X, axes=(0,)), "rot90: expected two axes"),
        (lambda: ops.diff(X, -1), "diff: expected n >= 0"),
        (lambda: ops.repeat(X, -1), "repeat: expected one number or 12, none of them negative"),
        (lambda: ops.pad(X, -1), "pad: expected an integer.* none of them negative"),
        (lambda: ops.pad(X[:0], 1, "reflect"), "pad: axis 0 has no elements to mirror"),
        (lambda: ops.tensordot(X, X, 3), "tensordot: .* do not have 3 axes each"),
        (lambda: ops.norm(CUBE, 2), "norm: .* received ord=2 over 3 axes"),
        (lambda: ops.quantile(X, 1.5), r"quantile: expected q in \[0, 1\]"),
        (lambda: ops.median(X[:0]), "median: no elements to choose from"),
        (lambda: ops.histogram(X, range=(1,)), r"histogram: expected \(lowest, highest\)"),
        (lambda: ops.histogram(X, 0), "histogram: expected at least one bin"),
        (lambda: ops.bincount([1], minlength=-1), "bincount: expected minlength >= 0"),
        (lambda: ops.segment_max(X, [0]), "segment_max: expected an id for each row"),
        (lambda: ops.scatter(1, X, (3,)), "scatter: expected indices of shape"),
        (lambda: ops.vander(X), "vander: expected a vector"),
        (lambda: ops.arange(0, 1, 0), "arange: expected a step that is not 0"),
        (lambda: ops.depth_to_space(X, 0), "depth_to_space: expected a block_size of at least 1"),
        (lambda: ops.extract_sequences(X, 5, 1), "extract_sequences: .* windows within 3 steps"),
        (lambda: ops.add(np.array([2**63], np.uint64), 1), "add: .* does not fit int64"),
    ],
)
def test_arguments_of_a_wrong_value_are_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: ops.repeat(X, HUGE),
        lambda: ops.tile(X, HUGE),
        lambda: ops.repeat(X, [HUGE] * 4, axis=0),
        lambda: ops.pad(X, HUGE, "reflect"),
        lambda: ops.array_split(X, HUGE),
        lambda: ops.eye(HUGE),
    ],
)
def test_results_too_large_are_refused_at_once(call: Callable[[], Any]) -> None:
    with pytest.raises((MemoryError, ValueError)):
        call()


@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_of_matrices(order: Any, keepdims: bool) -> None:
    for axes in ((0, 2), (-1, 0), (1, 2)):
        np.testing.assert_allclose(
            ops.norm(CUBE, order, axes, keepdims),
            np.linalg.norm(CUBE, order, axes, keepdims),
            rtol=2e-5,
        )
    np.testing.assert_allclose(ops.norm(X, order), np.linalg.norm(X, order), rtol=2e-5)


def test_integers_of_numpy_are_integers() -> None:
    one = np.int64(1)
    np.testing.assert_allclose(ops.sum(X, axis=one), X.sum(1), rtol=1e-5)
    np.testing.assert_array_equal(ops.reshape(X, np.array([6, 2])), X.reshape(6, 2))
    np.testing.assert_array_equal(ops.repeat(X, np.int32(2), axis=one), X.repeat(2, 1))
    np.testing.assert_array_equal(ops.split(X, np.int64(2))[1], X[2:])
    np.testing.assert_array_equal(
        ops.pad(X, np.array([[1, 0], [0, 2]])), np.pad(X, ((1, 0), (0, 2)))
    )
    assert ops.broadcast_to(1.0, 3).shape == (3,)


def test_integers_stay_integers_where_nan_cannot_be() -> None:
    counts = np.array([[3, -1], [2, 5]], np.int32)
    for name in ("nansum", "nanmax", "nanmin", "nanprod"):
        found = getattr(ops, name)(counts, axis=1)
        assert found.dtype == "int32"
        np.testing.assert_array_equal(found, getattr(np, name)(counts, axis=1))


def test_quantiles_of_nan_are_nan() -> None:
    holes = np.array([[1.0, np.nan, 2.0], [3.0, 1.0, 2.0]], np.float32)
    np.testing.assert_array_equal(ops.median(holes, axis=1), [np.nan, 2.0])
    assert np.isnan(ops.percentile(holes, [0, 50])).all()


def test_small_numbers_do_not_wrap() -> None:
    places = np.array([5, 3, 0], np.uint8)
    np.testing.assert_allclose(ops.trapezoid([1.0, 1.0, 2.0], places), -6.5)
    assert ops.diff(X, HUGE).shape == (4, 0)
    np.testing.assert_array_equal(ops.bincount(places), [1, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(ops.segment_sum([1.0, 2.0, 3.0], places)[3:], [2.0, 0.0, 1.0])
