"""Every loss and metric against the NumPy reference, and the losses' gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import losses, metrics, ops
from lamina.reference.losses import LOSSES
from lamina.reference.metrics import METRICS
from op_case import Array

RNG = np.random.default_rng(11)
N, C = 37, 5
REAL = RNG.normal(size=(N, C)), RNG.normal(size=(N, C))
COUNTS = RNG.integers(0, 5, (N, C)).astype(float), RNG.uniform(0.1, 4, (N, C))
SIGNS = RNG.choice([-1.0, 1.0], (N, C)), RNG.normal(size=(N, C))
BITS = RNG.integers(0, 2, (N, C)).astype(float), RNG.uniform(0.02, 0.98, (N, C))
LABELS = RNG.integers(0, C, N)
ONE_HOT = np.eye(C)[LABELS]
CHANCES = RNG.dirichlet(np.ones(C), N)
SHARES = RNG.dirichlet(np.ones(C), N), CHANCES

Options = dict[str, Any]
LOSS_CASES: list[tuple[str, Any, Any, Options]] = [
    *[
        (name, *REAL, {})
        for name in ("mean_squared_error", "sum_squared_error", "mean_absolute_error")
    ],
    *[(name, *REAL, {}) for name in ("huber", "log_cosh", "cosine_similarity")],
    ("mean_absolute_percentage_error", *COUNTS[::-1], {}),
    ("mean_squared_logarithmic_error", *COUNTS, {}),
    ("huber", *REAL, {"delta": 0.3}),
    ("poisson", *COUNTS, {}),
    ("hinge", *SIGNS, {}),
    ("hinge", BITS[0], SIGNS[1], {}),
    ("squared_hinge", *SIGNS, {}),
    ("categorical_hinge", ONE_HOT, REAL[1], {}),
    ("kl_divergence", *SHARES, {}),
    ("binary_crossentropy", *BITS, {}),
    ("binary_crossentropy", *BITS, {"label_smoothing": 0.1}),
    ("binary_crossentropy", BITS[0], REAL[1], {"from_logits": True}),
    ("binary_focal_crossentropy", *BITS, {}),
    ("dice", *BITS, {"axis": -1}),
    ("tversky", *BITS, {"alpha": 0.3, "beta": 0.8, "axis": -1}),
    ("categorical_crossentropy", ONE_HOT, CHANCES, {}),
    ("categorical_crossentropy", ONE_HOT, 3 * CHANCES, {"label_smoothing": 0.1}),
    ("categorical_crossentropy", ONE_HOT, REAL[1], {"from_logits": True}),
    ("categorical_focal_crossentropy", ONE_HOT, CHANCES, {}),
    ("sparse_categorical_crossentropy", LABELS, CHANCES, {}),
    ("sparse_categorical_crossentropy", LABELS, REAL[1], {"from_logits": True}),
]
IDS = [f"{name}-{options}" for name, _, _, options in LOSS_CASES]

METRIC_CASES: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(("MeanSquaredError", "SumSquaredError", "MeanAbsoluteError", "Huber"), REAL),
    **dict.fromkeys(("LogCoshError", "CosineSimilarity", "RootMeanSquaredError", "R2Score"), REAL),
    **dict.fromkeys(("BinaryAccuracy", "BinaryCrossentropy", "AUC", "Precision", "Recall"), BITS),
    **dict.fromkeys(("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"), BITS),
    **dict.fromkeys(("Hinge", "SquaredHinge"), SIGNS),
    **dict.fromkeys(("CategoricalAccuracy", "CategoricalCrossentropy"), (ONE_HOT, CHANCES)),
    **dict.fromkeys(("CategoricalHinge", "F1Score", "FBetaScore"), (ONE_HOT, CHANCES)),
    "SparseCategoricalAccuracy": (LABELS, CHANCES),
    "SparseCategoricalCrossentropy": (LABELS, CHANCES),
    "MeanAbsolutePercentageError": COUNTS[::-1],
    "MeanSquaredLogarithmicError": COUNTS,
    "Poisson": COUNTS,
    "KLDivergence": SHARES,
    "Accuracy": (LABELS, np.roll(LABELS, 1)),
    "TopKCategoricalAccuracy": (ONE_HOT, CHANCES),
    **dict.fromkeys(("SensitivityAtSpecificity", "SpecificityAtSensitivity", "BinaryIoU"), BITS),
    **dict.fromkeys(("PrecisionAtRecall", "RecallAtPrecision"), BITS),
    **dict.fromkeys(("OneHotIoU", "OneHotMeanIoU"), (ONE_HOT, CHANCES)),
    **dict.fromkeys(("IoU", "MeanIoU"), (LABELS, CHANCES)),
    "SparseTopKCategoricalAccuracy": (LABELS, CHANCES),
}
OPTIONS: dict[str, Options] = {
    "TopKCategoricalAccuracy": {"k": 2},
    "SparseTopKCategoricalAccuracy": {"k": 3},
    "FBetaScore": {"beta": 2.0},
    "IoU": {"num_classes": C, "target_class_ids": (1, 3), "sparse_y_pred": False},
    "MeanIoU": {"num_classes": C, "ignore_class": 2, "sparse_y_pred": False},
    "OneHotIoU": {"num_classes": C, "target_class_ids": (0,)},
    "OneHotMeanIoU": {"num_classes": C},
    "SensitivityAtSpecificity": {"specificity": 0.6},
    "SpecificityAtSensitivity": {"sensitivity": 0.3, "num_thresholds": 30},
    "PrecisionAtRecall": {"recall": 0.8},
    "RecallAtPrecision": {"precision": 0.5, "num_thresholds": 2},
}
SINGLE = {"Mean", "Sum"}
BASES = {"Metric", "MeanMetricWrapper"}


def classes(module: Any) -> set[str]:
    return {name for name in module.__all__ if name[0].isupper()}


def functions(module: Any) -> set[str]:
    helpers = {"get", "serialize", "deserialize", "resolve", "resolve_accuracy"}
    return {name for name in module.__all__ if name[0].islower()} - helpers


def test_every_loss_and_metric_has_a_reference_and_a_case() -> None:
    assert functions(losses) == set(LOSSES) == {name for name, *_ in LOSS_CASES}
    assert classes(metrics) - BASES == set(METRICS) == set(METRIC_CASES) | SINGLE


@pytest.mark.parametrize(("name", "y", "p", "options"), LOSS_CASES, ids=IDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_loss_values(name: str, y: Array, p: Array, options: Options, dtype: str) -> None:
    y = y.astype(dtype) if y.dtype.kind == "f" else y
    actual = getattr(losses, name)(y, p.astype(dtype), **options).numpy()
    expected = LOSSES[name].value(y, p, **options)
    tolerance = 2e-5 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "y", "p", "options"), LOSS_CASES, ids=IDS)
def test_loss_gradients(name: str, y: Array, p: Array, options: Options) -> None:
    def total(target: Any, prediction: Any) -> Any:
        return ops.sum(getattr(losses, name)(target, prediction, **options))

    slope = lamina.function(
        lambda target, prediction: lamina.grad(total(target, prediction), [prediction])
    )
    (actual,) = slope(y, p)
    expected = LOSSES[name].gradient(y, p, **options)
    np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-8, atol=1e-10)
    direction, step = np.random.default_rng(1).normal(size=p.shape), 1e-6
    sides = [LOSSES[name].value(y, p + s * step * direction, **options).sum() for s in (1, -1)]
    assert np.sum(expected * direction) == pytest.approx(
        (sides[0] - sides[1]) / (2 * step), rel=1e-5, abs=1e-6
    )


@pytest.mark.parametrize("name", sorted(METRIC_CASES))
def test_metrics_in_batches_equal_the_reference_over_all(name: str) -> None:
    y, p = METRIC_CASES[name]
    options = OPTIONS.get(name, {})
    metric = getattr(metrics, name)(**options)
    for rows in (slice(0, 10), slice(10, 11), slice(11, N)):
        metric.update_state(y[rows], p[rows])
    expected = METRICS[name](y.astype(float), p.astype(float), **options)
    np.testing.assert_allclose(np.asarray(metric.result()), expected, rtol=1e-5, atol=1e-6)
    metric.reset_state()
    metric.update_state(y[:7], p[:7])
    expected = METRICS[name](y[:7].astype(float), p[:7].astype(float), **options)
    np.testing.assert_allclose(np.asarray(metric.result()), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_metrics_of_one_array(name: str) -> None:
    metric = getattr(metrics, name)()
    for rows in np.array_split(REAL[0], 4):
        metric.update_state(rows)
    np.testing.assert_allclose(
        np.asarray(metric.result()), METRICS[name](REAL[0]), rtol=1e-5, atol=1e-6
    )
