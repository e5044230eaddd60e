"""JAX: everything compiled, a whole training in one call that scans over epochs and batches."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from lamina.benchmark import networks
from lamina.benchmark.networks import Network
from lamina.benchmark.peers import Unsupported, Work
from lamina.benchmark.workloads import Prediction, Product, Step, Training

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp

Weights = list[list[Any]]


def setup(threads: int) -> None:
    """Choose the quickest generator; XLA took its threads from the processors it may use."""
    jax.config.update("jax_default_prng_impl", "unsafe_rbg")


def version() -> str:
    return f"JAX {jax.__version__}"


def product(case: Product) -> Work:
    left, right = (flag == "t" for flag in case.layout)
    f = jax.jit(lambda a, b: (a.T if left else a) @ (b.T if right else b))
    a, b = (jnp.asarray(operand) for operand in case.data())
    return lambda: f(a, b).block_until_ready()


def step(case: Step) -> Work:
    def forward(x: Any, kernel: Any, bias: Any) -> Any:
        return jax.nn.relu(x @ kernel + bias)

    def backward(x: Any, kernel: Any, bias: Any, dy: Any) -> Any:
        return jax.vjp(forward, x, kernel, bias)[1](dy)

    arrays = [jnp.asarray(array) for array in case.data()]
    if case.backward:
        gradients = jax.jit(backward)
        return lambda: jax.block_until_ready(gradients(*arrays))
    layer = jax.jit(forward)
    return lambda: layer(*arrays[:3]).block_until_ready()


def apply(network: Network, weights: Weights, x: Any, key: Any = None) -> Any:
    """Return the outputs for rows x; dropout acts where a random key is given."""
    for record, parameters in zip(network.layers, weights, strict=True):
        if isinstance(record, networks.Dense):
            x = x @ parameters[0] + parameters[1]
            x = jax.nn.relu(x) if record.activation == "relu" else x
        elif isinstance(record, networks.Dropout):
            if key is not None:
                keep = jax.random.bernoulli(key, 1 - record.rate, x.shape)
                x = jnp.where(keep, x / (1 - record.rate), 0)
        else:
            raise Unsupported("only dense layers are written here")
    return x


def loss_of(kind: str, z: Any, y: Any) -> Any:
    if kind == "mse":
        return jnp.mean((z - y) ** 2)
    if kind == "mae":
        return jnp.mean(jnp.abs(z - y))
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1))


def training(case: Training) -> Work:
    x, y = (jnp.asarray(array) for array in case.data())
    start = case.network.weights()
    apply(case.network, start, x[:1])

    def step(state: Any, rows: Any) -> Any:
        weights, m, v, count, key = state
        key, noise = jax.random.split(key)
        loss, gradient = jax.value_and_grad(
            lambda w: loss_of(case.loss, apply(case.network, w, x[rows], noise), y[rows])
        )(weights)
        count += 1
        rate = case.learning_rate * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        m = jax.tree.map(lambda m, g: m + 0.1 * (g - m), m, gradient)
        v = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), v, gradient)
        weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, m, v)
        return (weights, m, v, count, key), loss * rows.shape[0]

    full = case.rows // case.batch * case.batch

    def epoch(state: Any, order: Any) -> Any:
        total = jnp.float32(0)
        if full:
            state, losses = jax.lax.scan(step, state, order[:full].reshape(-1, case.batch))
            total += losses.sum()
        if full < case.rows:
            state, last = step(state, order[full:])
            total += last
        return state, total / case.rows

    train = jax.jit(lambda state, orders: jax.lax.scan(epoch, state, orders)[1])
    generator = np.random.default_rng(0)
    weights = jax.tree.map(jnp.asarray, start)
    zeros = jax.tree.map(jnp.zeros_like, weights)

    def run() -> float:
        identity = np.arange(case.rows, dtype=np.int32)
        orders = generator.permuted(np.tile(identity, (case.epochs, 1)), axis=1)
        losses = train((weights, zeros, zeros, jnp.float32(0), jax.random.key(0)), orders)
        return float(np.asarray(losses)[-1])  # every epoch's is known, as `fit` tells it

    return run


def prediction(case: Prediction) -> Work:
    x = case.data()
    weights = jax.tree.map(jnp.asarray, case.network.weights())
    f = jax.jit(lambda x: apply(case.network, weights, x))
    f(x)
    return lambda: np.asarray(f(x))
