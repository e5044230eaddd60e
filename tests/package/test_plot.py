"""Pictures: what is drawn on which Axes, and what cannot be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import layers, models, plot
from lamina.plot.network import ranked

pytestmark = pytest.mark.usefixtures("pyplot")

LOGS = {"loss": [4.0, 2.0, 1.0, 0.5], "val_loss": [3.0, 2.5, 2.0, 2.5], "accuracy": [0.1] * 4}


def test_learning_curves_of_training_and_held_out_data() -> None:
    ax = plot.learning_curves(LOGS)
    loss, held_out = ax.lines
    np.testing.assert_array_equal(loss.get_xydata(), [(1, 4), (2, 2), (3, 1), (4, 0.5)])
    np.testing.assert_array_equal(held_out.get_ydata(), LOGS["val_loss"])
    assert loss.get_color() == held_out.get_color()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["loss", "loss, held out"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_learning_curves_of_two_trainings_on_one_axes(pyplot: Any) -> None:
    ax = pyplot.subplots()[1]
    for label in ("plain", "dropout"):
        assert plot.learning_curves(LOGS, "accuracy", label, ax=ax) is ax
    assert [line.get_label() for line in ax.lines] == ["plain", "dropout"]


def test_learning_curves_of_a_fit_validated_every_second_epoch() -> None:
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile(loss="mse")
    x, y = np.ones((4, 2)), np.ones(4)
    history = model.fit(x, y, epochs=4, verbose=0, validation_data=(x, y), validation_freq=2)
    loss, held_out = plot.learning_curves(history).lines
    assert len(loss.get_xdata()) == 4
    np.testing.assert_array_equal(held_out.get_xdata(), [2, 4])


def test_learning_curves_of_characters_go_from_corner_to_corner() -> None:
    falling = [1 - i / 59 for i in range(60)]
    lines = plot.text.learning_curves({"loss": falling, "val_loss": [0.0] * 60}).splitlines()
    assert len(lines) == 14
    assert lines[0].startswith("   1.000 |**")
    assert lines[11] == "   0.000 |" + "o" * 60
    assert lines[13].endswith("60 epochs")
    plot.text.learning_curves({"loss": [0.5]})


def test_confusion_matrix_counts() -> None:
    true = np.array([[0], [0], [0], [1], [1], [2]])
    logits = np.eye(4)[[0, 0, 2, 1, 1, 3]] * 5
    ax = plot.confusion_matrix(true, logits)
    counts = {text.get_position()[::-1]: text.get_text() for text in ax.texts}
    assert counts == {(0, 0): "2", (0, 2): "1", (1, 1): "2", (2, 3): "1"}
    shares = ax.images[0].get_array()
    np.testing.assert_allclose(shares[0], [2 / 3, 0, 1 / 3, 0])
    np.testing.assert_allclose(shares[3], 0)
    named = plot.confusion_matrix([0, 1], [1, 1], labels=["cat", "dog"])
    assert [tick.get_text() for tick in named.get_yticklabels()] == ["cat", "dog"]


def test_weights_and_filters() -> None:
    layer = layers.Dense(5)
    layer.build((None, 6))
    kernel = layer.get_weights()[0]
    image = plot.weights(layer).images[0]
    np.testing.assert_array_equal(image.get_array(), kernel)
    assert image.get_clim() == (-np.abs(kernel).max(), np.abs(kernel).max())

    canvas = plot.filters(layer, shape=(2, 3), columns=2).images[0].get_array()
    assert canvas.shape == (3 * 3 - 1, 2 * 4 - 1)
    np.testing.assert_array_equal(canvas[3:5, 4:], kernel[:, 3].reshape(2, 3))
    assert canvas.mask[2].all()
    assert canvas.mask[6:, 4:].all()

    convolution = np.arange(3 * 3 * 2 * 4).reshape(3, 3, 2, 4)
    canvas = plot.filters(convolution).images[0].get_array()
    assert canvas.shape == (2 * 4 - 1, 4 * 4 - 1)
    np.testing.assert_array_equal(canvas[4:, 8:11], convolution[:, :, 1, 2])


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 1)])
def test_images_in_rows(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    canvas = plot.images(x).images[0].get_array()
    assert canvas.shape == (9, 11)
    np.testing.assert_array_equal(canvas[5:, :5], x[2].reshape(4, 5))


def test_coloured_images_have_light_gaps() -> None:
    x = np.zeros((2, 3, 3, 3))
    canvas = plot.images(x, columns=2).images[0].get_array()
    assert canvas.shape == (3, 7, 3)
    assert canvas.data[:, 3].min() == 1.0


def diamond() -> models.Model:
    entry = lamina.Input((4,), name="entry")
    left = layers.Dense(3, name="left")(entry)
    right = layers.Dense(3, name="right")(entry)
    total = layers.Add(name="total")([left, right])
    return models.Model(entry, layers.Concatenate(name="all")([total, entry]))


def test_model_has_a_box_for_each_call_and_an_arrow_for_each_tensor() -> None:
    ax = plot.model(diamond())
    boxes = [text for text in ax.texts if text.get_text()]
    assert [box.get_text().split("\n")[0] for box in boxes] == [
        "entry",
        "left",
        "right",
        "total",
        "all",
    ]
    assert "Dense  (None, 3)" in boxes[1].get_text()
    assert len(ax.texts) - len(boxes) == 6
    heights = [box.get_position()[1] for box in boxes]
    assert heights == sorted(heights, reverse=True)
    assert heights[1] == heights[2]
    places = {box.get_position() for box in boxes}
    assert len(places) == 5


def test_a_shared_layer_has_a_box_for_each_call() -> None:
    shared = layers.Dense(2, name="shared")
    first, second = lamina.Input((3,)), lamina.Input((3,))
    model = models.Model([first, second], layers.Add()([shared(first), shared(second)]))
    ranks = ranked(model._graph.nodes)
    assert [len(rank) for rank in ranks] == [2, 2, 1]
    assert ranks[1][0].operation is ranks[1][1].operation is shared


def test_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"no metric 'mse'.*accuracy"):
        plot.learning_curves(LOGS, "mse")
    with pytest.raises(ValueError, match="received 2 for 3"):
        plot.confusion_matrix([0, 1, 1], [0, 1])
    with pytest.raises(ValueError, match="classes from 0 to 1"):
        plot.confusion_matrix([0, 2], [0, 1], labels=["a", "b"])
    with pytest.raises(ValueError, match=r"kernel.*Flatten"):
        plot.weights(layers.Flatten())
    with pytest.raises(ValueError, match=r"received \(6, 5\), shape=\(2, 2\)"):
        plot.filters(np.ones((6, 5)), shape=(2, 2))
    with pytest.raises(ValueError, match=r"received shape \(4, 4\)"):
        plot.images(np.ones((4, 4)))
    with pytest.raises(ValueError, match="no graph"):
        plot.model(models.Sequential([layers.Dense(2)]))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        plot.images(np.ones((1, 2, 2)))


def test_a_model_goes_to_a_file(tmp_path: Path) -> None:
    model = models.Sequential([lamina.Input((3,)), layers.Dense(4, name="hidden")])
    ax = lamina.utils.plot_model(model, tmp_path / "model.svg", show_shapes=True)
    assert any("hidden" in text.get_text() for text in ax.texts)
    assert "<svg" in (tmp_path / "model.svg").read_text()
