"""The ranges of what people choose, wherever it comes from: controls, arguments of pipelines, recipes in pictures."""

from __future__ import annotations

#: Largest seed: NumPy's legacy generator, whose numbers never change between versions, takes 32 bits.
MAX_SEED = 2**32 - 1
#: Pictures of one run in the app.
MAX_COUNT = 64
#: Characters of a line of text that is set in a typeface.
MAX_WORD = 32
#: Keyframes of a film.
MIN_KEYFRAMES = 2
MAX_KEYFRAMES = 16
#: Classes that a film can show at once.
MAX_CLASSES = 64
#: Latent spaces a film can go through: Z, and W where a model has it.
SPACES = ("z", "w")
#: How a film goes from keyframe to keyframe: at rest at each, or equally fast all the way.
PACINGS = ("eased", "even")
#: Frames of a film.
MAX_FRAMES = 240
#: Directions of a latent space that a picture can be moved along.
MAX_DIRECTIONS = 8
#: Characters of the name of one.
MAX_DIRECTION_NAME = 40
#: How far along each, in standard deviations of the latents.
FURTHEST = 3.0
#: Lamp glow in a night: 0 is dark, 1 as painted, more has a halo.
MAX_GLOW = 2.0
#: Stroke sizes of a style, in relation to the style's own.
SCALES = (0.5, 4.0)
#: How many times the networks of super-resolution enlarge, everywhere in this project.
SCALE = 4
#: How many times as large as the photo super-resolution makes its results.
ENLARGEMENTS = (1.0, float(SCALE))
#: Steps of style optimisation: the usual number, and the largest.
STEPS = 100
MAX_STEPS = 1000
#: Pictures that are compared on one sheet.
MAX_COMPARED = 6
