"""Handwritten digits: 60,000 images of 28 × 28 to train on, 10,000 to test.

Source: LeCun, Cortes, Burges, The MNIST database; CC BY-SA 3.0.
"""

from lamina.datasets._idx import IdxArchive, Splits

ARCHIVE = IdxArchive(
    name="mnist",
    url="https://ossci-datasets.s3.amazonaws.com/mnist/",
    sha256=(
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)


def load_data() -> Splits:
    """Load MNIST as `(x_train, y_train), (x_test, y_test)`.

    Images: (n, 28, 28) uint8; labels: (n,) uint8. Reads the four IDX files, gzipped or not, in
    `$LAMINA_HOME/datasets/mnist` (`~/.lamina` unless set) and downloads those missing.
    Raises FileNotFoundError, naming the files to put there, where that fails.
    """
    return ARCHIVE.load()
