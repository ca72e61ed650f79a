"""Differentiable augmentation of a discriminator's input, with a strength that may adapt to its overfitting.

Zhao et al., 2020, "Differentiable Augmentation for Data-Efficient GAN Training" (https://arxiv.org/abs/2006.10738),
section 4: real and generated images go through the same kinds of random changes, so none of them leaks into the
generator, which gets its gradient through them. The strength is the probability of each change, steered as in Karras
et al., 2020, "Training Generative Adversarial Networks with Limited Data" (https://arxiv.org/abs/2006.06676), part 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

#: Uniform random numbers in 0..1 per image: for each change three parameters, and one for whether it is applied.
DICE = 12


def colour(x: Tensor, dice: Tensor) -> Tensor:
    """Brightness by -0.5..0.5, saturation by 0..2, contrast by 0.5..1.5, as the authors' code does for images in -1..1.

    Args:
        x: (B, 3, H, W).
        dice: (B, 3) in 0..1.
    """
    brightness, saturation, contrast = (column.view(-1, 1, 1, 1) for column in dice.unbind(1))
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * (saturation * 2) + grey
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * (contrast + 0.5) + mean


def translation(x: Tensor, dice: Tensor) -> Tensor:
    """Move by up to an eighth of the side in each direction; uncovered pixels are 0. Arguments as :func:`colour`."""
    return _moved(_moved(x, dice[:, 0], 2), dice[:, 1], 3)


def _moved(x: Tensor, dice: Tensor, dim: int) -> Tensor:
    side = x.shape[dim]
    reach = int(side / 8 + 0.5)
    shift = (dice * (2 * reach + 1)).floor().clamp(max=2 * reach).long() - reach
    source = torch.arange(side, device=x.device) - shift[:, None]
    inside = (source >= 0) & (source < side)
    shape = [len(x), 1, 1, 1]
    shape[dim] = side
    index = source.clamp(0, side - 1).view(shape).expand_as(x)
    return x.gather(dim, index) * inside.view(shape).to(x.dtype)


def cutout(x: Tensor, dice: Tensor) -> Tensor:
    """Set a square of half the side, centred anywhere, to 0. Arguments as :func:`colour`."""
    return x * (1 - _stripe(x, dice[:, 0], 2) * _stripe(x, dice[:, 1], 3))


def _stripe(x: Tensor, dice: Tensor, dim: int) -> Tensor:
    side = x.shape[dim]
    distance = torch.arange(side, device=x.device) - (dice * side).floor()[:, None]
    shape = [len(x), 1, 1, 1]
    shape[dim] = side
    return ((distance >= -(side // 4)) & (distance < side // 4)).view(shape).to(x.dtype)


#: The changes by the name a recipe gives. Change ``k`` uses the random numbers 4 k to 4 k + 3.
CHANGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}


def augment(x: Tensor, dice: Tensor, changes: Sequence[str], strength: float) -> Tensor:
    """Change every image at random. Gradients flow through; at strength 0 the images come back as they are.

    Args:
        x: (B, 3, H, W) in -1..1.
        dice: (B, DICE) uniform in 0..1.
        changes: names from :data:`CHANGES`.
        strength: probability of each change of each image.
    """
    for place, (name, change) in enumerate(CHANGES.items()):
        if name in changes and strength > 0:
            own = dice[:, 4 * place : 4 * place + 4]
            happens = (own[:, 3] < strength).view(-1, 1, 1, 1)
            x = torch.where(happens, change(x, own[:, :3]), x)
    return x


@dataclass
class Strength:
    """The strength of augmentation, and how it follows the discriminator's overfitting.

    Attributes:
        accelerator: adds up over all processes.
        value: probability of each change.
        target: wanted lead of real scores, 0.6 in the paper (its heuristic r_t); 0 keeps the value as it is.
        speed: images in which the value can rise from 0 to 1 (500,000 in the paper).
    """

    accelerator: Accelerator
    value: float
    target: float
    speed: float

    def follow(self, real: Tensor, fake: Tensor) -> None:
        """Move towards the target after a batch with these scores (B,).

        The lead is the mean sign of the real scores. The paper measures them from 0, where its loss has its boundary;
        relativistic and Wasserstein scores have no such boundary, so they are measured from the middle between the two
        mean scores.
        """
        if not self.target:
            return
        middle = (real.mean() + fake.mean()) / 2
        lead = self.accelerator.reduce((real - middle).sign().mean().detach(), reduction="mean")
        images = len(real) * self.accelerator.num_processes
        step = images / self.speed if float(lead) > self.target else -images / self.speed
        self.value = min(1.0, max(0.0, self.value + step))

    def state_dict(self) -> dict[str, Any]:
        """State for ``accelerator.register_for_checkpointing``."""
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.value = state["value"]
