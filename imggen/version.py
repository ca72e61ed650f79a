"""The library's version, as results and checkpoints record it."""

__version__ = "0.1.0"
