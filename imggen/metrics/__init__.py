"""Measures of image quality, and the command that writes them into a model card."""
