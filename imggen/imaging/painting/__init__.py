"""Palette and brush strokes of a picture, measured without a network and given to another picture."""
