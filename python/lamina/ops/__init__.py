"""Operations on tensors, with the names and defaults of Keras 3.

On arrays they compute at once; on the tensors of a trace they add to its graph; on `KerasTensor`s
they are recorded as part of a functional model. What few models need is loaded when asked for.
"""

# ruff: noqa: F403
from typing import TYPE_CHECKING

from lamina import _lazy
from lamina.ops._apply import apply as apply
from lamina.ops.arithmetic import *
from lamina.ops.creation import *
from lamina.ops.indexing import *
from lamina.ops.joining import *
from lamina.ops.linalg import *
from lamina.ops.math import *
from lamina.ops.nn import *
from lamina.ops.reduction import *
from lamina.ops.shaping import *

if TYPE_CHECKING:
    from lamina.ops import image as image
    from lamina.ops.arranging import *
    from lamina.ops.attention import *
    from lamina.ops.blocks import *
    from lamina.ops.control import *
    from lamina.ops.convolution import *
    from lamina.ops.counting import *
    from lamina.ops.custom import *
    from lamina.ops.einstein import *
    from lamina.ops.equations import *
    from lamina.ops.factors import *
    from lamina.ops.fourier import *
    from lamina.ops.matrices import *
    from lamina.ops.normalization import *
    from lamina.ops.pooling import *
    from lamina.ops.prefix import *
    from lamina.ops.sequences import *
    from lamina.ops.shrinking import *
    from lamina.ops.sorting import *
    from lamina.ops.special import *
    from lamina.ops.statistics import *

__getattr__, __dir__, _lazy_names = _lazy.exports(
    __name__,
    modules=("image",),
    names={
        "ops.arranging": (
            *("append", "array_split", "dsplit", "dstack", "fliplr", "flipud", "hsplit", "hstack"),
            *("rot90", "slice_update", "vsplit", "vstack"),
        ),
        "ops.attention": (*("dot_product_attention",),),
        "ops.blocks": ("depth_to_space", "space_to_depth"),
        "ops.control": (
            *("cond", "fori_loop", "map", "scan", "switch", "vectorized_map", "while_loop"),
        ),
        "ops.convolution": (
            "conv",
            "conv_transpose",
            "depthwise_conv",
            "separable_conv",
        ),
        "ops.counting": (
            *("bincount", "digitize", "histogram", "isin", "multi_hot", "scatter_update"),
            *("nonzero", "searchsorted", "segment_max", "segment_min", "segment_sum"),
            *("unravel_index",),
        ),
        "ops.custom": ("custom_gradient",),
        "ops.einstein": (*("einsum",),),
        "ops.equations": (
            *("cholesky", "cholesky_inverse", "det", "inv", "logdet", "slogdet", "solve"),
            *("solve_triangular",),
        ),
        "ops.factors": ("eigh", "lstsq", "matrix_rank", "pinv", "qr", "svd"),
        "ops.fourier": (
            *("extract_sequences", "fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"),
        ),
        "ops.matrices": (
            *("cross", "diag", "diagflat", "diagonal", "inner", "kron", "meshgrid", "trace", "tri"),
            *("tril", "triu", "vander", "vdot"),
        ),
        "ops.normalization": (
            "batch_normalization",
            "layer_normalization",
            "rms_normalization",
        ),
        "ops.pooling": (
            "average_pool",
            "max_pool",
        ),
        "ops.prefix": (*("associative_scan", "cumprod"),),
        "ops.sequences": (
            *("bartlett", "blackman", "geomspace", "hamming", "hanning", "kaiser", "logspace"),
        ),
        "ops.shrinking": (
            *("celu", "glu", "hard_shrink", "hard_tanh", "soft_shrink", "sparse_plus"),
            *("sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink", "threshold"),
        ),
        "ops.sorting": (
            "argsort",
            "in_top_k",
            "sort",
            "top_k",
        ),
        "ops.special": (
            *(
                "arccosh",
                "arcsinh",
                "arctanh",
                "cbrt",
                "cdist",
                "deg2rad",
                "erfc",
                "erfinv",
                "exp2",
            ),
            *("fabs", "fmax", "fmin", "fmod", "heaviside", "hypot", "isneginf", "isposinf"),
            *("logaddexp", "logaddexp2", "rad2deg", "sinc", "trunc"),
        ),
        "ops.statistics": (
            *("allclose", "average", "corrcoef", "diff", "median", "nan_to_num", "nanmax"),
            *("nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "percentile", "ptp"),
            *("quantile", "trapezoid"),
        ),
    },
)
