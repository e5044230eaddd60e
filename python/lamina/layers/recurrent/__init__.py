"""Recurrent layers: cells, the layers that walk them through time, and wrappers."""

from lamina.layers.recurrent.bidirectional import Bidirectional
from lamina.layers.recurrent.cells import GRUCell, LSTMCell, SimpleRNNCell
from lamina.layers.recurrent.rnn import RNN
from lamina.layers.recurrent.stacked import StackedRNNCells
from lamina.layers.recurrent.standard import GRU, LSTM, SimpleRNN
from lamina.layers.recurrent.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
]
