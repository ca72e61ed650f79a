"""Find a photo's nearest neighbour in a latent space.

Abdal et al., 2019, "Image2StyleGAN" (https://arxiv.org/abs/1904.03189), section 3: the latent, in W one for each layer,
is optimised until its picture resembles the photo. Departures for speed: the distance needs no trained network, the
start is an autoencoder's own answer or the best of many random pictures, and a weak prior keeps the latent near those
that the generator was trained on.
"""

from __future__ import annotations

import copy
import math
import time
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor

from imggen.imaging.likeness import distance
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image, to_tensor
from imggen.models.generator_network import GeneratorNetwork
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.generators.arguments import Choice
from imggen.pipelines.generators.latent_space import LatentSpace
from imggen.pipelines.generators.point import Point, found

STEPS = 300
#: Seconds after which the search ends with what it has.
LIMIT = 16.0
#: Steps between two looks at the picture so far.
_LOOK = 10
#: Random latents, of which the nearest to the photo begins the search, and how many are drawn at once.
_CANDIDATES = 128
_BATCH = 8
#: Learning rate of the search.
_RATE = 0.1
#: Weight of the squared latent against the distance of the pictures: it keeps the latent where the model draws well.
_PRIOR = 0.002


class Projected(NamedTuple):
    """What became of a photo.

    Attributes:
        point: its place in the latent space.
        photo: the middle square of the photo at the size of the model's pictures.
        image: the picture at that place.
        distance: between the two, see :func:`.likeness.distance`.
        usual: the median distance of the photo from random pictures.
    """

    point: Point
    photo: Image.Image
    image: Image.Image
    distance: float
    usual: float


def project(space: LatentSpace, photo: Image.Image, choice: Choice | None = None, report: Report = silent) -> Projected:
    """Look for the picture of a generator that is most like a photo.

    Args:
        space: of the model, whose weights are copied in float32 for as long as this takes.
        photo: RGB, of any size; its middle square counts.
        choice: the class to look in, for models with classes.
        report: gets the fraction done all along, and now and then the picture so far; may raise to stop.

    Returns:
        The best place found within :data:`LIMIT` seconds; the faster the computer, the more of :data:`STEPS` are done.

    Raises:
        InputError: when the class does not fit the model.
    """
    began = time.monotonic()
    report(0.0)
    mix = space.mix(choice)
    labels = space.labels(mix)
    side = space.pipeline.image_size
    square = ImageOps.fit(photo.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
    target = to_tensor(square).to(space.compute.device)

    latents, distances = _candidates(space, target, labels, began, report)
    centre, spread = latents.mean(0), latents.std(0) + 1e-6
    start = latents[distances.argmin()]
    if space.network.core.encodes:
        start = _encoded(space, target, labels)
    latent = _optimised(space, target, labels, start, centre, spread, began, report)

    point = found(latent, mix)
    picture = space.render(*space.latents([point]), 1.0)
    image = to_image(picture)
    image.info[RECIPE_KEY] = recipe("projection", space.pipeline.info, {"seeds": [point.to_json()]}, [photo])
    return Projected(point, square, image, float(distance(picture, target)), float(distances.median()))


def _candidates(
    space: LatentSpace, target: Tensor, labels: Tensor | None, began: float, report: Report
) -> tuple[Tensor, Tensor]:
    """Random latents (N, latent_size), or (N, layers, latent_size) in W, and the distances of the first pictures."""
    numbers = np.random.RandomState(0).standard_normal((_CANDIDATES, space.size))
    latents = torch.from_numpy(numbers.astype(np.float32))
    if space.layers:
        w = space.mapped(latents, None if labels is None else labels.expand(_CANDIDATES, -1))
        latents = w[:, None].expand(-1, space.layers, -1)
    distances = []
    for batch in latents.split(_BATCH):
        pictures = space.render(batch, None if labels is None else labels.expand(len(batch), -1), 1.0)
        distances.append(distance(pictures, target).cpu())
        report(0.2 * len(distances) * len(batch) / _CANDIDATES)
        if time.monotonic() - began > LIMIT / 3:
            break
    return latents, torch.cat(distances)


@torch.inference_mode()
def _encoded(space: LatentSpace, target: Tensor, labels: Tensor | None) -> Tensor:
    dtype = space.compute.dtype
    labels = None if labels is None else labels.to(target.device, dtype)
    network: Any = space.network.core
    mean, _ = network.encode((_sized(target, network) * 2 - 1).to(dtype), labels)
    return mean[0].float().cpu()


def _optimised(
    space: LatentSpace,
    target: Tensor,
    labels: Tensor | None,
    start: Tensor,
    centre: Tensor,
    spread: Tensor,
    began: float,
    report: Report,
) -> Tensor:
    """Improve a latent with Adam, in standard deviations from the average latent."""
    device = space.compute.device
    # In float32, because steps are smaller than bfloat16 resolves; without the part that only redraws detail, which
    # takes five sixths of the time.
    network = copy.deepcopy(space.network.core).float().requires_grad_(False)
    target = _sized(target, network)
    centre, spread = centre.to(device), spread.to(device)
    offset = ((start.to(device) - centre) / spread).clone().requires_grad_()
    optimiser = torch.optim.Adam([offset], lr=_RATE, betas=(0.9, 0.99))
    for step in range(STEPS):
        spent = max(step / STEPS, (time.monotonic() - began) / LIMIT)
        if spent >= 1:
            break
        optimiser.param_groups[0]["lr"] = _RATE * (0.5 + 0.5 * math.cos(math.pi * spent))
        optimiser.zero_grad()
        picture = space.picture(network, (centre + spread * offset)[None], labels, 1.0)
        loss = distance(picture, target).sum() + _PRIOR * offset.square().mean()
        loss.backward()
        optimiser.step()
        look = to_image(picture) if step % _LOOK == 0 else None
        report(0.2 + 0.8 * spent, look)
    report(1.0)
    return (centre + spread * offset).detach()


def _sized(picture: Tensor, network: GeneratorNetwork) -> Tensor:
    """A picture (1, 3, S, S) at the size that a network draws, which its super-resolution network may enlarge."""
    side = network.image_size
    return picture if picture.shape[-1] == side else F.interpolate(picture, size=(side, side), mode="area")
