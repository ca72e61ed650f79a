"""Classical painting: the palette and the brush strokes of a picture, and how they are given to another one."""
