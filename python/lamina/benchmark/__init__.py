"""Lamina's speed against other libraries: `python -m lamina benchmark`.

networks and workloads say what is measured, peers how each library does it, worker keeps each
library in a process of its own, runner measures in turn, report writes the tables.
"""
