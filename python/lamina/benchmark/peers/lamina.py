"""Lamina itself, by the interface everybody uses."""

from __future__ import annotations

from typing import Any

import lamina
from lamina import _core, ops
from lamina.benchmark.peers import Work, _keras_api
from lamina.benchmark.workloads import Prediction, Product, Step, Training
from lamina.program import Program


def setup(threads: int) -> None:
    lamina.utils.set_num_threads(threads)
    lamina.utils.set_random_seed(0)


def version() -> str:
    return f"Lamina {lamina.__version__} ({_core.isa()})"


def product(case: Product) -> Work:
    operands = case.data()
    a, b = (x.T if flag == "t" else x for x, flag in zip(operands, case.layout, strict=True))
    return lambda: ops.matmul(a, b)


def step(case: Step) -> Work:
    x, kernel, bias, dy = case.data()

    def forward(x: Any, kernel: Any, bias: Any) -> Any:
        return ops.relu(ops.matmul(x, kernel) + bias)

    def backward(x: Any, kernel: Any, bias: Any, dy: Any) -> Any:
        return lamina.grad(ops.sum(forward(x, kernel, bias) * dy), [x, kernel, bias])

    if case.backward:
        gradients = Program(backward)
        return lambda: gradients(x, kernel, bias, dy)
    layer = Program(forward)
    return lambda: layer(x, kernel, bias)


def training(case: Training) -> Work:
    return _keras_api.training(lamina, case)


def prediction(case: Prediction) -> Work:
    x, model = case.data(), _keras_api.build(lamina, case.network)
    if case.way == "predict":
        return lambda: model.predict(x, batch_size=case.rows, verbose=0)
    return lambda: model(x).numpy()
