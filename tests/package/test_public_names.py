"""What users import: the names of Keras's API, by the modules that offer them."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import lamina
from lamina import Sequential, layers, models, optimizers, saving

NAMES = {
    "lamina": """backend preprocessing
        Initializer Input InputSpec KerasTensor Layer Loss Metric Model Optimizer
        Regularizer Sequential Tensor Variable activations callbacks config constraints datasets
        function grad initializers layers losses metrics models ops optimizers plot random
        reference
        regularizers saving utils""",
    "lamina.activations": """linear relu relu6 leaky_relu elu selu sigmoid hard_sigmoid tanh softmax
        log_softmax softplus softsign silu swish gelu exponential mish get serialize deserialize""",
    "lamina.callbacks": """Callback CSVLogger EarlyStopping History LambdaCallback ReduceLROnPlateau
        LearningRateScheduler ModelCheckpoint SwapEMAWeights TerminateOnNaN""",
    "lamina.constraints": """Constraint MaxNorm MinMaxNorm NonNeg UnitNorm max_norm min_max_norm
        non_neg unit_norm get serialize deserialize""",
    "lamina.initializers": """Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity
        LecunNormal LecunUniform Ones Orthogonal RandomNormal RandomUniform TruncatedNormal
        VarianceScaling Zeros constant glorot_normal glorot_uniform he_normal he_uniform identity
        lecun_normal lecun_uniform ones orthogonal random_normal random_uniform truncated_normal
        variance_scaling zeros get serialize deserialize""",
    "lamina.layers": """Input InputLayer Dense Activation Flatten Reshape Permute RepeatVector
        Dropout GaussianNoise ReLU LeakyReLU PReLU ELU Softmax Rescaling Normalization Lambda
        Identity Add Subtract Multiply Average Maximum Minimum Concatenate Dot add subtract multiply
        average maximum minimum concatenate dot
        MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D
        AveragePooling3D MaxPool1D MaxPool2D MaxPool3D AvgPool1D AvgPool2D AvgPool3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D
        GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPool2D GlobalAvgPool2D
        UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        Cropping1D Cropping2D Cropping3D BatchNormalization LayerNormalization
        GroupNormalization RMSNormalization UnitNormalization SpatialDropout1D
        SpatialDropout2D SpatialDropout3D RandomFlip RandomRotation RandomZoom
        RandomTranslation RandomCrop RandomContrast RandomBrightness Resizing CenterCrop
        Layer InputSpec serialize deserialize""",
    "lamina.losses": """Loss MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError
        MeanSquaredLogarithmicError SumSquaredError Huber LogCosh BinaryCrossentropy
        CategoricalCrossentropy SparseCategoricalCrossentropy Hinge SquaredHinge CategoricalHinge
        KLDivergence Poisson CosineSimilarity mean_squared_error mean_absolute_error huber log_cosh
        binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy hinge
        kl_divergence poisson cosine_similarity get serialize deserialize""",
    "lamina.metrics": """Metric Accuracy BinaryAccuracy CategoricalAccuracy AUC F1Score Mean Sum
        SparseCategoricalAccuracy TopKCategoricalAccuracy SparseTopKCategoricalAccuracy Precision
        Recall RootMeanSquaredError R2Score TruePositives TrueNegatives FalsePositives
        FalseNegatives MeanSquaredError mean_squared_error binary_crossentropy
        categorical_accuracy get serialize deserialize""",
    "lamina.models": "RBM Model Sequential clone_model load_model model_from_json save_model",
    "lamina.optimizers": """Optimizer SGD RMSprop Adam AdamW Adamax Nadam Adagrad Adadelta
        Ftrl Lamb Lion Manhattan Rprop schedules
        get serialize deserialize""",
    "lamina.optimizers.schedules": """ExponentialDecay PiecewiseConstantDecay PolynomialDecay
        InverseTimeDecay CosineDecay CosineDecayRestarts LearningRateSchedule serialize
        deserialize""",
    "lamina.plot": "confusion_matrix filters images learning_curves model weights",
    "lamina.random": """SeedGenerator bernoulli beta binomial categorical dropout gamma multinomial
        normal randint shuffle truncated_normal uniform""",
    "lamina.regularizers": "Regularizer L1 L2 L1L2 l1 l2 l1_l2 get serialize deserialize",
    "lamina.saving": """custom_object_scope get_custom_objects load_model load_weights save_model
        save_weights register_serializable register_keras_serializable serialize_keras_object
        deserialize_keras_object""",
    "lamina.utils": """set_random_seed to_categorical split_dataset normalize set_num_threads
        get_num_threads custom_object_scope register_keras_serializable pack_x_y_sample_weight
        unpack_x_y_sample_weight PyDataset Sequence pad_sequences clear_session""",
    "lamina.backend": """backend clear_session epsilon floatx image_data_format set_epsilon
        set_floatx""",
    "lamina.preprocessing.sequence": "pad_sequences",
}


@pytest.mark.parametrize("module", NAMES)
def test_names_are_there(module: str) -> None:
    home = importlib.import_module(module)
    assert [name for name in NAMES[module].split() if not hasattr(home, name)] == []


def test_star_import_gives_the_public_names() -> None:
    space: dict[str, Any] = {}
    exec("from lamina import *", space)
    del space["__builtins__"]
    assert set(NAMES["lamina"].split()) <= set(space)
    assert not {"registry", "nest", "trace", "TYPE_CHECKING"} & set(space)


def test_other_names_of_classes() -> None:
    assert lamina.regularizers.l2(0.1).get_config() == {"l2": 0.1}
    assert isinstance(lamina.regularizers.get("l1_l2"), lamina.regularizers.L1L2)
    assert lamina.initializers.he_normal is lamina.initializers.HeNormal
    assert lamina.constraints.max_norm(3).max_value == 3


def test_layers_and_schedules_as_configs() -> None:
    layer = layers.deserialize(layers.serialize(layers.Dense(3, "relu")))
    assert layer.units == 3
    schedules = optimizers.schedules
    decay = schedules.deserialize(schedules.serialize(schedules.ExponentialDecay(0.1, 5, 0.5)))
    assert decay.decay_steps == 5


def test_saving_by_functions(tmp_path: Any) -> None:
    @saving.register_keras_serializable()
    class Shifted(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs + 1.0

    model = Sequential([lamina.Input((2,)), Shifted()])
    models.save_model(model, tmp_path / "m.keras")
    x = np.zeros((3, 2))
    np.testing.assert_array_equal(saving.load_model(tmp_path / "m.keras")(x), model(x))
    assert saving.get_custom_objects()["Custom>Shifted"] is Shifted
