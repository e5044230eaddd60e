"""Shakespeare's plays, 1.1 million characters of them: for models that write.

Source: Karpathy 2015, char-rnn; public domain.
"""

from __future__ import annotations

from lamina.datasets._file import FileArchive

ARCHIVE = FileArchive(
    "tinyshakespeare.txt",
    source="Karpathy's char-rnn",
    url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)


def load_data() -> str:
    """Load the text.

    Reads `$LAMINA_HOME/datasets/tinyshakespeare.txt` and downloads it if it is missing; raises
    FileNotFoundError, naming the file to put there, where that fails.
    """
    return ARCHIVE.fetch().read_text(encoding="ascii")
