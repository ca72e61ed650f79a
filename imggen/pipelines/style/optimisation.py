"""Style transfer by optimising the pixels themselves: slow, and free of what any feed-forward network has learned."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch
from PIL import Image
from torch import Tensor

from imggen.device import Compute
from imggen.errors import InputError
from imggen.imaging.decode import Source
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image, to_tensor
from imggen.models.vgg16 import VGG16Features
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import decoded
from imggen.pipelines.style.styles import Mix, Weighted, check, describe, finish, weighted
from imggen.ranges import MAX_STEPS, STEPS
from imggen.store.model_info import ModelInfo

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"
LAYERS = (*STYLE_LAYERS, CONTENT_LAYER)
#: Longest side of the result; memory and time grow with the area.
SIDE = 512
#: Seconds after which the painting ends with what it has.
LIMIT = 240.0
#: Steps between two previews.
EVERY = 5
#: Weight of the content loss beside the style loss, each relative to the size of its target.
CONTENT_WEIGHT = 0.3
_LOSS_SCALE = 100.0  # brings the gradients of single pixels to a size that L-BFGS starts well from
_SMALLEST = 32  # five layers of VGG-16 halve the picture four times


class StyleOptimisation:
    """Change a photo step by step until its features have the statistics of a style picture's.

    Gatys et al., 2016, "Image Style Transfer Using Convolutional Neural Networks" (CVPR 2016, section 2), with VGG-16,
    started from the photo. Each loss is divided by the size of its target, which makes the balance hold for any
    features.

    Args:
        info: the catalogue's entry.
        trunk: gives at least :data:`LAYERS`.
        compute: where to run; always in float32.
    """

    task = "style_transfer"

    def __init__(self, info: ModelInfo, trunk: VGG16Features, compute: Compute) -> None:
        self.info = info
        self.compute = compute
        self.trunk = trunk.eval().requires_grad_(False).to(compute.device).to(memory_format=compute.memory_format)

    @property
    def takes_pictures(self) -> bool:
        """Whether any picture can be the style: always."""
        return True

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        return sum(value.nbytes for value in self.trunk.state_dict().values())

    def stylize(
        self,
        content: Source,
        style: Mix,
        strength: float = 1.0,
        keep_colors: bool = False,
        scale: float = 1.0,
        mask: Source | None = None,
        inside: Mix | None = None,
        steps: int = STEPS,
        report: Report = silent,
    ) -> Image.Image:
        """Paint a photo in the style of one or more pictures.

        Args:
            content: a PIL image, a path, or the bytes of a file; the result is at most :data:`SIDE` pixels on its
                longest side.
            style: a picture, or several with weights.
            strength: 0 is the photo itself, 1 the full style.
            keep_colors: take the colours from the photo and only light and shade from the style.
            scale: size of the strokes: how large the style picture is looked at.
            mask: a picture of any size; the style shows only where it is white, or transparent.
            inside: a second style for where the mask is white; ``style`` then shows elsewhere.
            steps: 1..1000; each measures the pixels once. After :data:`LIMIT` seconds no more are begun, and the
                recipe says how many were done.
            report: gets the fraction done after every step, and every few steps what the result would be if it
                stopped there, with its recipe; may raise to stop.

        Returns:
            An RGB image with the recipe in ``info["imggen"]``.

        Raises:
            InputError: when an argument is wrong.
        """
        original = _fitted(decoded(content), SIDE)
        check(strength, keep_colors, scale, mask, inside)
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
            raise InputError(f"The number of steps must be a whole number from 1 to {MAX_STEPS}.")
        mixes = [weighted(mix) for mix in (style, inside) if mix is not None]
        if not mixes:
            raise InputError("Choose a style first.")
        mask = None if mask is None else decoded(mask)
        area = None if mask is None else mask.convert("L").resize(original.size, Image.Resampling.BILINEAR)

        def result(painted: list[Image.Image], done: int) -> Image.Image:
            image = finish(original, painted[0], keep_colors, area, *painted[1:])
            numbers = {"strength": float(strength), "keep_colors": keep_colors, "scale": float(scale), "steps": done}
            parameters, sources = describe(original, mixes[0], mixes[1] if len(mixes) > 1 else None, mask, **numbers)
            image.info[RECIPE_KEY] = recipe(self.task, self.info, parameters, sources)
            return image

        report(0.0)
        began = time.monotonic()
        finished: list[Image.Image] = []
        for mix in mixes:
            now, done = original, 0
            for done, pixels in enumerate(self._optimise(original, mix, float(strength), float(scale), steps), start=1):
                time_spent = (time.monotonic() - began) / LIMIT * len(mixes) - len(finished)
                share = min(1.0, max(done / steps, time_spent))
                fraction = (len(finished) + share) / len(mixes)
                if done % EVERY == 0 or share == 1:
                    now = to_image(pixels)
                    report(fraction, result([*finished, now], done))
                else:
                    report(fraction)
                if share == 1:
                    break
            finished.append(now)
            steps = done  # a second style gets as many, where time ended the first
        return result(finished, steps)

    def _optimise(
        self,
        original: Image.Image,
        mix: Weighted,
        strength: float,
        scale: float,
        steps: int,
    ) -> Iterator[Tensor]:
        """Yield the pixels (1, 3, H, W) after every step, not clamped."""
        targets = self._targets(mix, scale)
        content = self._tensor(original)
        with torch.no_grad():
            wanted = self.trunk(content)[CONTENT_LAYER]
        pixels = content.clone(memory_format=torch.contiguous_format).requires_grad_()
        optimiser = torch.optim.LBFGS([pixels], max_iter=1, history_size=20, tolerance_grad=0, tolerance_change=0)

        def loss() -> Tensor:
            optimiser.zero_grad()
            features = self.trunk(pixels.contiguous(memory_format=self.compute.memory_format))
            style = [relative_distance(gram(features[layer]), target) for layer, target in targets.items()]
            total = strength * torch.stack(style).mean() + CONTENT_WEIGHT * relative_distance(
                features[CONTENT_LAYER], wanted
            )
            total = _LOSS_SCALE * total
            total.backward()
            return total

        for _ in range(steps):
            with torch.enable_grad():
                optimiser.step(loss)
            yield pixels.detach()

    @torch.no_grad()
    def _targets(self, mix: Weighted, scale: float) -> dict[str, Tensor]:
        """The weighted means of the style pictures' Gram matrices, by layer."""
        targets = dict.fromkeys(STYLE_LAYERS, torch.zeros(()))
        for picture, weight in mix:
            if isinstance(picture, str):
                raise InputError("Optimisation needs the style as a picture: upload one, or choose a fast model.")
            features = self.trunk(self._tensor(_fitted(picture, SIDE, scale)))
            for layer in STYLE_LAYERS:
                targets[layer] = targets[layer].to(self.compute.device) + weight * gram(features[layer])
        return targets

    def _tensor(self, image: Image.Image) -> Tensor:
        if min(image.size) < _SMALLEST:
            raise InputError(f"Optimisation needs pictures of at least {_SMALLEST} pixels on each side.")
        return to_tensor(image).to(self.compute.device)


def gram(features: Tensor) -> Tensor:
    """Correlations (B, C, C) of the channels of (B, C, H, W), as means over the places."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def relative_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Squared distance of two tensors of one shape, as a share of the target's square; a scalar."""
    return (found - wanted).square().sum() / wanted.square().sum().clamp_min(1e-12)


def _fitted(image: Image.Image, side: int, scale: float = 1.0) -> Image.Image:
    """Reduce an image to at most ``side`` pixels on its longest side, then apply ``scale``."""
    shrink = min(1.0, side / max(image.size)) * scale
    if shrink == 1:
        return image
    width, height = (max(1, round(length * shrink)) for length in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)
