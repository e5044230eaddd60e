"""Wrong data for models: a clear error, and nothing changed by it."""

from __future__ import annotations

import numpy as np
import pytest

import lamina
from refusals import HOLED, INFINITE, LABELS, X, Y, check, classifier, regression

DATA = {
    "feature count": (X[:, :3], Y, ValueError, "out|features|shape"),
    "rank": (np.ones((12, 4, 2)), Y, ValueError, "shape"),
    "ragged rows": ([[1, 2, 3, 4], [1, 2]] * 6, Y, ValueError, "x: rows differ in length"),
    "objects": (X.astype(object), Y, TypeError, "x: expected numbers, received objects"),
    "text": (X.astype(str), Y, TypeError, "x: expected numbers, received text"),
    "text in y": (X, ["a"] * 12, TypeError, "y: expected numbers, received text, such as 'a'"),
    "NaN": (HOLED, Y, ValueError, "x: found NaN at row 7, column 2"),
    "NaN in y": (X, INFINITE, ValueError, "y: found infinity at row 5"),
    "no rows": (X[:0], Y[:0], ValueError, r"at least one row, received shape \(0, 4\)"),
    "lengths": (X, Y[:5], ValueError, "x has 12, y has 5"),
    "no x": (None, Y, ValueError, "x"),
    "no y": (X, None, ValueError, "y: no targets for output 'out'"),
    "wide y": (
        X,
        np.ones((12, 2)),
        ValueError,
        r"\(rows, 2\) do not suit output 'out' .*\(rows, 1\)",
    ),
    "deep y": (X, np.ones((12, 1, 3)), ValueError, "do not suit output 'out'"),
    "two ys": (X, [Y, Y], ValueError, "y"),
    "unknown y": (X, {"aut": Y}, ValueError, "y: no output is named 'aut'; the outputs are out"),
}


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize("case", DATA)
def test_bad_data(method, case):
    x, y, error, message = DATA[case]
    options = {} if "batch" in method else {"verbose": 0}
    check(regression(), lambda model: getattr(model, method)(x, y, **options), error, message)


@pytest.mark.parametrize(
    "case", ["feature count", "ragged rows", "objects", "text", "NaN", "no rows"]
)
@pytest.mark.parametrize("method", ["predict", "predict_on_batch"])
def test_bad_data_to_predict(method, case):
    x, _, error, message = DATA[case]
    check(regression(), lambda model: getattr(model, method)(x), error, message)


@pytest.mark.parametrize(
    ("row", "label", "message"),
    [(4, 3, r"label.* 3 .*row 4"), (0, -1, r"-1 .*row 0"), (11, 1.5, r"1\.5 .*row 11")],
)
def test_labels_out_of_range(row, label, message):
    labels = LABELS.astype(np.asarray(label).dtype)
    labels[row] = label
    model = classifier()
    for y in (labels, labels[:, None]):
        check(
            model, lambda model, y=y: model.fit(X, y, batch_size=4, verbose=0), ValueError, message
        )
        check(model, lambda model, y=y: model.evaluate(X, y, verbose=0), ValueError, message)
        check(model, lambda model, y=y: model.train_on_batch(X, y), ValueError, message)


def test_labels_of_validation_are_checked_before_training():
    wrong = np.full(12, 7)
    check(
        classifier(),
        lambda model: model.fit(X, LABELS, validation_data=(X, wrong), verbose=0),
        ValueError,
        "7",
    )


def test_one_hot_targets_for_integer_labels():
    check(
        classifier(),
        lambda model: model.fit(X, np.eye(3)[LABELS], verbose=0),
        ValueError,
        r"\(rows, 3\) do not suit output 'out'.*categorical_crossentropy",
    )


def test_a_bad_batch_ends_training_after_the_good_ones():
    model = regression()
    done = int(model.optimizer.iterations.numpy())
    with pytest.raises(ValueError, match="x of batch 1: found NaN"):
        model.fit([(X, Y), (HOLED, Y)], verbose=0)
    assert int(model.optimizer.iterations.numpy()) == done + 1


def test_missing_values_can_be_let_through():
    model = regression()
    lamina.config.set_check_numerics(False)
    try:
        output = model.predict(HOLED, verbose=0)
    finally:
        lamina.config.set_check_numerics(True)
    assert np.isnan(output[7]).all()
    assert np.isfinite(np.delete(output, 7)).all()
