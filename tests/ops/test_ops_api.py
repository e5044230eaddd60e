"""`lamina.ops` against NumPy: at once, compiled, and recorded by the functional API."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from common_ops_cases import COMMON, Case
from lamina import nest
from lamina.registry import operations
from lamina.symbolic import keras_tensors
from lamina.tensor import KerasTensor, Tensor
from wide_ops_cases import WIDE

CASES = COMMON + WIDE
OF_FOUR_ROWS = {"matmul of a vector"}  # of that length
by_case = pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])


def assert_same(received: Any, expected: Any) -> None:
    """Compare values and shapes, of lists item by item, to float32's precision."""
    if isinstance(expected, list):
        assert len(received) == len(expected)
        for pair in zip(received, expected, strict=True):
            assert_same(*pair)
        return
    assert isinstance(received, Tensor)
    assert received.shape == np.shape(expected)
    np.testing.assert_allclose(received, expected, rtol=2e-5, atol=2e-6)


@by_case
def test_on_arrays(case: Case) -> None:
    _, call, numpy_call, arrays = case
    assert_same(call(*map(Tensor, arrays)), numpy_call(*arrays))


@by_case
def test_in_a_compiled_function(case: Case) -> None:
    _, call, numpy_call, arrays = case
    assert_same(lamina.function(call)(*arrays), numpy_call(*arrays))


@by_case
def test_in_a_functional_model(case: Case) -> None:
    """Recorded for any number of rows, an operation has the right shapes and runs again."""
    name, call, numpy_call, arrays = case
    rows = None if name not in OF_FOUR_ROWS else 4
    inputs = [KerasTensor((rows, *array.shape[1:]), array.dtype.name) for array in arrays]
    outputs = call(*inputs)
    values = dict(zip(inputs, arrays, strict=True))
    expected = numpy_call(*arrays)
    assert_same(nest.map_structure(lambda tensor: replay(tensor, values), outputs), expected)
    # A size is unknown exactly where it changes with the number of rows.
    other = expected if rows else numpy_call(*(np.concatenate([array, array]) for array in arrays))
    for output, *results in zip(*map(nest.flatten, (outputs, expected, other)), strict=True):
        sizes = zip(*map(np.shape, results), strict=True)
        assert output.shape == tuple(n if n == m else None for n, m in sizes)


def replay(tensor: KerasTensor, values: dict[KerasTensor, Any]) -> Any:
    """Compute a recorded tensor from arrays for the inputs."""
    if tensor not in values:
        assert tensor.history is not None
        operation, index, _ = tensor.history
        node = operation.nodes[index]
        args, kwargs = nest.map_structure(
            lambda leaf: replay(leaf, values) if isinstance(leaf, KerasTensor) else leaf,
            (node.args, node.kwargs),
        )
        values.update(zip(node.outputs, nest.leaves(operation(*args, **kwargs)), strict=True))
    return values[tensor]


def test_every_operation_is_tried() -> None:
    tried = set()
    for _, call, _, arrays in CASES:
        tensors = [KerasTensor(array.shape, array.dtype.name) for array in arrays]
        seen = set(tensors)
        pending = keras_tensors(call(*tensors))
        while pending:
            tensor = pending.pop()
            if tensor not in seen:
                seen.add(tensor)
                assert tensor.history is not None
                operation, index, _ = tensor.history
                tried.add(operation.op)
                pending += operation.nodes[index].inputs
    elsewhere = {
        *("apply", "convert_to_tensor", "full", "moments", "scatter", "stop_gradient", "unstack"),
        *("associative_scan", "cond", "fori_loop", "map", "scan", "switch", "vectorized_map"),
        *("affine_transform", "average_pool", "max_pool", "resize"),
        *("conv", "conv_transpose", "depthwise_conv", "separable_conv"),
        *("dot_product_attention", "while_loop"),
        *("batch_normalization", "layer_normalization", "rms_normalization"),
        *("extract_sequences", "fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"),
        *("crop_images", "depth_to_space", "extract_patches", "pad_images", "rgb_to_grayscale"),
        *("space_to_depth",),
    }
    assert set(operations.names()) == tried | elsewhere
