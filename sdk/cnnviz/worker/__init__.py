"""Runs jobs in a process of its own: `python -m cnnviz.worker --device cpu`."""
