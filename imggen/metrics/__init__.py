"""Measures of image quality and speed, and the evaluators that write them into model cards."""
