"""One step of every optimizer, in the form and order of operations that Keras 3 documents.

Each takes the weight w, its slots, the gradient g, the learning rate and t, the number of steps
done before this one; each returns the new weight and the new slots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lamina.reference.linalg import from_blocks
from lamina.reference.registry import OPS, Array, Reference, in_dtype

Stepped = tuple[Array, list[Array]]
Step = Callable[..., Stepped]

OPTIMIZERS: dict[str, Step] = {}


def optimizer(step: Step) -> Step:
    """Enter a step function into the table under its own name."""
    OPTIMIZERS[step.__name__] = step
    return step


@optimizer
def sgd(
    w: Array, slots: list[Array], g: Array, lr: float, t: int, *, momentum: float, nesterov: bool
) -> Stepped:
    """w - lr g; with momentum m = momentum m - lr g (Sutskever et al. 2013)."""
    if momentum == 0:
        return w - lr * g, []
    m = momentum * slots[0] - lr * g
    return (w + momentum * m - lr * g if nesterov else w + m), [m]


@optimizer
def adam(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    amsgrad: bool,
) -> Stepped:
    """Adam (Kingma and Ba 2015), with the bias correction in the step size."""
    m = slots[0] + (g - slots[0]) * (1 - beta_1)
    v = slots[1] + (g * g - slots[1]) * (1 - beta_2)
    alpha = lr * np.sqrt(1 - beta_2 ** (t + 1)) / (1 - beta_1 ** (t + 1))
    if amsgrad:  # Reddi, Kale, Kumar 2018
        largest = np.maximum(slots[2], v)
        return w - alpha * m / (np.sqrt(largest) + epsilon), [m, v, largest]
    return w - alpha * m / (np.sqrt(v) + epsilon), [m, v]


@optimizer
def adamax(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> Stepped:
    """Adam with the infinity norm (Kingma and Ba 2015, section 7)."""
    m = slots[0] + (g - slots[0]) * (1 - beta_1)
    u = np.maximum(beta_2 * slots[1], np.abs(g))
    return w - lr * m / ((1 - beta_1 ** (t + 1)) * (u + epsilon)), [m, u]


def nadam_decay(t: int, beta_1: float) -> float:
    """Return the momentum that Nadam uses in step t: beta_1 (1 - 0.96^t / 2)."""
    return float(beta_1 * (1 - 0.5 * 0.96**t))


@optimizer
def nadam(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> Stepped:
    """Adam with Nesterov's momentum (Dozat 2016)."""
    u_now, u_next = nadam_decay(t + 1, beta_1), nadam_decay(t + 2, beta_1)
    product = np.prod([nadam_decay(i, beta_1) for i in range(1, t + 2)])
    m = slots[0] + (g - slots[0]) * (1 - beta_1)
    v = slots[1] + (g * g - slots[1]) * (1 - beta_2)
    m_hat = u_next * m / (1 - product * u_next) + (1 - u_now) * g / (1 - product)
    v_hat = v / (1 - beta_2 ** (t + 1))
    return w - lr * m_hat / (np.sqrt(v_hat) + epsilon), [m, v]


@optimizer
def rmsprop(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    rho: float,
    momentum: float,
    epsilon: float,
    centered: bool,
) -> Stepped:
    """Divide by a running root mean square (Hinton 2012); slots: velocity, momentum, mean."""
    v = rho * slots[0] + (1 - rho) * g * g
    after = [v]
    spread = v + epsilon
    if centered:
        mean = rho * slots[-1] + (1 - rho) * g
        spread = v - mean * mean + epsilon
    step = lr * g / np.sqrt(spread)
    if momentum > 0:
        step = momentum * slots[1] + step
        after.append(step)
    if centered:
        after.append(mean)
    return w - step, after


@optimizer
def adagrad(
    w: Array, slots: list[Array], g: Array, lr: float, t: int, *, epsilon: float
) -> Stepped:
    """Divide by the root of the sum of all squared gradients (Duchi, Hazan, Singer 2011)."""
    total = slots[0] + g * g
    return w - lr * g / np.sqrt(total + epsilon), [total]


@optimizer
def adadelta(
    w: Array, slots: list[Array], g: Array, lr: float, t: int, *, rho: float, epsilon: float
) -> Stepped:
    """Scale by the ratio of running root mean squares of steps and gradients (Zeiler 2012)."""
    v = rho * slots[0] + (1 - rho) * g * g
    step = -np.sqrt(slots[1] + epsilon) / np.sqrt(v + epsilon) * g
    moved = rho * slots[1] + (1 - rho) * step * step
    return w + lr * step, [v, moved]


@optimizer
def lion(
    w: Array, slots: list[Array], g: Array, lr: float, t: int, *, beta_1: float, beta_2: float
) -> Stepped:
    """Step by the sign of an interpolation (Chen et al. 2023)."""
    step = np.sign(beta_1 * slots[0] + (1 - beta_1) * g)
    return w - lr * step, [beta_2 * slots[0] + (1 - beta_2) * g]


@optimizer
def lamb(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> Stepped:
    """LAMB's direction, Adam's step of length free of the rate (You et al. 2019, algorithm 2)."""
    m = slots[0] + (g - slots[0]) * (1 - beta_1)
    v = slots[1] + (g * g - slots[1]) * (1 - beta_2)
    m_hat, v_hat = m / (1 - beta_1 ** (t + 1)), v / (1 - beta_2 ** (t + 1))
    return m_hat / (np.sqrt(v_hat) + epsilon), [m, v]


@optimizer
def manhattan(w: Array, slots: list[Array], g: Array, lr: float, t: int) -> Stepped:
    """Step by the sign of the gradient: w - lr sign(g)."""
    return w - lr * np.sign(g), []


@optimizer
def rprop(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    eta_minus: float,
    eta_plus: float,
    step_min: float,
    step_max: float,
) -> Stepped:
    """Resilient propagation, iRprop- (Igel, Huesken 2000); slots: last gradient, step size."""
    last, size = slots
    turn = np.sign(g) * np.sign(last)
    longer = np.minimum(size * eta_plus, step_max)
    shorter = np.maximum(size * eta_minus, step_min)
    size = np.where(turn > 0, longer, np.where(turn < 0, shorter, size))
    kept = np.where(turn < 0, 0, g)
    return w - np.sign(kept) * size, [kept, size]


@optimizer
def ftrl(
    w: Array,
    slots: list[Array],
    g: Array,
    lr: float,
    t: int,
    *,
    learning_rate_power: float,
    l1_regularization_strength: float,
    l2_regularization_strength: float,
    l2_shrinkage_regularization_strength: float,
    beta: float,
) -> Stepped:
    """Follow the regularized leader (McMahan et al. 2013); slots: squared sum n, linear z."""
    n, z = slots
    grown = n + g * g
    raised = grown**-learning_rate_power
    shrunk = g + 2 * l2_shrinkage_regularization_strength * w
    z = z + shrunk - (raised - n**-learning_rate_power) / lr * w
    quadratic = raised / lr + 2 * (l2_regularization_strength + beta / (2 * lr))
    clipped = np.clip(z, -l1_regularization_strength, l1_regularization_strength)
    return (clipped - z) / quadratic, [grown, z]


def _enter(name: str, step: Step) -> None:
    """Enter the core's op of (weights, each slot's tensors, gradients, rate, iterations)."""

    def forward(
        *inputs: Array, count: int, weight_decay: Sequence[float] = (), **parameters: Any
    ) -> tuple[Array, ...]:
        *tensors, lr, iterations = inputs
        groups = [tensors[i : i + count] for i in range(0, len(tensors), count)]
        weights, gradients = [], groups[-1]
        slots: list[list[Array]] = [[] for _ in groups[1:-1]]
        for i, w in enumerate(groups[0]):
            decay = weight_decay[i] if len(weight_decay) else 0.0
            new, after = step(
                w - w * decay * float(lr),
                [group[i] for group in groups[1:-1]],
                gradients[i],
                float(lr),
                int(iterations),
                **parameters,
            )
            weights.append(in_dtype(new, w))
            for slot, value in zip(slots, after, strict=True):
                slot.append(in_dtype(value, w))
        return (*weights, *(value for slot in slots for value in slot))

    OPS[name] = Reference(forward)


for _name, _step in OPTIMIZERS.items():
    _enter(_name, _step)


def _matmul_update(
    *inputs: Array,
    rule: str,
    weight_decay: float = 0.0,
    transpose_a: bool = False,
    transpose_b: bool = False,
    sparse_a: bool = False,
    a_blocks: int = 1,
    b_blocks: int = 1,
    **parameters: Any,
) -> tuple[Array, ...]:
    """Update a weight by the gradient a b, of (weight, slots, rate, iterations, a, b)."""
    *state, lr, iterations, a, b = inputs
    a, b = from_blocks(a, a_blocks), from_blocks(b, b_blocks)
    gradient = OPS["matmul"].forward(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    forward = OPS[rule].forward
    return tuple(
        forward(
            *state, gradient, lr, iterations, count=1, weight_decay=[weight_decay], **parameters
        )
    )


OPS["matmul_update"] = Reference(_matmul_update)
