"""What the core refuses, and what it copies because it cannot read it where it lies."""

import numpy as np
import pytest

from lamina import _core


def test_wrong_input_is_refused_by_name_and_type() -> None:
    graph = _core.Graph()
    plan = graph.compile(graph.apply("exp", [graph.input((2, 3), "float32")]))
    with pytest.raises(ValueError, match=r"float32 \(2, 3\), received float32 \(3, 2\)"):
        plan.run([np.zeros((3, 2), np.float32)])
    with pytest.raises(ValueError, match="nearest known name is 'multiply'"):
        graph.apply("multipy", [])


def test_sizes_beyond_any_memory_are_refused() -> None:
    graph = _core.Graph()
    x = graph.input((1,), "float32")
    for shape in ([2**40, 2**40], [2**62], [2**63 - 1, 2]):
        with pytest.raises(ValueError, match="larger than any memory"):
            graph.apply("broadcast_to", [x], {"shape": shape})
        with pytest.raises(ValueError, match="larger than any memory"):
            graph.input(shape, "float32")
    with pytest.raises(ValueError, match=r"no tensor has shape \(-1, 2\)"):
        graph.input((-1, 2), "float32")


def test_values_of_no_graph_and_attributes_that_do_not_fit_are_refused() -> None:
    graph = _core.Graph()
    x = graph.input((2,), "float32")
    for handle in (-1, x + 1, 2**31 * 65536, 2**48):
        with pytest.raises(ValueError, match="a value of this graph"):
            graph.shape(handle)
    with pytest.raises(ValueError, match="integers of at most 64 bits"):
        graph.apply("softmax", [x], {"axis": 2**70})
    with pytest.raises(TypeError, match="complex"):
        graph.apply("clip", [x], {"min": 1j})


@pytest.mark.parametrize(
    ("columns", "depth", "dtype"), [(1, 9, "float32"), (30, 1025, "float32"), (30, 513, "float64")]
)
def test_an_update_refuses_a_gradient_that_is_not_made_by_rows(
    columns: int, depth: int, dtype: str
) -> None:
    graph = _core.Graph()
    weight, rate, a, b = (
        graph.input(shape, dtype) for shape in ((20, columns), (), (depth, 20), (depth, columns))
    )
    inputs = [weight, rate, graph.input((), "int64"), a, b]
    attributes = {"rule": "sgd", "momentum": 0.0, "nesterov": False, "transpose_a": True}
    with pytest.raises(ValueError, match=rf"by rows as the gradient of {dtype} \(20, {columns}\)"):
        graph.apply("matmul_update", inputs, attributes)


def test_elements_that_are_not_aligned_are_copied() -> None:
    odd: np.ndarray = np.ndarray((3,), np.float64, bytearray(25), 1)
    odd[:] = 1, 2, 3
    assert not odd.flags.aligned
    np.testing.assert_array_equal(_core.apply("negative", [odd])[0], [-1, -2, -3])
