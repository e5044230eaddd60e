"""Networks that do something, to read, to run and to copy: `python -m lamina example`.

Every module here whose name has no underscore in front is an example, and has

- a docstring: in its first line what the example does, then what it shows, its data and what comes
  out in full form;
- `run(quick=False, verbose=0)`, which does it and returns what it measured by name. quick: a form
  of a few seconds at most. verbose: as in `fit`. An example that draws takes `pictures` as well, a
  folder for its PNG files, or None for no pictures;
- `GOALS`, which says what has to come out: `{"test_accuracy": AtLeast(quick=0.9, full=0.98)}`;
- `DATA`, the names of the downloaded data sets that it reads, where there are any.

The code is what a reader would write. Arguments, seeds, printing and checking are the framework's.
docs/examples.md lists the examples with the results of their full forms.
"""

from lamina.examples._goals import AtLeast, AtMost

__all__ = ["AtLeast", "AtMost"]
