"""Operations on tensors, with the names and defaults of Keras 3.

On arrays they compute at once; on the tensors of a trace they add to its graph; on `KerasTensor`s
they are recorded as part of a functional model.
"""

# ruff: noqa: F403
from lamina.ops.arithmetic import *
from lamina.ops.attention import *
from lamina.ops.control import *
from lamina.ops.creation import *
from lamina.ops.indexing import *
from lamina.ops.joining import *
from lamina.ops.linalg import *
from lamina.ops.math import *
from lamina.ops.nn import *
from lamina.ops.normalization import *
from lamina.ops.pooling import *
from lamina.ops.reduction import *
from lamina.ops.shaping import *
from lamina.ops.sorting import *
