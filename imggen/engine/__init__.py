"""Load a model once, run one job at a time, and report its progress."""
