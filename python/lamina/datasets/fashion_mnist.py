"""Articles of clothing in the format and sizes of MNIST.

Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747; MIT licence.
"""

from lamina.datasets._idx import IdxArchive, Splits

ARCHIVE = IdxArchive(
    name="fashion_mnist",
    url="https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    sha256=(
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
)


def load_data() -> Splits:
    """Load Fashion-MNIST as `(x_train, y_train), (x_test, y_test)`.

    Images: (n, 28, 28) uint8; labels: (n,) uint8. Reads the four IDX files, gzipped or not, in
    `$LAMINA_HOME/datasets/fashion_mnist` (`~/.lamina` unless set) and downloads those missing.
    Raises FileNotFoundError, naming the files to put there, where that fails.
    """
    return ARCHIVE.load()
