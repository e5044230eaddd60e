"""Cases of convolution: the core's ops, and the layers."""

from __future__ import annotations

from typing import Any

from lamina.reference.convolution import Window
from op_case import Case, case, values

Row = tuple[Any, ...]
Sizes = tuple[int, ...]

# x, kernel, attributes
GEOMETRIES: list[tuple[Sizes, Sizes, dict[str, Any]]] = [
    ((1, 1, 1), (1, 1, 1), {}),
    ((2, 9, 3), (3, 3, 5), {}),
    ((2, 9, 3), (3, 3, 17), {"dilations": [3], "padding": [6, 0]}),
    ((0, 5, 4), (2, 4, 3), {}),
    ((3, 2, 33), (1, 33, 66), {}),
    ((1, 28, 28, 1), (3, 3, 1, 32), {}),
    ((3, 7, 11, 6), (3, 3, 6, 70), {}),
    ((2, 5, 6, 17), (2, 3, 17, 64), {"padding": [1, 0, 1, 1]}),
    ((2, 9, 8, 4), (3, 2, 4, 6), {"strides": [2, 3], "padding": [1, 1, 0, 1]}),
    ((2, 9, 8, 1), (3, 3, 1, 2), {"dilations": [2, 3]}),
    (
        (2, 12, 7, 3),
        (4, 1, 3, 2),
        {"strides": [3, 1], "dilations": [2, 1], "padding": [4, 2, 0, 0]},
    ),
    ((5, 6, 5, 6), (3, 3, 2, 9), {"groups": 3, "padding": [1, 1, 1, 1]}),
    ((2, 5, 4, 8), (1, 1, 8, 130), {}),
    ((2, 3, 70, 2), (2, 5, 2, 48), {"strides": [1, 2]}),
    ((1, 3, 3, 100), (3, 3, 100, 130), {"padding": [1, 1, 1, 1]}),
    ((2, 5, 4, 6, 3), (2, 3, 2, 3, 4), {}),
    (
        (1, 5, 6, 5, 2),
        (3, 2, 3, 1, 4),
        {"strides": [2, 1, 2], "padding": [1, 1, 0, 1, 2, 2], "groups": 2},
    ),
    ((1, 6, 3, 5, 2), (2, 1, 2, 2, 3), {"dilations": [3, 1, 2]}),
    # A filter for each channel.
    ((3, 7, 13, 19), (3, 3, 1, 19), {"groups": 19, "padding": [1, 1, 1, 1]}),
    ((2, 9, 2), (4, 1, 2), {"groups": 2, "dilations": [2]}),
    ((0, 5, 4), (2, 1, 4), {"groups": 4}),
    (
        (2, 9, 10, 33),
        (2, 4, 1, 33),
        {"strides": [3, 2], "dilations": [1, 3], "padding": [1, 0, 6, 5], "groups": 33},
    ),
    ((3, 4, 5, 16), (1, 1, 1, 16), {"groups": 16}),
    ((2, 7, 9, 5), (2, 1, 1, 5), {"strides": [3, 4], "dilations": [2, 1], "groups": 5}),
    (
        (2, 5, 6, 4, 3),
        (2, 3, 2, 1, 3),
        {"strides": [2, 1, 2], "padding": [1, 1, 0, 1, 3, 3], "groups": 3},
    ),
    # Several filters for each channel.
    ((3, 7, 13, 5), (3, 3, 1, 10), {"groups": 5, "padding": [1, 1, 1, 1]}),
    ((2, 9, 2), (4, 1, 6), {"groups": 2, "dilations": [2]}),
    ((0, 5, 4), (2, 1, 8), {"groups": 4}),
    (
        (2, 9, 10, 11),
        (2, 4, 1, 44),
        {"strides": [3, 2], "dilations": [1, 3], "padding": [1, 0, 6, 5], "groups": 11},
    ),
    ((2, 7, 6, 3), (3, 2, 1, 51), {"groups": 3, "padding": [1, -1, 0, -2]}),
    ((1, 40, 130, 8), (3, 3, 1, 16), {"groups": 8, "padding": [1, 1, 1, 1]}),
    ((1, 4, 5, 3, 2), (2, 2, 2, 1, 4), {"groups": 2}),
    # Inputs at the end of an axis that nobody sees.
    ((2, 9, 8, 3), (3, 2, 3, 20), {"padding": [0, -2, 1, -1]}),
    ((2, 9, 8, 4), (3, 2, 4, 6), {"strides": [2, 3], "padding": [1, -2, 0, -3]}),
    ((3, 1, 5, 7), (1, 1, 7, 3), {"padding": [0, 0, 0, -1]}),
    ((2, 7, 6, 17), (3, 2, 1, 17), {"groups": 17, "padding": [1, -1, 0, -2]}),
]


def small(*shape: int) -> Any:
    """Return a drawer of numbers so small that long sums of products stay exact enough."""
    return values(*shape, low=-0.5, high=0.5)


def conv_op_cases() -> list[Case]:
    """Return the cases of convolution and its gradients, and of what fusion makes of them."""
    cases = []
    for x, kernel, attributes in GEOMETRIES:
        spatial, size = x[1:-1], kernel[:-2]
        options = [attributes.get(name, ()) for name in ("strides", "padding", "dilations")]
        y = (x[0], *Window(spatial, size, *options).outputs, kernel[-1])
        cases += [
            case("conv", values(*x), small(*kernel), **attributes),
            case("conv_input_grad", small(*y), small(*kernel), size=list(spatial), **attributes),
            case("conv_kernel_grad", values(*x), small(*y), size=list(size), **attributes),
        ]
    for i in (1, 5, 7, 11, 15, 18, 21):
        x, kernel, attributes = GEOMETRIES[i]
        options = [attributes.get(name, ()) for name in ("strides", "padding", "dilations")]
        y = (x[0], *Window(x[1:-1], kernel[:-2], *options).outputs, kernel[-1])
        back = {"size": list(x[1:-1]), **attributes}
        for activation in (
            {},
            {"activation": "tanh"},
            {"activation": "relu", "negative_slope": 0.1},
        ):
            draws = values(*x), small(*kernel), values(kernel[-1])
            cases.append(case("fused_conv", *draws, **activation, **attributes))
            draws = small(*y), small(*kernel), values(x[-1])
            cases.append(case("fused_conv_transpose", *draws, **activation, **back))
        draws = small(*y), small(*kernel), values(*x)
        for slope in ({"slope": "tanh"}, {"slope": "relu", "negative_slope": 0.1}):
            cases.append(case("conv_input_grad_slope", *draws, **slope, **back))
    return cases + [
        case("conv_max_pool", values(*x), small(*kernel), *draws, pool=pool, **attributes)
        for x, kernel, pool, attributes in POOLED
        for draws in ((), (values(kernel[-1]),))
    ]


# x, kernel, sizes of the windows that the outputs are cut into, attributes
POOLED: list[tuple[Sizes, Sizes, list[int], dict[str, Any]]] = [
    ((3, 8, 8, 1), (3, 3, 1, 32), [2, 2], {"activation": "relu"}),
    ((2, 9, 11, 5), (3, 3, 5, 70), [3, 1], {"padding": [0, -1, 1, 1]}),
    ((5, 13, 3), (3, 3, 17), [5], {"padding": [1, 0], "dilations": [2]}),
    ((2, 6, 4, 7), (1, 1, 7, 19), [2, 4], {"activation": "relu"}),
    ((0, 6, 6, 2), (3, 3, 2, 4), [2, 2], {}),
    ((1, 20, 33, 64), (3, 2, 64, 150), [3, 2], {}),
]


SEQUENCE, IMAGE, VOLUME = (7, 3), (6, 5, 3), (4, 5, 3, 2)
SHAPES = {1: SEQUENCE, 2: IMAGE, 3: VOLUME}


def conv_layer_rows() -> list[Row]:
    """Return the cases of the layers: name, shape of a sample, arguments."""
    rows: list[Row] = []
    for rank, shape in SHAPES.items():
        first = {"data_format": "channels_first"}
        for name in (f"Conv{rank}D", f"Conv{rank}DTranspose"):
            rows += [
                (name, (shape,), {"filters": 5, "kernel_size": 3}),
                (
                    name,
                    (shape,),
                    {"filters": 4, "kernel_size": 2, "strides": 2, "activation": "tanh"},
                ),
                (name, (shape,), {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}),
                (
                    name,
                    (shape[::-1],),
                    {"filters": 3, "kernel_size": 2, "activation": "relu", **first},
                ),
                (name, (shape,), {"filters": 2, "kernel_size": 1, "use_bias": False}),
                (
                    name,
                    (shape,),
                    {"filters": 3, "kernel_size": 2, "dilation_rate": 2, "padding": "same"},
                ),
            ]
        transpose = f"Conv{rank}DTranspose"
        rows += [
            (transpose, (shape,), {"filters": 2, "kernel_size": 2, "strides": 3}),
            (
                transpose,
                (shape,),
                {"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"},
            ),
            *[
                (
                    transpose,
                    (shape,),
                    {
                        "filters": 2,
                        "kernel_size": k,
                        "strides": 2,
                        "padding": p,
                        "output_padding": o,
                    },
                )
                for k in (2, 3)
                for p in ("valid", "same")
                for o in (0, 1)
            ],
        ]
    for rank in (1, 2):
        shape, first = SHAPES[rank], {"data_format": "channels_first"}
        for name, more in (
            (f"DepthwiseConv{rank}D", {}),
            (f"SeparableConv{rank}D", {"filters": 4}),
        ):
            rows += [
                (name, (shape,), {"kernel_size": 3, **more}),
                (
                    name,
                    (shape,),
                    {"kernel_size": 2, "depth_multiplier": 2, "use_bias": False, **more},
                ),
                (name, (shape,), {"kernel_size": 3, "strides": 2, "padding": "same", **more}),
                (
                    name,
                    (shape,),
                    {"kernel_size": 2, "dilation_rate": 2, "activation": "tanh", **more},
                ),
                (name, (shape[::-1],), {"kernel_size": 2, "activation": "relu", **first, **more}),
            ]
    rows += [
        ("Conv1D", (SEQUENCE,), {"filters": 4, "kernel_size": 3, "padding": "causal"}),
        (
            "Conv1D",
            (SEQUENCE,),
            {"filters": 4, "kernel_size": 2, "padding": "causal", "dilation_rate": 3},
        ),
        ("Conv2D", ((5, 4, 6),), {"filters": 4, "kernel_size": (2, 3), "groups": 2}),
        ("Conv2D", ((6, 9, 2),), {"filters": 40, "kernel_size": 3, "strides": (2, 1)}),
        ("Conv2D", ((8, 8, 1),), {"filters": 3, "kernel_size": 3, "activation": "softmax"}),
    ]
    return rows
