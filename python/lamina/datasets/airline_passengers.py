"""Passengers of international airlines, in thousands, for each month from 1949 to 1960.

Source: Box and Jenkins 1976, Time Series Analysis, series G.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamina.datasets._file import FileArchive

ARCHIVE = FileArchive(
    "airline-passengers.csv",
    source="Box and Jenkins, Time Series Analysis, series G: a header, then 144 lines such as "
    "1949-01,112",
)


def load_data() -> NDArray[Any]:
    """Load the 144 monthly numbers of passengers in thousands, (144,) float32.

    Reads `$LAMINA_HOME/datasets/airline-passengers.csv`; raises FileNotFoundError, saying where it
    comes from, if it is not there.
    """
    return np.loadtxt(ARCHIVE.fetch(), np.float32, delimiter=",", skiprows=1, usecols=1)
