"""ONNX Runtime: prediction only, from a graph made with the onnx package."""

from __future__ import annotations

from typing import Any

import onnx
import onnxruntime

from lamina.benchmark import networks
from lamina.benchmark.networks import Array, Network
from lamina.benchmark.peers import Unsupported, Work
from lamina.benchmark.workloads import Prediction

_threads = 1


def setup(threads: int) -> None:
    global _threads
    _threads = threads


def version() -> str:
    return f"ONNX Runtime {onnxruntime.__version__}"


class Builder:
    """Collects the nodes and weights of an ONNX graph that reads `x`, one chain of values."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.value = "x"

    def add(self, op: str, *arrays: Array, **attributes: Any) -> None:
        names = [f"weight_{len(self.weights) + i}" for i in range(len(arrays))]
        self.weights += map(onnx.numpy_helper.from_array, arrays, names)
        output = f"value_{len(self.nodes)}"
        node = onnx.helper.make_node(op, [self.value, *names], [output], **attributes)
        self.nodes.append(node)
        self.value = output


def build(network: Network) -> bytes:
    """Serialize the network as an ONNX model; images stay (height, width, channels) outside."""
    graph = Builder()
    image = len(network.input_shape) == 3
    if image:
        graph.add("Transpose", perm=[0, 3, 1, 2])
    for record, weights in zip(network.layers, network.weights(), strict=True):
        match record:
            case networks.Dense():
                graph.add("Gemm", *weights)
                if record.activation == "relu":
                    graph.add("Relu")
            case networks.Conv2D():
                graph.add("Conv", weights[0].transpose(3, 2, 0, 1).copy(), weights[1])
                graph.add("Relu")
            case networks.MaxPooling2D():
                size = [record.size, record.size]
                graph.add("MaxPool", kernel_shape=size, strides=size)
            case networks.Flatten():
                if image:  # the weights after it count (height, width, channels)
                    graph.add("Transpose", perm=[0, 2, 3, 1])
                graph.add("Flatten")
            case networks.Dropout():
                pass
            case _:
                raise Unsupported(f"{type(record).__name__} is not written here")

    def value(name: str, shape: tuple[int, ...]) -> Any:
        dimensions = ["rows", *shape]
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dimensions)

    inputs, outputs = value("x", network.input_shape), value(graph.value, network.output_shape)
    proto = onnx.helper.make_graph(graph.nodes, "network", [inputs], [outputs], graph.weights)
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(proto, opset_imports=opset, ir_version=8)
    return model.SerializeToString()  # type: ignore[no-any-return]


def prediction(case: Prediction) -> Work:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    session = onnxruntime.InferenceSession(
        build(case.network), options, providers=["CPUExecutionProvider"]
    )
    feed = {"x": case.data()}
    return lambda: session.run(None, feed)[0]
