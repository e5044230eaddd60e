"""Metrics: values over batches with and without weights, in traces, names, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import metrics, ops
from lamina.registry import metrics as registry
from metric_cases import CASES
from objective_data import WEIGHTS, batch

IDS = [f"{name}-{kind}-{'-'.join(options)}".rstrip("-") for name, options, kind, *_ in CASES]
CLOSE = {"rtol": 2e-5, "atol": 2e-6}


@pytest.fixture(params=CASES, ids=IDS)
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], str, Any, Any]:
    return request.param


def halves(kind: str, weighted: bool) -> list[tuple[Any, Any, Any]]:
    y_true, y_pred = batch(kind)
    weights = np.asarray(WEIGHTS, "float32")
    return [
        (y_true[part], y_pred[part], weights[part] if weighted else None)
        for part in (slice(0, 2), slice(2, None))
    ]


def test_every_registered_metric_has_a_case() -> None:
    assert set(registry.names()) - {"Mean", "Sum"} == {name for name, *_ in CASES}


@pytest.mark.parametrize("weighted", [False, True])
def test_values_over_two_batches(case: Any, weighted: bool) -> None:
    name, options, kind, plain, with_weights = case
    metric = getattr(metrics, name)(**options)
    for arrays in halves(kind, weighted):
        metric.update_state(*arrays)
    expected = with_weights if weighted else plain
    np.testing.assert_allclose(metric.result().numpy(), expected, **CLOSE)


def test_reset_forgets(case: Any) -> None:
    name, options, kind, plain, _ = case
    metric = getattr(metrics, name)(**options)
    metric.update_state(*batch(kind))
    metric.reset_state()
    assert not any(variable.numpy().any() for variable in metric.variables)
    np.testing.assert_allclose(metric(*batch(kind)).numpy(), plain, **CLOSE)


def test_in_a_plan(case: Any) -> None:
    """As in training: the update is part of one plan, result and reset are another."""
    name, options, kind, _, with_weights = case
    metric = getattr(metrics, name)(**options)
    update = lamina.function(lambda y, p, w: metric.update_state(y, p, w))

    def finish() -> Any:
        result = metric.result()
        metric.reset_state()
        return result

    finish = lamina.function(finish)
    for _ in range(2):
        for arrays in halves(kind, weighted=True):
            update(*arrays)
        np.testing.assert_allclose(finish().numpy(), with_weights, **CLOSE)


def test_config_round_trip(case: Any) -> None:
    name, options, kind, plain, _ = case
    metric = getattr(metrics, name)(**options)
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    np.testing.assert_allclose(again(*batch(kind)).numpy(), plain, **CLOSE)


@pytest.mark.parametrize(
    ("weights", "mean", "total"),
    [(None, 3.0, 18.0), ([1.0, 0.0, 3.0], 3.5, 28.0), (2.0, 3.0, 36.0)],
)
def test_mean_and_sum(weights: Any, mean: float, total: float) -> None:
    values = [[1.0, 3.0], [2.0, 4.0], [6.0, 2.0]]  # the samples' means are 2, 3 and 4
    assert float(metrics.Mean()(values, weights)) == pytest.approx(mean)
    assert float(metrics.Mean()([2.0, 3.0, 4.0], weights)) == pytest.approx(mean)
    assert float(metrics.Sum()(values, weights)) == pytest.approx(total)


def test_mean_of_scalars_counts_them() -> None:
    mean = metrics.Mean()
    for value in (1.0, 2.0, 6.0):
        mean.update_state(value)
    assert float(mean.result()) == 3.0


def test_nothing_added_gives_zero() -> None:
    for metric in (metrics.Mean(), metrics.Sum(), metrics.Precision(), metrics.AUC()):
        assert float(metric.result()) == 0.0


def test_sums_do_not_stop_growing() -> None:
    """2^24 + 1 is no float32, so a float32 count would stay at 2^24."""
    metric = metrics.Sum()
    metric.update_state(2.0**24)
    metric.update_state(1.0)
    assert float(metric.result()) == 2.0**24 + 1


def test_own_function_and_own_class() -> None:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return ops.max(ops.abs(y_true - y_pred), axis=-1)

    y_true, y_pred = batch("real")
    metric = metrics.resolve(worst, (None, 3), (None, 3))
    assert metric.name == "worst"
    expected = np.mean(np.max(np.abs(y_true - y_pred), axis=-1))
    assert float(metric(y_true, y_pred)) == pytest.approx(expected)

    class Largest(metrics.Metric):
        def __init__(self, name: str = "largest") -> None:
            super().__init__(name)
            self.seen = self.add_weight(name="seen")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.seen.assign(ops.maximum(self.seen, ops.max(y_pred)))

        def result(self) -> Any:
            return self.seen.value

    largest = Largest()
    update = lamina.function(lambda y, p: largest.update_state(y, p))
    update(y_true, y_pred)
    assert float(largest.result()) == y_pred.max()


def test_metrics_within_metrics_are_reset() -> None:
    class Twice(metrics.Metric):
        def __init__(self) -> None:
            super().__init__("twice")
            self.inner = metrics.Mean()

        def update_state(self, values: Any) -> None:
            self.inner.update_state(values)

        def result(self) -> Any:
            return 2.0 * self.inner.result()

    metric = Twice()
    assert float(metric([1.0, 2.0])) == 3.0
    metric.reset_state()
    assert float(metric([4.0])) == 8.0


@pytest.mark.parametrize(
    ("true_shape", "pred_shape", "expected"),
    [
        ((None,), (None, 1), metrics.BinaryAccuracy),
        ((None, 1), (None, 1), metrics.BinaryAccuracy),
        ((None,), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 1), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 10), (None, 10), metrics.CategoricalAccuracy),
        ((None, 7), (None, 7, 10), metrics.SparseCategoricalAccuracy),
    ],
)
def test_accuracy_by_shapes(true_shape: Any, pred_shape: Any, expected: Any) -> None:
    metric = metrics.resolve_accuracy(true_shape, pred_shape)
    assert type(metric) is expected
    assert metric.name == "accuracy"
    assert metrics.resolve("acc", true_shape, pred_shape).name == "acc"


def test_names() -> None:
    assert type(metrics.get("mse")) is metrics.MeanSquaredError
    assert type(metrics.get("AUC")) is metrics.AUC
    assert type(metrics.get("f1_score")) is metrics.F1Score
    assert metrics.resolve("mae", (None, 1), (None, 1)).name == "mae"
    assert metrics.MeanSquaredError().name == "mean_squared_error"
    assert metrics.AUC().name.startswith("auc")
    with pytest.raises(ValueError, match="precision"):
        metrics.get("precison")


def test_accuracy_of_labels_in_a_column() -> None:
    labels, y_pred = batch("labels")
    metric = metrics.SparseCategoricalAccuracy()
    assert float(metric(labels[:, None], y_pred)) == 0.5


def test_nan_predictions_are_not_accurate() -> None:
    y_pred = np.full((2, 3), np.nan, "float32")
    assert float(metrics.SparseTopKCategoricalAccuracy(k=1)([0, 1], y_pred)) == 0.0


def test_auc_over_many_predictions_is_exact() -> None:
    """With a threshold between every two scores the area is the share of pairs in order."""
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 2, 300)
    y_pred = (rng.permutation(300) + 0.5) / 300
    positive, negative = y_pred[y_true == 1], y_pred[y_true == 0]
    expected = np.mean(positive[:, None] > negative)
    assert float(metrics.AUC(num_thresholds=601)(y_true, y_pred)) == pytest.approx(expected)


def test_direction_says_what_is_better() -> None:
    assert metrics.AUC()._direction == "up"
    assert metrics.BinaryAccuracy()._direction == "up"
    assert metrics.MeanSquaredError()._direction == "down"


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"thresholds.*1\.5"):
        metrics.Precision(thresholds=1.5)
    with pytest.raises(ValueError, match=r"curve.*'roc2'"):
        metrics.AUC(curve="roc2")
    with pytest.raises(ValueError, match="summation_method"):
        metrics.AUC(summation_method="trapezoid")
    with pytest.raises(ValueError, match="num_thresholds"):
        metrics.AUC(num_thresholds=1)
    with pytest.raises(ValueError, match="average"):
        metrics.F1Score(average="mean")
    with pytest.raises(ValueError, match="threshold"):
        metrics.F1Score(threshold=0.0)
    with pytest.raises(ValueError, match="class_aggregation"):
        metrics.R2Score(class_aggregation="mean")
    with pytest.raises(ValueError, match=r"samples, outputs.*\(3,\)"):
        metrics.R2Score().update_state([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(4, 2\)"):
        metrics.Precision().update_state(np.zeros((4, 3)), np.zeros((4, 2)))


def test_overlap_of_images_is_counted_by_element() -> None:
    truth = np.array([[[0, 1], [1, 1]], [[2, 2], [0, 9]]])
    guess = np.array([[[0, 1], [0, 1]], [[2, 1], [0, 0]]])
    metric = metrics.MeanIoU(num_classes=3)  # 9 is left out
    assert float(metric(truth, guess)) == pytest.approx((2 / 3 + 2 / 4 + 1 / 2) / 3)
    metric.reset_state()
    assert float(metric(truth, guess, [1, 0])) == pytest.approx((1 / 2 + 2 / 3) / 2)
    with pytest.raises(ValueError, match=r"target_class_ids in 0\.\.1, received \[2\]"):
        metrics.IoU(2, [2])
    with pytest.raises(ValueError, match="as many predicted classes"):
        metric.update_state([0, 1], [0])


def test_everything_may_count_as_positive_for_a_rate() -> None:
    metric = metrics.PrecisionAtRecall(1.0)
    assert float(metric([1, 0, 1, 0], [0.0, 0.0, 0.9, 0.8])) == 0.5
    with pytest.raises(ValueError, match=r"a rate in \[0, 1\] and num_thresholds >= 1"):
        metrics.RecallAtPrecision(1.5)
