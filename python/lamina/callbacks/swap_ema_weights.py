"""Evaluate with averaged weights."""

from __future__ import annotations

from lamina.callbacks.base import Callback, Logs


class SwapEMAWeights(Callback):
    """Put the averages that an optimizer with use_ema=True keeps in the weights' place.

    They are there while the model is evaluated or predicts; with swap_on_epoch also from the end of
    an epoch to the beginning of the next, where callbacks such as `ModelCheckpoint` see them.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def _swap(self, averages_in_place: bool) -> None:
        if self._swapped == averages_in_place:
            return
        if not getattr(self.model.optimizer, "use_ema", False):
            raise ValueError(
                "SwapEMAWeights: the model's optimizer keeps no averages; "
                "make it with use_ema=True, as in optimizers.Adam(use_ema=True)"
            )
        self.model.optimizer.swap_weights()
        self._swapped = averages_in_place

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(True)
            if epoch == self.params["epochs"] - 1:
                # The last epoch keeps the averages: `fit` is about to put them in for good.
                self.model.optimizer.swap_weights()
                self.model.optimizer.finalize_variable_values()
                self._swapped = False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap(False)
