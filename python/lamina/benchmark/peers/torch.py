"""PyTorch: modules with fused Adam on tensors that are already its own."""

from __future__ import annotations

import copy
from typing import Any

import torch

from lamina.benchmark import networks
from lamina.benchmark.networks import Array, Network
from lamina.benchmark.peers import Work
from lamina.benchmark.workloads import Prediction, Product, Step, Training


def setup(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)


def version() -> str:
    return f"PyTorch {torch.__version__}"


def product(case: Product) -> Work:
    a, b = (torch.from_numpy(operand) for operand in case.data())
    left, right = (a.T if case.layout[0] == "t" else a), (b.T if case.layout[1] == "t" else b)
    return lambda: torch.matmul(left, right)


def step(case: Step) -> Work:
    x, kernel, bias, dy = (torch.from_numpy(array) for array in case.data())
    sources = (x, kernel, bias)

    def forward() -> Any:
        with torch.inference_mode():
            return torch.relu_(torch.addmm(bias, x, kernel))

    def backward() -> Any:
        return torch.autograd.grad(torch.relu(torch.addmm(bias, x, kernel)), sources, dy)

    if not case.backward:
        return forward
    for source in sources:
        source.requires_grad_()
    return backward


class Flatten(torch.nn.Module):  # type: ignore[misc]
    """One vector a row, in the order (height, width, channels) that the weights after it count."""

    def forward(self, x: Any) -> Any:
        return x.permute(0, 2, 3, 1).flatten(1)


class LastState(torch.nn.Module):  # type: ignore[misc]
    """An LSTM that returns its last state."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(features, units, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.lstm(x)[0][:, -1]


def build(network: Network) -> Any:
    """Make the network with its starting weights in PyTorch's layouts."""
    modules: list[Any] = []
    for (record, shape), weights in zip(network.walk(), network.weights(), strict=True):
        arrays = weights
        match record:
            case networks.Dense():
                modules.append(torch.nn.Linear(shape[0], record.units))
                arrays = [weights[0].T, weights[1]]
            case networks.Dropout():
                modules.append(torch.nn.Dropout(record.rate))
            case networks.Conv2D():
                modules.append(torch.nn.Conv2d(shape[-1], record.filters, record.size))
                arrays = [weights[0].transpose(3, 2, 0, 1), weights[1]]
            case networks.MaxPooling2D():
                modules.append(torch.nn.MaxPool2d(record.size))
            case networks.Flatten():
                modules.append(Flatten())
            case networks.LSTM():
                modules.append(LastState(shape[-1], record.units))
                arrays = [weights[0].T, weights[1].T, weights[2], 0 * weights[2]]
        with torch.no_grad():
            for parameter, array in zip(modules[-1].parameters(), arrays, strict=True):
                parameter.copy_(torch.from_numpy(array.copy()))
        if isinstance(record, networks.Conv2D) or getattr(record, "activation", "") == "relu":
            modules.append(torch.nn.ReLU())
    model = torch.nn.Sequential(*modules)
    return model.to(memory_format=torch.channels_last) if len(network.input_shape) == 3 else model


def _tensor(x: Array) -> Any:
    tensor = torch.from_numpy(x)
    return tensor.permute(0, 3, 1, 2) if tensor.ndim == 4 else tensor


def training(case: Training) -> Work:
    data, labels = case.data()
    x, y = _tensor(data), torch.from_numpy(labels)
    y = y.long() if y.dtype == torch.int32 else y
    model = build(case.network)
    start = copy.deepcopy(model.state_dict())
    loss_of = {
        "mse": torch.nn.functional.mse_loss,
        "mae": torch.nn.functional.l1_loss,
        "sparse_categorical_crossentropy": torch.nn.functional.cross_entropy,
    }[case.loss]

    def run() -> float:
        model.load_state_dict(start)
        model.train()
        adam = torch.optim.Adam(model.parameters(), case.learning_rate, eps=1e-7, fused=True)
        total = torch.zeros(())
        for _ in range(case.epochs):
            total.zero_()
            for rows in torch.randperm(case.rows).split(case.batch):
                adam.zero_grad()
                loss = loss_of(model(x[rows]), y[rows])
                loss.backward()
                adam.step()
                total += len(rows) * loss.detach()
        return float(total) / case.rows

    return run


def prediction(case: Prediction) -> Work:
    x, model = _tensor(case.data()), build(case.network).eval()

    def run() -> Any:
        with torch.inference_mode():
            return model(x).numpy()

    return run
