"""Loops and conditions: what they write, draw, keep and refuse, on any threads, and in a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Variable, _core, layers, models, ops, random
from loops import INIT, XS, W, choice, power_loop, rng, rnn


def test_writes_keep_their_order() -> None:
    total, last = Variable(0.0), Variable(np.zeros(2, np.float32))

    @lamina.function
    def fn(x: Any) -> Any:
        total.assign(10.0)

        def step(carry: Any, row: Any) -> Any:
            total.assign_add(ops.sum(row))
            last.assign(row)
            return carry + total.value, total.value

        carry, seen = ops.scan(step, 0.0, x)
        total.assign(total * 2)
        return carry, seen, total.value

    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    for _ in range(2):
        carry, seen, after = fn(x)
        np.testing.assert_array_equal(seen, [11, 16, 25])
        assert (float(carry), float(after), float(total)) == (52, 50, 50)
        np.testing.assert_array_equal(last, x[2])


@pytest.mark.parametrize("wrap", [lambda fn: fn, lamina.function])
def test_only_the_branch_taken_writes(wrap: Callable[..., Any]) -> None:
    a, b = Variable(1.0), Variable(1.0)

    def fn(x: Any) -> Any:
        def yes() -> None:
            a.assign_add(x)

        def no() -> None:
            b.assign(a + b)

        ops.cond(x > 0, yes, no)
        return a.value + 0

    call = wrap(fn)
    assert (float(call(ops.convert_to_tensor(2.0))), float(a), float(b)) == (3, 3, 1)
    assert (float(call(ops.convert_to_tensor(-2.0))), float(a), float(b)) == (3, 3, 4)


def test_an_eager_loop_writes_too() -> None:
    count = Variable(0)
    ops.while_loop(lambda i: i < 5, lambda i: (count.assign_add(i), i + 1)[1], 0)
    assert int(count) == 10


def test_random_numbers_differ_from_step_to_step() -> None:
    generator = random.SeedGenerator(1)
    draw = lamina.function(
        lambda: ops.scan(lambda c, _: (c, random.uniform((2,), seed=generator)), 0, length=3)[1]
    )
    first, second = draw().numpy(), draw().numpy()
    assert len(np.unique([*first.ravel(), *second.ravel()])) == 12
    again = random.SeedGenerator(1)
    np.testing.assert_array_equal(first[0], random.uniform((2,), seed=again))
    np.testing.assert_array_equal(first[1], random.uniform((2,), seed=again))


def test_nothing_is_kept_that_nobody_reads() -> None:
    def arena(fn: Callable[..., Any]) -> int:
        return lamina.function(fn).plan(INIT, XS, W)[0].arena_bytes

    carry = 2 * 3 * 8
    assert arena(lambda i, x, w: rnn(i, x, w)[0]) <= 2 * 64
    assert arena(lambda i, x, w: lamina.grad(rnn(i, x, w)[0], w)) >= 5 * carry


def test_any_number_of_threads_gives_the_same_bits(split_all: None) -> None:
    x, w = rng.normal(size=(20, 33, 17)), rng.normal(size=(17, 17))
    results = []
    for threads in (1, 2, 5):
        _core.set_num_threads(threads)

        @lamina.function
        def fn(x: Any, w: Any) -> Any:
            last, ys = rnn(x[0], x, w)
            power, _ = power_loop(ops.abs(last), 1e-3)
            total = ops.sum(ys) + ops.sum(choice(power, last))
            return [last, *lamina.grad(total, [x, w])]

        results.append([y.numpy().tobytes() for y in fn(x, w) for _ in range(3)])
    assert results[0] == results[1] == results[2]


def test_a_layer_with_a_loop_trains() -> None:
    class Decay(layers.Layer):
        def build(self, shape: Any) -> None:
            self.rate = self.add_weight((shape[-1],), "zeros")

        def call(self, x: Any) -> Any:
            steps = ops.transpose(x, (1, 0, 2))
            return ops.scan(lambda c, x: (c * self.rate + x, None), ops.zeros_like(x[:, 0]), steps)[
                0
            ]

    lamina.utils.set_random_seed(1)
    inputs = layers.Input((6, 2))
    model = models.Model(inputs, Decay()(inputs))
    assert model.output_shape == (None, 2)
    x = rng.normal(size=(64, 6, 2)).astype(np.float32)
    target = np.zeros((64, 2), np.float32)
    for t in range(6):
        target = target * np.float32([0.5, -0.3]) + x[:, t]
    model.compile(lamina.optimizers.Adam(0.05), "mse")
    model.fit(x, target, epochs=60, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [0.5, -0.3], atol=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.scan(lambda c, x: (c, x), 0), "a first axis of one size"),
        (lambda: ops.scan(lambda c, x: (c, x), 0, XS, length=3), "received sizes .3, 5."),
        (
            lambda: ops.scan(lambda c, x: (c + x, x), 0.0, XS),
            r"scan: value 0 .* expected float32 \(\) as before, received float64 \(2, 3\)",
        ),
        (lambda: ops.scan(lambda c, x: ((c, c), x), 0, XS), "the carry: expected the structure"),
        (
            lambda: ops.while_loop(lambda i: i < XS[0, 0], lambda i: i + 1, 0),
            r"a scalar of the condition, received \(3,\)",
        ),
        (
            lambda: lamina.function(lambda x: ops.cond(x > 0, lambda: x, lambda: 1))(np.float32(1)),
            r"cond: result 0 of true_fn: expected int32 \(\) as of false_fn, received float32",
        ),
        (
            lambda: lamina.function(lambda x: ops.cond(x > 0, lambda: x, lambda: None))(1.0),
            "cond: what true_fn gives: expected the structure None, received tensor",
        ),
        (
            lambda: ops.fori_loop(0, 3, lambda i, y: ops.concatenate([y, y]), XS),
            r"fori_loop: value 0 .* expected float64 \(5, 2, 3\) as before, .* \(10, 2, 3\)",
        ),
        (
            lambda: ops.while_loop(lambda a, b: a < 3, lambda a, b: (a + 1, b * 0.5), (0, 1)),
            r"while_loop: value 1 .* expected int32 \(\) as before, received float32",
        ),
        (
            lambda: lamina.function(lambda x: ops.cond(x, lambda: x, lambda: x))(XS),
            r"cond: expected a scalar to choose by, received shape \(5, 2, 3\)",
        ),
    ],
)
def test_errors(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_tensor_must_not_leave_its_body() -> None:
    kept = []

    @lamina.function
    def fn(x: Any) -> Any:
        ops.scan(lambda c, row: (kept.append(row), (c, row))[1], 0, x)
        return kept[0] + 1

    with pytest.raises(ValueError, match="of another trace"):
        fn(XS)
