"""Find the typeface that a drawn letter could belong to: projection into the latent space with the class held.

As :mod:`.projection` (Abdal et al., 2019, https://arxiv.org/abs/1904.03189), with two changes. The distance compares
pixels in place, as a letter has one place for each stroke. And several latents are improved side by side: from a single
start, a stroke that has settled in the wrong place seldom comes loose.
"""

from __future__ import annotations

import copy
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor

from imggen.errors import InputError
from imggen.imaging.tensors import to_image
from imggen.models.latents import draw
from imggen.pipelines import Report, silent
from imggen.pipelines.generators.generator import Generator

#: Seconds after which the search ends with what it has.
LIMIT = 7.0
STEPS = 150
#: Random faces that are compared with the letter, and how many are drawn at once.
_CANDIDATES = 256
_BATCH = 32
#: The nearest of them, from each of which the search sets out.
_KEPT = 6
#: Steps between two looks at the picture so far.
_LOOK = 10
#: Learning rate of the search.
_RATE = 0.08
#: Weight of the squared latent against the squared difference of pixels: it keeps the letter one the model knows,
#: and with it the rest of the alphabet.
_PRIOR = 0.016
#: Least difference between the paper and the darkest ink, of 255.
_CONTRAST = 50
#: Longest side in pixels at which a drawing is worked on.
_SIDE = 512


def find_face(generator: Generator, drawing: Image.Image, character: str, report: Report = silent) -> Tensor:
    """Look for the latent whose picture of a character is most like a drawing of it.

    Args:
        generator: with single characters as classes, black on white.
        drawing: dark on light or light on dark, of any size; where on the paper the letter stands and how large it is
            does not matter.
        character: one of the classes.
        report: gets the fraction done all along, and now and then the picture so far; may raise to stop.

    Returns:
        (1, latent_size), the best found within :data:`LIMIT` seconds.

    Raises:
        InputError: when nothing is drawn, or the character is no class.
    """
    began = time.monotonic()
    report(0.0)
    labels = generator.labels(generator.mix(character))
    letter = cut_out(drawing)
    latents, targets = _starts(generator, letter, labels, began, report)
    device = generator.compute.device
    # In float32, because steps are smaller than bfloat16 resolves.
    network = copy.deepcopy(generator.network).float().requires_grad_(False)
    z, targets = latents.to(device).requires_grad_(), targets.to(device)
    classes = None if labels is None else labels.to(device).expand(len(z), -1)
    optimiser = torch.optim.Adam([z], lr=_RATE, betas=(0.9, 0.99))
    losses = z.new_zeros(len(z))
    for step in range(STEPS):
        spent = max(step / STEPS, (time.monotonic() - began) / LIMIT)
        if spent >= 1:
            break
        optimiser.param_groups[0]["lr"] = _RATE * (0.5 + 0.5 * math.cos(math.pi * spent))
        optimiser.zero_grad()
        pictures = network.draw(z, classes, 1.0).float() / 2 + 0.5
        losses = _difference(pictures, targets) + _PRIOR * z.square().mean(1)
        losses.sum().backward()
        optimiser.step()
        look = to_image(pictures[losses.argmin()]) if step % _LOOK == 0 else None
        report(0.2 + 0.8 * spent, look)
    report(1.0)
    return z.detach()[losses.argmin()][None].cpu()


def cut_out(drawing: Image.Image) -> Image.Image:
    """The letter alone: grey, black on white, without the paper around it.

    Raises:
        InputError: when nothing is drawn.
    """
    grey = drawing.convert("L")
    grey.thumbnail((_SIDE, _SIDE))
    grey = ImageOps.autocontrast(grey, cutoff=0.5) if _spread(grey) >= _CONTRAST else grey
    pixels = np.asarray(grey)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if np.median(edge) < 128:
        pixels = 255 - pixels
    ink = pixels < 128
    if _spread(grey) < _CONTRAST or not ink.any():
        raise InputError("There is no letter to see. Draw one with a dark, thick line first.")
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return Image.fromarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _spread(grey: Image.Image) -> int:
    darkest, lightest = grey.getextrema()
    return int(lightest) - int(darkest)  # type: ignore[arg-type]


def _starts(
    generator: Generator, letter: Image.Image, labels: Tensor | None, began: float, report: Report
) -> tuple[Tensor, Tensor]:
    """The latents of the random pictures that are most like the letter, (N, latent_size), and what they shall become.

    What they shall become, (N, 3, S, S), is the letter at the height and in the place of each picture's own: how large
    letters are in their squares belongs to the typeface, and a drawing says nothing about it.
    """
    latents = torch.cat([draw(seed, generator.latent_size) for seed in range(_CANDIDATES)])
    targets, differences = [], []
    for done, part in enumerate(latents.split(_BATCH), 1):
        pictures = generator.pictures(part, None if labels is None else labels.expand(len(part), -1), 1.0).cpu()
        wanted = torch.stack([_placed(letter, picture) for picture in pictures])
        targets.append(wanted)
        differences.append(_difference(pictures.clamp(0, 1), wanted))
        report(0.2 * done * _BATCH / _CANDIDATES)
        if time.monotonic() - began > LIMIT / 3:
            break
    best = torch.cat(differences).argsort()[:_KEPT]
    return latents[best], torch.cat(targets)[best]


def _placed(letter: Image.Image, picture: Tensor) -> Tensor:
    """The letter at the height and in the place of the letter in a picture (3, S, S), as (3, S, S) in 0..1."""
    side = picture.shape[-1]
    ink = picture.mean(0).numpy() < 0.5
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        rows = columns = np.arange(side // 4, side - side // 4)
    height = int(rows[-1] - rows[0]) + 1
    width = max(1, min(side - 2, round(letter.width * height / letter.height)))
    sheet = Image.new("L", (side, side), 255)
    small = letter.resize((width, height), Image.Resampling.BOX if height < letter.height else Image.Resampling.BICUBIC)
    left = round((columns[0] + columns[-1] + 1 - width) / 2)
    sheet.paste(small, (min(max(left, 0), side - width), int(rows[0])))
    return torch.from_numpy(np.asarray(sheet, np.float32) / 255).expand(3, -1, -1)


def _difference(x: Tensor, y: Tensor) -> Tensor:
    """Squared differences at three scales, (B,), from (B, 3, S, S) in 0..1: strokes that miss each other by little
    count less than those that miss by much."""
    total = x.new_zeros(len(x))
    for _ in range(3):
        total = total + (x - y).square().mean((1, 2, 3))
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return total
