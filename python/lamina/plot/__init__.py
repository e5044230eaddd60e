"""Pictures of what networks are and do, with matplotlib: each function returns the Axes it drew on.

Each takes `ax`, the Axes to draw on, and makes a figure through pyplot where it is not given:
`matplotlib.pyplot.show()` shows it, `ax.figure.savefig("curves.png")` keeps it. ImportError says
what to install where matplotlib is missing.
"""

from lamina.plot import text
from lamina.plot.confusion import confusion_matrix
from lamina.plot.curves import learning_curves
from lamina.plot.images import filters, images, weights
from lamina.plot.network import network as model

__all__ = ["confusion_matrix", "filters", "images", "learning_curves", "model", "text", "weights"]
