"""The tutorials beside this file run as they are and end where they should."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina


def run(name: str) -> dict[str, Any]:
    """Run a tutorial as a script and return its variables."""
    return runpy.run_path(str(Path(__file__).with_name(f"{name}.py")))


def test_celsius() -> None:
    end = run("celsius")
    assert end["prediction"].shape == (1, 1)
    assert abs(end["prediction"][0, 0] - 212) < 3
    losses = end["history"].history["loss"]
    assert len(losses) == 500
    assert losses[-1] < losses[0] / 100
    assert end["kernel"].dtype == np.float32


def test_heart_regression(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pandas")
    end = run("heart_regression")
    assert list(end["curve"].columns) == ["loss"]
    assert len(end["curve"]) == 50
    assert end["curve"]["loss"].iloc[-1] < end["curve"]["loss"].iloc[0] / 4
    assert "Epoch 50/50" in capsys.readouterr().out


def test_heart_functional() -> None:
    end = run("heart_functional")
    history = end["history"].history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["accuracy"][-1] > 0.8
    assert history["val_accuracy"][-1] > 0.7
    assert end["model"].predict(end["x_test"], verbose=0).shape == (len(end["x_test"]), 1)


def test_mnist_logits(mnist: Any) -> None:
    end = run("mnist_logits")
    assert end["x_train"].dtype == np.float64
    assert end["first"].shape == (1, 10)
    assert 0.5 < end["first_loss"] < 6  # chance is log 10
    assert end["accuracy"] > 0.97
    probabilities = np.asarray(end["probabilities"])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), mnist[1][1][:5])


def test_mnist_softmax(mnist: Any) -> None:
    end = run("mnist_softmax")
    assert end["accuracy"] > 0.97
    assert end["history"].history["loss"][-1] < 0.1


@pytest.mark.parametrize(("floatx", "tolerance"), [("float32", 1e-3), ("float64", 1e-9)])
def test_by_hand(floatx: str, tolerance: float) -> None:
    lamina.config.set_floatx(floatx)
    end = run("by_hand")
    expected = (end["w1"], end["b1"], end["w2"], end["b2"])
    for weight, by_hand in zip(end["model"].get_weights(), expected, strict=True):
        assert weight.dtype == floatx
        np.testing.assert_allclose(weight, by_hand, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(end["history"].history["loss"], end["losses"], rtol=tolerance)
