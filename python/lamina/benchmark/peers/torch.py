"""PyTorch: modules with fused Adam on tensors that are already its own."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch

from lamina.benchmark import networks
from lamina.benchmark.networks import Array, Network, Shape
from lamina.benchmark.peers import Unsupported, Work
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
    """A recurrent module that returns its last state, backwards too if it goes both ways."""

    def __init__(self, recurrent: Any) -> None:
        super().__init__()
        self.recurrent = recurrent

    def forward(self, x: Any) -> Any:
        states, units = self.recurrent(x)[0], self.recurrent.hidden_size
        if not self.recurrent.bidirectional:
            return states[:, -1]
        return torch.cat((states[:, -1, :units], states[:, 0, units:]), 1)


def _lstm(kernel: Array, recurrent: Array, bias: Array) -> list[Array]:
    return [kernel.T, recurrent.T, bias, 0 * bias]


def _gru(kernel: Array, recurrent: Array, bias: Array) -> list[Array]:
    """Return the weights with the gates in PyTorch's order: reset before update."""

    def gates(columns: Array) -> Array:
        update, reset, candidate = np.split(columns, 3, axis=-1)
        return np.concatenate((reset, update, candidate), axis=-1)

    return [gates(kernel).T, gates(recurrent).T, gates(bias[0]), gates(bias[1])]


def _module(record: networks.Layer, shape: Shape, weights: list[Array]) -> tuple[Any, list[Array]]:
    """Return a layer's module and what its parameters start from, in PyTorch's layouts."""
    nn, channels = torch.nn, shape[-1]
    match record:
        case networks.Dense():
            return nn.Linear(channels, record.units), [weights[0].T, weights[1]]
        case networks.Dropout():
            return nn.Dropout(record.rate), []
        case networks.Conv2D():
            conv = nn.Conv2d(channels, record.filters, record.size)
            return conv, [weights[0].transpose(3, 2, 0, 1), weights[1]]
        case networks.DepthwiseConv2D():
            conv = nn.Conv2d(channels, channels, record.size, groups=channels)
            return conv, [weights[0].transpose(2, 3, 0, 1), weights[1]]
        case networks.Conv2DTranspose():
            conv = nn.ConvTranspose2d(channels, record.filters, record.size, record.stride)
            return conv, [weights[0].transpose(3, 2, 0, 1), weights[1]]
        case networks.BatchNormalization():
            return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01), weights[:2]
        case networks.MaxPooling2D():
            return nn.MaxPool2d(record.size), []
        case networks.LSTM():
            return LastState(nn.LSTM(channels, record.units, batch_first=True)), _lstm(*weights)
        case networks.GRU():
            return LastState(nn.GRU(channels, record.units, batch_first=True)), _gru(*weights)
        case networks.Bidirectional():
            lstm = nn.LSTM(channels, record.units, batch_first=True, bidirectional=True)
            return LastState(lstm), _lstm(*weights[:3]) + _lstm(*weights[3:])
        case networks.Flatten():
            return Flatten(), []
    raise Unsupported(f"{type(record).__name__} is not written here")


def build(network: Network) -> Any:
    """Make the network with its starting weights in PyTorch's layouts."""
    modules: list[Any] = []
    for (record, shape), weights in zip(network.walk(), network.weights(), strict=True):
        module, arrays = _module(record, shape, weights)
        with torch.no_grad():
            for parameter, array in zip(module.parameters(), arrays, strict=True):
                parameter.copy_(torch.from_numpy(array.copy()))
        modules.append(module)
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
