"""What every test finds: the same random numbers, the default settings, MNIST where it is there."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

import lamina
from lamina import _core
from lamina.datasets import mnist as mnist_data
from lamina.datasets._idx import Splits


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """Seed the generators; put global settings back after the test."""
    floatx, epsilon = lamina.config.floatx(), lamina.config.epsilon()
    threads = lamina.utils.get_num_threads()
    lamina.utils.set_random_seed(0)
    yield
    lamina.config.set_floatx(floatx)
    lamina.config.set_epsilon(epsilon)
    lamina.utils.set_num_threads(threads)
    _core.set_parallel_grain(1000)


@pytest.fixture
def split_all() -> None:
    """Let plans split every step over all threads and wake them, however small they are."""
    _core.set_parallel_grain(0)


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Let interrupts arrive: a shell starts what runs in its background with them ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def pyplot() -> Iterator[Any]:
    """pyplot without a screen; its figures are closed after the test."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="session")
def mnist() -> Splits:
    """MNIST; tests that ask for it are skipped where it is not on this machine."""
    archive = mnist_data.ARCHIVE
    if missing := archive.missing_files():
        pytest.skip(f"needs MNIST: {', '.join(missing)} in {archive.folder}, or set LAMINA_HOME")
    return mnist_data.load_data()
