"""Several threads at one model, forks, and Ctrl-C."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Input, Sequential, callbacks, layers

X = np.random.default_rng(3).normal(size=(4000, 20)).astype(np.float32)
Y = X[:, :1] * X[:, 1:2]


def network() -> Any:
    model = Sequential([Input((20,)), layers.Dense(64, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def together(*tasks: Callable[[], Any]) -> None:
    """Run functions in a thread each; raise the first error of any of them."""
    errors: list[BaseException] = []

    def run(task: Callable[[], Any]) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_threads_predict_what_one_does() -> None:
    model = network()
    expected = model.predict(X, verbose=0)

    def check(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(20):
            start, rows = rng.integers(0, 3000), rng.integers(1, 300)
            part = slice(start, start + rows)
            for found in (
                model.predict(X[part], batch_size=int(rng.integers(1, 100)), verbose=0),
                np.asarray(model(X[part])),
            ):
                np.testing.assert_allclose(found, expected[part], rtol=1e-4, atol=1e-5)

    together(*(lambda seed=seed: check(seed) for seed in range(4)))


def test_predicting_while_training() -> None:
    model = network()
    done = threading.Event()

    def train() -> None:
        model.fit(X, Y, epochs=5, verbose=0)
        done.set()

    def predict() -> None:
        while not done.is_set():
            assert np.isfinite(model.predict(X[:100], verbose=0)).all()

    together(train, predict, predict)


@pytest.mark.parametrize("attempt", range(5))
def test_threads_build_a_model_once(attempt: int) -> None:
    model = Sequential([layers.Dense(8), layers.Dense(2)])
    together(*[lambda: model(X[:5])] * 8)
    assert [weight.shape for weight in model.weights] == [(20, 8), (8,), (8, 2), (2,)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_predicts_and_trains() -> None:
    model = network()
    model.fit(X, Y, verbose=0)
    expected = model.predict(X, verbose=0)

    def child() -> None:
        assert lamina.utils.get_num_threads() == 1
        np.testing.assert_array_equal(model.predict(X, verbose=0), expected)
        lamina.utils.set_num_threads(2)
        np.testing.assert_array_equal(model.predict(X, verbose=0), expected)
        model.fit(X, Y, verbose=0)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    process.kill()
    assert process.exitcode == 0
    np.testing.assert_array_equal(model.predict(X, verbose=0), expected)


def openmp() -> ctypes.CDLL:
    """Return the OpenMP library that this process has loaded, as threadpoolctl finds it."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/libgomp" in line}
    assert len(paths) == 1, paths
    return ctypes.CDLL(paths.pop())


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs Linux")
def test_limits_on_openmp_hold() -> None:
    count = lamina.utils.get_num_threads()
    library = openmp()
    before = library.omp_get_max_threads()
    library.omp_set_num_threads(1)
    try:
        assert lamina.utils.get_num_threads() == 1
    finally:
        library.omp_set_num_threads(before)
    assert lamina.utils.get_num_threads() == count


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_workers_that_change_cores_may_use_all_again() -> None:
    model, cores = network(), os.sched_getaffinity(0)
    expected = np.asarray(model(X))

    def allow(some: set[int]) -> None:
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), some)

    def predict_in_a_team() -> None:
        for _ in range(3):  # the first after a pause is the caller's alone
            np.testing.assert_array_equal(np.asarray(model(X)), expected)

    for core in sorted(cores)[:2]:
        allow({core})  # everybody meets there
        predict_in_a_team()
        allow(cores)
        for _ in range(3):
            predict_in_a_team()
            time.sleep(0.02)
        allowed = [os.sched_getaffinity(int(thread)) for thread in os.listdir("/proc/self/task")]
        assert allowed == [cores] * len(allowed)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux")
def test_short_calls_with_pauses_wake_nobody() -> None:
    def sleeps() -> int:
        """Return how often the other threads have gone to sleep."""
        count = 0
        for thread in set(os.listdir("/proc/self/task")) - {str(threading.get_native_id())}:
            with open(f"/proc/self/task/{thread}/status") as status:
                count += sum(
                    int(line.split()[1]) for line in status if line.startswith("voluntary")
                )
        return count

    model = network()
    lamina.utils.set_num_threads(2)
    expected = np.asarray(model(X))
    for _ in range(3):  # a burst, for which the team is woken
        np.testing.assert_array_equal(np.asarray(model(X)), expected)
    time.sleep(0.05)
    before = sleeps()
    for _ in range(20):
        np.testing.assert_array_equal(np.asarray(model(X)), expected)
        time.sleep(0.005)
    assert sleeps() - before < 10


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    "options",
    [
        {"verbose": 0, "validation_split": 0.2},
        {
            "verbose": 0,
            "callbacks": [callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)],
        },
    ],
    ids=["validation", "batch hook"],
)
def test_interrupting_fit(options: dict[str, Any]) -> None:
    model = network()
    model.fit(X[:64], Y[:64], verbose=0)
    start = model.get_weights()
    sent: list[float] = []

    def interrupt() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, epochs=10**6, **options)
    finally:
        timer.cancel()
    assert time.monotonic() - sent[0] < 2
    assert not np.array_equal(model.get_weights()[0], start[0])
    history = model.fit(X[:64], Y[:64], verbose=0).history
    assert np.isfinite(history["loss"]).all()


def forever(x: Any) -> Any:
    ops = lamina.ops
    return ops.while_loop(lambda x: ops.all(x >= 0), lambda x: (ops.maximum(x, 0.0),), (x,))[0]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    "call",
    [
        forever,
        lamina.function(lambda x: lamina.ops.fori_loop(0, 2**31 - 1, lambda i, y: y + x, x)),
        lamina.function(lambda x: lamina.ops.scan(lambda c, z: (forever(c), z), x, np.zeros(4))[0]),
        Sequential([layers.Lambda(forever)]),
    ],
    ids=["while", "fori", "nested", "model"],
)
def test_an_interrupt_ends_loops(call: Callable[[Any], Any]) -> None:
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call(np.float32([1]))
    timer.join()
    np.testing.assert_array_equal(lamina.ops.fori_loop(0, 4, lambda i, y: y + 1, 0), 4)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("verbose", [0, 2])
def test_an_interrupt_stops_the_loop_after_the_batch_at_hand(verbose: int) -> None:
    model = Sequential([layers.Input((256,)), layers.Dense(512, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.zeros((200_000, 256), np.float32)
    y = np.zeros((200_000, 1), np.float32)
    model.fit(x[:32], y[:32], verbose=0)
    seen: list[int] = []

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        seen.append(int(model.optimizer.iterations.numpy()))

    timer = threading.Timer(0.2, interrupt)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, y, epochs=10**4, verbose=verbose)
    finally:
        timer.join()
    # The thread that sent the signal may look late: allow a few batches of some 100 us.
    assert 0 <= int(model.optimizer.iterations.numpy()) - seen[0] <= 5
