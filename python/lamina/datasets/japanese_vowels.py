"""Nine men say /ae/: which of them speaks? 270 utterances to train on, 370 to test.

Each is 7 to 29 frames of 12 LPC cepstrum coefficients.
Source: Kudo, Toyama, Shimbo 1999, UCI Machine Learning Repository; CC BY 4.0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.datasets._file import FileArchive

ARCHIVE = FileArchive(
    "japanese-vowels.npz",
    source="the UCI Machine Learning Repository, 'Japanese Vowels': its utterances as arrays "
    "x_train (270, 29, 12) padded with zeros, y_train (270,), and the same for _test",
)

Split = tuple[NDArray[Any], NDArray[Any]]


def load_data() -> tuple[Split, Split]:
    """Load the utterances as `(x_train, y_train), (x_test, y_test)`.

    x: (n, 29, 12) float32, with zeros after the end of an utterance, which `layers.Masking` masks;
    y: (n,) int32, the speaker, 0 to 8. Reads `$LAMINA_HOME/datasets/japanese-vowels.npz`; raises
    FileNotFoundError, saying where it comes from, if it is not there.
    """
    with np.load(ARCHIVE.fetch()) as arrays:
        train, test = ((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))
    return train, test
