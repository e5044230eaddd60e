"""Data sets to begin with: `heart` travels in the package, the MNIST family is fetched once."""

from lamina.datasets import fashion_mnist, heart, mnist

__all__ = ["fashion_mnist", "heart", "mnist"]
