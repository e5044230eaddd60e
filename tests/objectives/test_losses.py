"""Losses: values, reductions, weights, gradients, names, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina import losses, ops
from lamina.registry import losses as registry
from loss_cases import CASES
from objective_data import WEIGHTS, batch

IDS = [f"{name}-{kind}-{'-'.join(options)}".rstrip("-") for name, options, kind, _ in CASES]


@pytest.fixture(params=CASES, ids=IDS)
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], str, list[float]]:
    return request.param


def test_every_registered_loss_has_a_case() -> None:
    assert set(registry.names()) == {name for name, *_ in CASES}


def test_values_per_sample(case: Any) -> None:
    name, options, kind, expected = case
    loss = getattr(losses, name)(reduction="none", **options)
    values = loss(*batch(kind))
    assert values.dtype == "float32"
    np.testing.assert_allclose(values.numpy(), expected, rtol=2e-5, atol=2e-6)


def test_function_and_class_agree(case: Any) -> None:
    name, options, kind, _ = case
    loss = getattr(losses, name)(reduction=None, **options)
    y_true, y_pred = batch(kind)
    np.testing.assert_array_equal(loss.fn(y_true, y_pred, **options), loss(y_true, y_pred))


def test_traced_equals_eager(case: Any) -> None:
    name, options, kind, _ = case
    loss = getattr(losses, name)(**options)
    traced = lamina.function(lambda y, p, w: loss(y, p, w))
    arrays = (*batch(kind), np.asarray(WEIGHTS, "float32"))
    np.testing.assert_allclose(traced(*arrays).numpy(), loss(*arrays).numpy(), rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]
)
def test_reductions(reduction: str | None, weighted: bool) -> None:
    y_true, y_pred = batch("real")
    values = np.mean((y_true - y_pred) ** 2, axis=-1)
    weights = np.asarray(WEIGHTS) if weighted else np.ones(4)
    expected = {
        "sum_over_batch_size": np.mean(values * weights),
        "mean": np.mean(values * weights),
        "sum": np.sum(values * weights),
        "mean_with_sample_weight": np.sum(values * weights) / np.sum(weights),
    }.get(str(reduction), values * weights)
    loss = losses.MeanSquaredError(reduction=reduction)
    result = loss(y_true, y_pred, weights if weighted else None)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


def test_weights_of_shape_n_1_and_scalars() -> None:
    y_true, y_pred = batch("real")
    loss = losses.MeanAbsoluteError()
    expected = float(loss(y_true, y_pred, np.asarray(WEIGHTS)))
    assert float(loss(y_true, y_pred, np.reshape(WEIGHTS, (4, 1)))) == expected
    assert float(loss(y_true, y_pred, 2.0)) == pytest.approx(2 * float(loss(y_true, y_pred)))


def test_weights_all_zero_give_zero() -> None:
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss(*batch("real"), np.zeros(4))) == 0.0


@pytest.mark.parametrize(("true_shape", "pred_shape"), [((4,), (4, 1)), ((4, 1), (4,))])
def test_a_last_axis_of_1_may_be_missing(true_shape: Any, pred_shape: Any) -> None:
    y_true, y_pred = np.arange(4.0), np.array([0.5, 1.0, 1.0, 5.0])
    for loss in (
        losses.MeanSquaredError(),
        losses.LossFunctionWrapper(lambda a, b: ops.abs(a - b)),
    ):
        value = float(loss(y_true.reshape(true_shape), y_pred.reshape(pred_shape)))
        assert value == pytest.approx(float(loss(y_true[:, None], y_pred[:, None])))


def test_ignored_labels_leave_the_mean() -> None:
    y_true, y_pred = batch("labels")
    loss = losses.SparseCategoricalCrossentropy(ignore_class=1)
    kept = losses.SparseCategoricalCrossentropy()(y_true[1:3], y_pred[1:3])
    assert float(loss(y_true, y_pred)) == pytest.approx(float(kept), rel=1e-6)


def test_axis_of_the_classes() -> None:
    y_true, y_pred = batch("one-hot")
    for from_logits in (False, True):
        last = losses.categorical_crossentropy(y_true, y_pred, from_logits)
        first = losses.categorical_crossentropy(y_true.T, y_pred.T, from_logits, axis=0)
        np.testing.assert_allclose(first, last, rtol=1e-6)
        labels = y_true.argmax(-1)
        sparse = losses.sparse_categorical_crossentropy(labels, y_pred.T, from_logits, axis=0)
        np.testing.assert_allclose(sparse, last, rtol=1e-6)


def test_focal_weights_of_each_class() -> None:
    y_true, y_pred = batch("one-hot")
    weights = [0.1, 0.5, 0.4]
    one = losses.CategoricalFocalCrossentropy(alpha=1.0, reduction=None)(y_true, y_pred)
    each = losses.CategoricalFocalCrossentropy(alpha=weights, reduction=None)(y_true, y_pred)
    np.testing.assert_allclose(each, one * (y_true @ np.array(weights, np.float32)), rtol=1e-5)


def test_overlap_of_the_whole_batch() -> None:
    bits, chances = batch("binary")
    assert float(losses.Dice()(bits, chances)) == pytest.approx(0.3221757, rel=1e-6)
    assert float(losses.Tversky(0.2, 0.7)(bits, chances)) == pytest.approx(0.2980936, rel=1e-6)
    both = losses.tversky(bits, chances), losses.dice(bits, chances)
    assert float(both[0]) == pytest.approx(float(both[1]), rel=1e-5)


def test_labels_may_have_a_last_axis_of_1_and_any_dtype() -> None:
    labels, y_pred = batch("labels")
    loss = losses.SparseCategoricalCrossentropy()
    expected = float(loss(labels, y_pred))
    for dtype in ("uint8", "int64", "float64"):
        assert float(loss(labels.astype(dtype)[:, None], y_pred)) == expected


def test_called_by_hand_on_logits() -> None:
    value = losses.SparseCategoricalCrossentropy(from_logits=True)([0], [[0.0, 0.0]]).numpy()
    assert value == pytest.approx(np.log(2), rel=1e-6)


def test_dtype_of_the_predictions_is_kept() -> None:
    assert losses.MeanSquaredError()(*batch("real", "float64")).dtype == "float64"
    assert losses.MeanSquaredError(dtype="float32")(*batch("real", "float64")).dtype == "float32"
    assert losses.MeanSquaredError()([1, 2], [2, 4]).dtype == "float32"


def test_gradients_in_float64(case: Any) -> None:
    name, options, kind, _ = case
    loss = getattr(losses, name)(**options)
    y_true, y_pred = batch(kind, "float64")
    y_pred = y_pred + 1e-3  # off the corners of |x|, of max and of clipping
    if kind in ("binary", "one-hot", "labels"):
        y_pred = np.clip(y_pred, 0.01, 0.99)
    weights = np.asarray(WEIGHTS)
    gradient = lamina.function(lambda y, p: lamina.grad(loss(y, p, weights), p))(y_true, y_pred)
    step = 1e-6
    for index in np.ndindex(y_pred.shape):
        ahead, behind = y_pred.copy(), y_pred.copy()
        ahead[index] += step
        behind[index] -= step
        slope = float(loss(y_true, ahead, weights)) - float(loss(y_true, behind, weights))
        assert gradient.numpy()[index] == pytest.approx(slope / (2 * step), rel=1e-5, abs=1e-7)


def test_percentage_error_of_zero_is_finite() -> None:
    assert float(losses.MeanAbsolutePercentageError()([0.0], [1e-7])) == pytest.approx(100)


def test_cosine_similarity_of_zero_vectors_is_finite() -> None:
    zeros = np.zeros((2, 3))
    loss = losses.CosineSimilarity()
    gradient = lamina.function(lambda y, p: lamina.grad(loss(y, p), p))(zeros, zeros)
    assert np.isfinite(gradient.numpy()).all()


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mean_squared_error", losses.MeanSquaredError),
        ("MeanSquaredError", losses.MeanSquaredError),
        ("mae", losses.MeanAbsoluteError),
        ("MAPE", losses.MeanAbsolutePercentageError),
        ("msle", losses.MeanSquaredLogarithmicError),
        ("bce", losses.BinaryCrossentropy),
        ("KLD", losses.KLDivergence),
        ("kl_divergence", losses.KLDivergence),
        ("log_cosh", losses.LogCosh),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
    ],
)
def test_names(name: str, cls: type[losses.Loss]) -> None:
    assert type(losses.get(name)) is cls


def test_config_round_trip(case: Any) -> None:
    name, options, kind, _ = case
    loss = getattr(losses, name)(**options)
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert float(again(*batch(kind))) == float(loss(*batch(kind)))


def test_resolve() -> None:
    def mine(y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)

    loss = losses.resolve(mine, (None, 3), (None, 3))
    assert loss.name == "mine"
    assert float(loss(*batch("real"))) == float(losses.MeanAbsoluteError()(*batch("real")))
    assert losses.resolve(loss, (None, 3), (None, 3)) is loss
    binary = losses.resolve("crossentropy", (None,), (None, 1))
    assert type(binary) is losses.BinaryCrossentropy
    sparse = losses.resolve("ce", (None,), (None, 3))
    assert type(sparse) is losses.SparseCategoricalCrossentropy
    one_hot = losses.resolve("ce", (None, 3), (None, 3))
    assert type(one_hot) is losses.CategoricalCrossentropy


def test_own_loss_class() -> None:
    class Cubed(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)

    y_true, y_pred = batch("real")
    assert Cubed().name == "cubed"
    assert float(Cubed()(y_true, y_pred)) == pytest.approx(np.mean(np.abs(y_true - y_pred) ** 3))


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"reduction.*'average'"):
        losses.MeanSquaredError(reduction="average")
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(4, 2\)"):
        losses.MeanSquaredError()(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"labels of shape \(4,\).*\(4, 3\)"):
        losses.SparseCategoricalCrossentropy()(*batch("one-hot"))
    with pytest.raises(ValueError, match=r"label_smoothing.*1\.5"):
        losses.BinaryCrossentropy(label_smoothing=1.5)
    with pytest.raises(ValueError, match=r"sample_weight.*\(4,\).*\(3,\)"):
        losses.MeanSquaredError()(*batch("real"), np.ones(3))
    with pytest.raises(ValueError, match="delta"):
        losses.Huber(delta=0)
    with pytest.raises(ValueError, match="mean_squared_error"):
        losses.get("mean_squared_eror")


@pytest.mark.parametrize(
    ("label", "message"), [(3, "received 3 in row 1$"), (-1, "-1 in row 1"), (0.5, "0.5 in row 1")]
)
def test_labels_are_checked_when_called_by_hand(label: float, message: str) -> None:
    loss = losses.SparseCategoricalCrossentropy()
    with pytest.raises(ValueError, match=message):
        loss(np.array([0, label]), np.full((2, 3), 1 / 3))


def test_labels_out_of_range_are_named() -> None:
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    loss.check_targets(np.array([0, 2, -1]), (3, 3))
    with pytest.raises(ValueError, match=r"0\.\.2.*received 7 in row 1.*1 more"):
        loss.check_targets(np.array([0, 7, 9]), (3, 3))
    with pytest.raises(ValueError, match=r"received 0.5 in row 2"):
        loss.check_targets(np.array([0.0, 1.0, 0.5]), (3, 3))
    with pytest.raises(ValueError, match="received nan"):
        loss.check_targets(np.array([np.nan]), (1, 3))
