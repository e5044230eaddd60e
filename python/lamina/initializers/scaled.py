"""Glorot's, He's and LeCun's choices of variance scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lamina.initializers.random import VarianceScaling
from lamina.random import SeedGenerator
from lamina.registry import initializers


class _Preset(VarianceScaling):
    """Variance scaling of which only the seed and the axes are left to choose."""

    preset: ClassVar[tuple[float, str, str]]  # scale, mode, distribution

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.preset, seed, input_axes, output_axes)


@initializers.register()
class GlorotUniform(_Preset):
    """Draw uniformly over ±sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""

    preset = (1.0, "fan_avg", "uniform")


@initializers.register()
class GlorotNormal(_Preset):
    """Draw from the truncated normal of variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010)."""

    preset = (1.0, "fan_avg", "truncated_normal")


@initializers.register()
class HeUniform(_Preset):
    """Draw uniformly over ±sqrt(6 / fan_in) (He et al. 2015, arXiv:1502.01852)."""

    preset = (2.0, "fan_in", "uniform")


@initializers.register()
class HeNormal(_Preset):
    """Draw from the truncated normal of variance 2 / fan_in (He et al. 2015, arXiv:1502.01852)."""

    preset = (2.0, "fan_in", "truncated_normal")


@initializers.register()
class LecunUniform(_Preset):
    """Draw uniformly over ±sqrt(3 / fan_in) (LeCun et al. 1998, "Efficient BackProp")."""

    preset = (1.0, "fan_in", "uniform")


@initializers.register()
class LecunNormal(_Preset):
    """Draw from the truncated normal of variance 1 / fan_in (LeCun et al. 1998)."""

    preset = (1.0, "fan_in", "truncated_normal")
