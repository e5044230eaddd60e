"""Layers: the building blocks of models. Families are loaded when one of them is asked for."""

from typing import TYPE_CHECKING

from lamina import _lazy
from lamina.layers.base import Layer as Layer
from lamina.layers.core import Dense as Dense
from lamina.layers.core import Identity as Identity
from lamina.layers.core import Input as Input
from lamina.layers.core import InputLayer as InputLayer
from lamina.layers.core import Lambda as Lambda
from lamina.layers.input_spec import InputSpec as InputSpec
from lamina.registry import layers as _registry

if TYPE_CHECKING:
    from lamina.layers.activation import ELU as ELU
    from lamina.layers.activation import Activation as Activation
    from lamina.layers.activation import LeakyReLU as LeakyReLU
    from lamina.layers.activation import PReLU as PReLU
    from lamina.layers.activation import ReLU as ReLU
    from lamina.layers.activation import Softmax as Softmax
    from lamina.layers.attention import AdditiveAttention as AdditiveAttention
    from lamina.layers.attention import Attention as Attention
    from lamina.layers.augmentation import RandomCrop as RandomCrop
    from lamina.layers.augmentation import RandomFlip as RandomFlip
    from lamina.layers.augmentation import RandomRotation as RandomRotation
    from lamina.layers.augmentation import RandomTranslation as RandomTranslation
    from lamina.layers.augmentation import RandomZoom as RandomZoom
    from lamina.layers.batch_normalization import BatchNormalization as BatchNormalization
    from lamina.layers.brightness import RandomBrightness as RandomBrightness
    from lamina.layers.brightness import RandomContrast as RandomContrast
    from lamina.layers.convolution import Conv1D as Conv1D
    from lamina.layers.convolution import Conv1DTranspose as Conv1DTranspose
    from lamina.layers.convolution import Conv2D as Conv2D
    from lamina.layers.convolution import Conv2DTranspose as Conv2DTranspose
    from lamina.layers.convolution import Conv3D as Conv3D
    from lamina.layers.convolution import Conv3DTranspose as Conv3DTranspose
    from lamina.layers.convolution import Convolution1D as Convolution1D
    from lamina.layers.convolution import Convolution1DTranspose as Convolution1DTranspose
    from lamina.layers.convolution import Convolution2D as Convolution2D
    from lamina.layers.convolution import Convolution2DTranspose as Convolution2DTranspose
    from lamina.layers.convolution import Convolution3D as Convolution3D
    from lamina.layers.convolution import Convolution3DTranspose as Convolution3DTranspose
    from lamina.layers.depthwise import DepthwiseConv1D as DepthwiseConv1D
    from lamina.layers.depthwise import DepthwiseConv2D as DepthwiseConv2D
    from lamina.layers.depthwise import SeparableConv1D as SeparableConv1D
    from lamina.layers.depthwise import SeparableConv2D as SeparableConv2D
    from lamina.layers.depthwise import SeparableConvolution1D as SeparableConvolution1D
    from lamina.layers.depthwise import SeparableConvolution2D as SeparableConvolution2D
    from lamina.layers.einsum_dense import EinsumDense as EinsumDense
    from lamina.layers.embedding import Embedding as Embedding
    from lamina.layers.masking import Masking as Masking
    from lamina.layers.merging import Add as Add
    from lamina.layers.merging import Average as Average
    from lamina.layers.merging import Concatenate as Concatenate
    from lamina.layers.merging import Dot as Dot
    from lamina.layers.merging import Maximum as Maximum
    from lamina.layers.merging import Minimum as Minimum
    from lamina.layers.merging import Multiply as Multiply
    from lamina.layers.merging import Subtract as Subtract
    from lamina.layers.merging import add as add
    from lamina.layers.merging import average as average
    from lamina.layers.merging import concatenate as concatenate
    from lamina.layers.merging import dot as dot
    from lamina.layers.merging import maximum as maximum
    from lamina.layers.merging import minimum as minimum
    from lamina.layers.merging import multiply as multiply
    from lamina.layers.merging import subtract as subtract
    from lamina.layers.multi_head_attention import GroupQueryAttention as GroupQueryAttention
    from lamina.layers.multi_head_attention import MultiHeadAttention as MultiHeadAttention
    from lamina.layers.normalization import GroupNormalization as GroupNormalization
    from lamina.layers.normalization import LayerNormalization as LayerNormalization
    from lamina.layers.normalization import RMSNormalization as RMSNormalization
    from lamina.layers.normalization import UnitNormalization as UnitNormalization
    from lamina.layers.pooling import AveragePooling1D as AveragePooling1D
    from lamina.layers.pooling import AveragePooling2D as AveragePooling2D
    from lamina.layers.pooling import AveragePooling3D as AveragePooling3D
    from lamina.layers.pooling import AvgPool1D as AvgPool1D
    from lamina.layers.pooling import AvgPool2D as AvgPool2D
    from lamina.layers.pooling import AvgPool3D as AvgPool3D
    from lamina.layers.pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
    from lamina.layers.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
    from lamina.layers.pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
    from lamina.layers.pooling import GlobalAvgPool1D as GlobalAvgPool1D
    from lamina.layers.pooling import GlobalAvgPool2D as GlobalAvgPool2D
    from lamina.layers.pooling import GlobalAvgPool3D as GlobalAvgPool3D
    from lamina.layers.pooling import GlobalMaxPool1D as GlobalMaxPool1D
    from lamina.layers.pooling import GlobalMaxPool2D as GlobalMaxPool2D
    from lamina.layers.pooling import GlobalMaxPool3D as GlobalMaxPool3D
    from lamina.layers.pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
    from lamina.layers.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
    from lamina.layers.pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
    from lamina.layers.pooling import MaxPool1D as MaxPool1D
    from lamina.layers.pooling import MaxPool2D as MaxPool2D
    from lamina.layers.pooling import MaxPool3D as MaxPool3D
    from lamina.layers.pooling import MaxPooling1D as MaxPooling1D
    from lamina.layers.pooling import MaxPooling2D as MaxPooling2D
    from lamina.layers.pooling import MaxPooling3D as MaxPooling3D
    from lamina.layers.preprocessing import Normalization as Normalization
    from lamina.layers.preprocessing import Rescaling as Rescaling
    from lamina.layers.recurrent import GRU as GRU
    from lamina.layers.recurrent import LSTM as LSTM
    from lamina.layers.recurrent import RNN as RNN
    from lamina.layers.recurrent import Bidirectional as Bidirectional
    from lamina.layers.recurrent import GRUCell as GRUCell
    from lamina.layers.recurrent import LSTMCell as LSTMCell
    from lamina.layers.recurrent import SimpleRNN as SimpleRNN
    from lamina.layers.recurrent import SimpleRNNCell as SimpleRNNCell
    from lamina.layers.recurrent import StackedRNNCells as StackedRNNCells
    from lamina.layers.recurrent import TimeDistributed as TimeDistributed
    from lamina.layers.regularization import ActivityRegularization as ActivityRegularization
    from lamina.layers.regularization import AlphaDropout as AlphaDropout
    from lamina.layers.regularization import Dropout as Dropout
    from lamina.layers.regularization import GaussianDropout as GaussianDropout
    from lamina.layers.regularization import GaussianNoise as GaussianNoise
    from lamina.layers.regularization import SpatialDropout1D as SpatialDropout1D
    from lamina.layers.regularization import SpatialDropout2D as SpatialDropout2D
    from lamina.layers.regularization import SpatialDropout3D as SpatialDropout3D
    from lamina.layers.resizing import CenterCrop as CenterCrop
    from lamina.layers.resizing import Cropping1D as Cropping1D
    from lamina.layers.resizing import Cropping2D as Cropping2D
    from lamina.layers.resizing import Cropping3D as Cropping3D
    from lamina.layers.resizing import Resizing as Resizing
    from lamina.layers.resizing import UpSampling1D as UpSampling1D
    from lamina.layers.resizing import UpSampling2D as UpSampling2D
    from lamina.layers.resizing import UpSampling3D as UpSampling3D
    from lamina.layers.resizing import ZeroPadding1D as ZeroPadding1D
    from lamina.layers.resizing import ZeroPadding2D as ZeroPadding2D
    from lamina.layers.resizing import ZeroPadding3D as ZeroPadding3D
    from lamina.layers.shaping import Flatten as Flatten
    from lamina.layers.shaping import Permute as Permute
    from lamina.layers.shaping import RepeatVector as RepeatVector
    from lamina.layers.shaping import Reshape as Reshape

serialize, deserialize = _registry.serialize, _registry.deserialize

__getattr__, __dir__, _lazy_names = _lazy.exports(
    __name__,
    names={
        "layers.activation": ("ELU", "Activation", "LeakyReLU", "PReLU", "ReLU", "Softmax"),
        "layers.attention": ("AdditiveAttention", "Attention"),
        "layers.augmentation": (
            *("RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"),
        ),
        "layers.batch_normalization": ("BatchNormalization",),
        "layers.brightness": ("RandomBrightness", "RandomContrast"),
        "layers.convolution": (
            *("Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D"),
            *("Conv3DTranspose", "Convolution1D", "Convolution1DTranspose", "Convolution2D"),
            *("Convolution2DTranspose", "Convolution3D", "Convolution3DTranspose"),
        ),
        "layers.depthwise": (
            *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
            *("SeparableConvolution1D", "SeparableConvolution2D"),
        ),
        "layers.einsum_dense": ("EinsumDense",),
        "layers.embedding": ("Embedding",),
        "layers.masking": ("Masking",),
        "layers.merging": (
            *("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply"),
            *("Subtract", "add", "average", "concatenate", "dot", "maximum", "minimum"),
            *("multiply", "subtract"),
        ),
        "layers.multi_head_attention": ("GroupQueryAttention", "MultiHeadAttention"),
        "layers.normalization": (
            *("GroupNormalization", "LayerNormalization", "RMSNormalization"),
            *("UnitNormalization",),
        ),
        "layers.pooling": (
            *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D"),
            *("AvgPool2D", "AvgPool3D", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
            *("GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D"),
            *("GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalMaxPooling1D"),
            *("GlobalMaxPooling2D", "GlobalMaxPooling3D", "MaxPool1D", "MaxPool2D", "MaxPool3D"),
            *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"),
        ),
        "layers.preprocessing": ("Normalization", "Rescaling"),
        "layers.recurrent": (
            *("GRU", "LSTM", "RNN", "Bidirectional", "GRUCell", "LSTMCell", "SimpleRNN"),
            *("SimpleRNNCell", "StackedRNNCells", "TimeDistributed"),
        ),
        "layers.regularization": (
            *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout"),
            *("GaussianNoise", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
        ),
        "layers.resizing": (
            *("CenterCrop", "Cropping1D", "Cropping2D", "Cropping3D", "Resizing", "UpSampling1D"),
            *("UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"),
        ),
        "layers.shaping": ("Flatten", "Permute", "RepeatVector", "Reshape"),
    },
)

__all__ = [
    "Dense",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "deserialize",
    "serialize",
]
__all__ += _lazy_names
