"""Masks in models: through their layers, into losses, metrics and training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, losses, metrics
from lamina.models import Model, Sequential
from masked_data import OTHER, PLAIN, STEPS, Same, X, Z, mask, masked, rng


class Net(Model):
    def __init__(self) -> None:
        super().__init__()
        self.masking, self.dense = layers.Masking(), layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        return self.dense(self.masking(inputs))


def functional() -> Model:
    inputs = lamina.Input((4, 3))
    return Model(inputs, layers.Dense(2)(layers.Masking()(inputs)))


MODELS = {
    "sequential": lambda: Sequential([layers.Masking(), layers.Dense(2), layers.Dropout(0.1)]),
    "functional": functional,
    "nested": lambda: Sequential([functional(), layers.Dense(1)]),
    "subclass": Net,
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_masks_pass_through_models(make: Any) -> None:
    model = make()
    for x in (X, lamina.Tensor(X), X):
        np.testing.assert_array_equal(mask(model(x)), STEPS)
    np.testing.assert_array_equal(mask(model(Z)), OTHER)


def test_masks_enter_models_with_their_inputs() -> None:
    model = Sequential([lamina.Input((4, 3)), layers.Dense(2)])
    np.testing.assert_array_equal(mask(model(masked(X))), STEPS)
    np.testing.assert_array_equal(mask(model(PLAIN, mask=OTHER)), OTHER)
    assert mask(model(PLAIN)) is None
    named = {"a": lamina.Input((4, 3)), "b": lamina.Input((4, 3))}
    both = Model(named, layers.Add()(list(named.values())))
    np.testing.assert_array_equal(mask(both({"a": masked(X), "b": masked(Z)})), STEPS | OTHER)


def test_symbolic_tensors_carry_masks() -> None:
    inputs = lamina.Input((None, 3))
    hidden = layers.Dense(2)(layers.Masking()(inputs))
    assert (hidden._keras_mask.shape, hidden._keras_mask.dtype) == ((None, None), "bool")
    outputs = Same()(layers.Dense(2)(inputs), mask=hidden._keras_mask)
    model = Model(inputs, [outputs, hidden._keras_mask])
    for made in (model, Model.from_config(model.get_config(), {"Same": Same})):
        values, own = made(X)
        np.testing.assert_array_equal(own, STEPS)
        np.testing.assert_array_equal(mask(values), STEPS)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_leave_masked_steps_out(reduction: str, weighted: bool) -> None:
    weights = rng.random((2, 4)).astype(np.float32) if weighted else np.ones((2, 4), np.float32)
    loss = losses.MeanSquaredError(reduction=reduction)
    found = loss(PLAIN, masked(X), weights if weighted else None)
    each = np.mean((PLAIN - X) ** 2, axis=-1) * weights * STEPS
    divisor = {"sum": 1, "sum_over_batch_size": STEPS.sum()}.get(reduction, (weights * STEPS).sum())
    assert float(found) == pytest.approx(each.sum() / divisor, rel=1e-6)


def test_a_loss_of_nothing_but_masked_steps_is_0() -> None:
    nothing = masked(np.zeros_like(X))
    assert float(losses.MeanSquaredError()(PLAIN, nothing)) == 0


def test_the_masks_of_output_and_loss_both_count() -> None:
    labels = rng.integers(0, 3, STEPS.shape)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1)
    logits = masked(X)
    log_p = X - np.log(np.exp(X).sum(-1, keepdims=True))
    each = -np.take_along_axis(log_p, labels[..., None], -1)[..., 0]
    counted = STEPS & (labels != 1)
    assert float(loss(labels, logits)) == pytest.approx(each[counted].mean(), rel=1e-6)


def test_metrics_leave_masked_steps_out() -> None:
    metric = metrics.MeanAbsoluteError()
    metric.update_state(PLAIN, masked(X))
    # Weights are averaged over a sample's steps, then summed over the samples.
    each = np.abs(PLAIN - X).mean(-1) * STEPS
    assert float(metric.result()) == pytest.approx(each.sum() / STEPS.sum(), rel=1e-6)


@pytest.mark.parametrize("make", [MODELS["sequential"], MODELS["functional"], Net])
def test_training_does_not_see_masked_steps(make: Any) -> None:
    y = rng.normal(size=(2, 4, 2)).astype(np.float32)
    wild = np.where(STEPS[..., None], y, 1e6).astype(np.float32)
    results = []
    for targets in (y, wild):
        lamina.utils.set_random_seed(1)
        model = make()
        model.compile("adam", "mse", metrics=["mae"], weighted_metrics=["mse"])
        history = model.fit(X, targets, epochs=3, verbose=0).history
        results.append([*model.get_weights(), *history.values()])
        predicted = model.predict(X, verbose=0)
        assert model.evaluate(X, targets, verbose=0)[0] == pytest.approx(
            ((predicted - y) ** 2).mean(-1)[STEPS].mean(), rel=1e-5
        )
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
