"""Data sets to begin with: `heart` travels in the package, the others are read from a folder.

The MNIST family and `tinyshakespeare` are downloaded once.
"""

from lamina.datasets import (
    airline_passengers,
    fashion_mnist,
    heart,
    japanese_vowels,
    mnist,
    tinyshakespeare,
)

__all__ = [
    "airline_passengers",
    "fashion_mnist",
    "heart",
    "japanese_vowels",
    "mnist",
    "tinyshakespeare",
]
