"""Heart disease in 303 patients of the Cleveland Clinic: 13 features and a binary label.

Columns, source and licence stand in heart.md beside the data. With column names:
`pandas.read_csv(lamina.datasets.heart.PATH)`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_name("heart.csv")

Split = tuple[NDArray[np.float32], NDArray[np.int64]]


def load_data(test_split: float = 0.2, seed: int = 113) -> tuple[Split, Split]:
    """Load the patients as `(x_train, y_train), (x_test, y_test)`.

    x: (n, 13) float32 in the units of the columns (years, mm Hg, mg/dl, ...); y: (n,) int64, 1
    where an artery is narrowed by more than half. Rows are shuffled by `seed` and split within each
    class, so that both parts hold the same share of ill patients.
    """
    if not 0 <= test_split < 1:
        raise ValueError(f"load_data: expected 0 <= test_split < 1, received {test_split!r}")
    table = np.loadtxt(PATH, delimiter=",", skiprows=1)
    x, y = table[:, :-1].astype(np.float32), table[:, -1].astype(np.int64)

    generator = np.random.default_rng(seed)
    train, test = [], []
    for label in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == label))
        held_out = round(test_split * len(rows))
        test.append(rows[:held_out])
        train.append(rows[held_out:])
    first, second = (generator.permutation(np.concatenate(parts)) for parts in (train, test))
    return (x[first], y[first]), (x[second], y[second])
