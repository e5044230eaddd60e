"""Matrix products: every way they are computed, on every instruction set, in all transpositions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from lamina import _core

Array = NDArray[np.generic]

# (m, k, n) and what it is to reach, whatever the instruction set's number of lanes.
SHAPES = {
    "one row": (1, 79, 37),
    "one column": (43, 57, 1),
    "two vectors": (1, 1283, 1),
    "one term": (19, 1, 35),
    "last batch": (47, 61, 10),
    "rows times rows": (5, 131, 29),
    "rows times rows, many terms": (33, 1283, 70),
    "tiles straight from memory": (29, 45, 139),
    "packed when B is transposed": (131, 67, 83),
    "packed in blocks": (263, 1283, 421),
    "rows of A meet in the cache": (269, 1024, 515),
    "columns of A meet in the cache": (2048, 513, 1027),
    "parts of A's rows are copied": (1043, 1283, 523),
}


@pytest.fixture(params=_core.available_isas(), autouse=True)
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    before = _core.isa()
    _core.set_isa(request.param)
    yield request.param
    _core.set_isa(before)


def whole_numbers(shape: tuple[int, int], dtype: str, seed: int) -> Array:
    """Draw numbers whose products add up exactly, with NaN in the memory before and behind."""
    size, margin = shape[0] * shape[1], 64
    memory = np.full(size + 2 * margin, np.nan, dtype)
    inside = memory[margin + 1 : margin + 1 + size]  # aligned to nothing but its items
    inside[:] = np.random.default_rng(seed).integers(-8, 9, size)
    return inside.reshape(shape)


def thinned(a: Array) -> Array:
    """Set elements to 0 so that rows have none left, few, or most, in turn and side by side."""
    rng = np.random.default_rng(3)
    kept = np.array([0.1, 0.1, 0.9, 0.0, 0.9, 0.9, 0.05, 0.45])[np.arange(len(a)) % 8, None]
    return np.where(rng.random(a.shape) < kept, a, a.dtype.type(0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("layout", ["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize("name", SHAPES)
def test_exact(name: str, layout: str, sparse: bool, dtype: str) -> None:
    m, k, n = SHAPES[name]
    a, b = whole_numbers((m, k), dtype, 0), whole_numbers((k, n), dtype, 1)
    a = thinned(a) if sparse else a
    expected = (a.astype("float64") @ b.astype("float64")).astype(dtype)
    transposed = [x.T if flag == "t" else x for x, flag in zip((a, b), layout, strict=True)]
    operands = [whole_numbers(x.shape, dtype, 0) for x in transposed]
    for operand, values in zip(operands, transposed, strict=True):
        operand[:] = values
    flags = {"transpose_a": layout[0] == "t", "transpose_b": layout[1] == "t", "sparse_a": sparse}
    _core.set_parallel_grain(0)
    for threads in (1, 3):
        _core.set_num_threads(threads)
        graph = _core.Graph()
        inputs = [graph.input(x.shape, dtype) for x in operands]
        product = graph.compile(graph.apply("matmul", inputs, flags)).run(operands)[0]
        np.testing.assert_array_equal(product, expected)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("layout", ["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize("name", SHAPES)
def test_same_bits_for_any_number_of_threads(name: str, layout: str, sparse: bool) -> None:
    m, k, n = SHAPES[name]
    rng = np.random.default_rng(2)
    left = rng.standard_normal((m, k), np.float32)
    left = thinned(left) if sparse else left
    a = np.ascontiguousarray(left.T) if layout[0] == "t" else left
    b = rng.standard_normal((n, k) if layout[1] == "t" else (k, n), np.float32)
    bias = rng.standard_normal(n, np.float32)
    flags = {"transpose_a": layout[0] == "t", "transpose_b": layout[1] == "t", "sparse_a": sparse}
    _core.set_parallel_grain(0)
    products = []
    for threads in (1, 2, 3):
        _core.set_num_threads(threads)
        graph = _core.Graph()
        inputs = [graph.input(x.shape, "float32") for x in (a, b, bias)]
        plan = graph.compile(graph.apply("dense", inputs, {**flags, "activation": "relu"}))
        products.append(plan.run((a, b, bias))[0])
    right = b.T if layout[1] == "t" else b
    expected = np.maximum(left.astype("float64") @ right + bias, 0)
    np.testing.assert_allclose(products[0], expected, rtol=1e-4, atol=1e-4 * k**0.5)
    assert all(product.tobytes() == products[0].tobytes() for product in products[1:])
