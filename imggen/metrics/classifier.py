"""Whether a conditional generator draws the class asked for, by a classifier that is trained on the real images.

Ravuri and Vinyals, 2019, "Classification Accuracy Score for Conditional Generative Models"
(https://arxiv.org/abs/1905.10887) train on samples and test on photos; here it is the other way round, as by
Shmelkov et al., 2018, "How good is my GAN?" (https://arxiv.org/abs/1807.09499), section 3 (GAN-test).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from imggen.device import best
from imggen.imaging.tensors import as_signed

#: Larger images are reduced to this side.
SIDE = 64
#: Of all images, every fifth one of each class is kept from training.
HELD_OUT = 5
#: Optimiser steps.
STEPS = 1200
_BATCH = 64
#: Largest learning rate.
_LR = 2e-3
#: Largest shift of the augmentation, in pixels.
_SHIFT = 6


class Classifier(NamedTuple):
    """A trained classifier.

    Attributes:
        network: (B, 3, S, S) in -1..1 to scores (B, classes).
        accuracy: share of real images, unseen in training, that it classifies correctly; 0..1.
    """

    network: nn.Module
    accuracy: float


def train_classifier(
    images: Tensor,
    labels: Tensor,
    seed: int = 0,
    steps: int | None = None,
    groups: Sequence[str] | None = None,
    mirror: bool = True,
    channels: int = 32,
) -> Classifier:
    """Train a small convolutional network on real images, each class equally often.

    Args:
        images: uint8 (N, 3, S, S); every class has at least 2.
        labels: int64 (N,), class of each image, from 0 without gaps.
        seed: of the weights and of the order; the result is the same every time on one machine.
        steps: of the optimiser; :data:`STEPS` by default.
        groups: (N,) what each image belongs to, such as the typeface of a letter. The images of a group are kept from
            training together, so that the accuracy is that on new groups.
        mirror: augment by mirroring; not for letters, which change their class.
        channels: features of the first layer, doubled at every halving; black letters need fewer than photos.

    Returns:
        The classifier with its accuracy on a fifth of the images, which it was not trained on.
    """
    steps = STEPS if steps is None else steps
    device = best().device
    images, labels = _reduced(images).to(device), labels.to(device)
    random = torch.Generator().manual_seed(seed)
    kept = _held_out(labels.cpu(), random) if groups is None else _held_out_groups(groups, random)
    held = torch.nonzero(kept).squeeze(1).to(device)
    learned = torch.nonzero(~kept).squeeze(1).to(device)
    chance = (1 / torch.bincount(labels[learned]).float())[labels[learned]].cpu()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = _network(int(labels.max()) + 1, channels).to(device).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), _LR, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LR, total_steps=steps)
    for _ in tqdm(range(steps), desc="classifier", unit="step", disable=None):
        chosen = learned[torch.multinomial(chance, _BATCH, replacement=True, generator=random).to(device)]
        with torch.autocast(device.type, torch.bfloat16, enabled=best().dtype != torch.float32):
            scores = network(_augmented(images[chosen], random, mirror))
            loss = F.cross_entropy(scores.float(), labels[chosen], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    return Classifier(network, share_recognised(network, images[held], labels[held]))


@torch.inference_mode()
def share_recognised(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of images that the classifier assigns to their class.

    Args:
        network: of a :class:`Classifier`.
        images: uint8 (N, 3, S, S).
        labels: int64 (N,).
    """
    device = next(network.parameters()).device
    hits = 0
    for part, classes in zip(_reduced(images).split(_BATCH), labels.split(_BATCH), strict=True):
        hits += int((network(as_signed(part.to(device))).argmax(1) == classes.to(device)).sum())
    return hits / len(images)


def _network(classes: int, channels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    narrow = 3
    for width, convolutions in ((channels, 1), (2 * channels, 2), (4 * channels, 2), (8 * channels, 2)):
        for _ in range(convolutions):
            layers += [nn.Conv2d(narrow, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            narrow = width
        layers.append(nn.MaxPool2d(2))
    layers[-1] = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(narrow, classes))


def _held_out(labels: Tensor, random: torch.Generator) -> Tensor:
    """Which images are kept from training: (N,) booleans."""
    kept = torch.zeros(len(labels), dtype=torch.bool)
    for number in range(int(labels.max()) + 1):
        members = torch.nonzero(labels == number).squeeze(1)
        kept[members[torch.randperm(len(members), generator=random)][::HELD_OUT]] = True
    return kept


def _held_out_groups(groups: Sequence[str], random: torch.Generator) -> Tensor:
    """Which images are kept from training, all those of every fifth group: (N,) booleans."""
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    kept = torch.zeros(len(names), dtype=torch.bool)
    kept[torch.randperm(len(names), generator=random)[::HELD_OUT]] = True
    return kept[torch.from_numpy(members)]


def _reduced(images: Tensor) -> Tensor:
    if images.shape[-1] <= SIDE:
        return images
    parts = [F.interpolate(part.float(), (SIDE, SIDE), mode="area") for part in images.split(_BATCH)]
    return torch.cat(parts).round().to(torch.uint8)


def _augmented(images: Tensor, random: torch.Generator, mirror: bool) -> Tensor:
    """Convert to -1..1, and augment each image at random: mirror if asked for, shift, contrast and brightness."""
    count, side = len(images), images.shape[-1]
    x = as_signed(images)
    mirrored = (torch.rand(count, generator=random) < 0.5 * mirror).to(x.device)
    x = torch.where(mirrored[:, None, None, None], x.flip(-1), x)
    shift = min(_SHIFT, side // 8)
    x = F.pad(x, (shift, shift, shift, shift), mode="reflect")
    top, left = torch.randint(2 * shift + 1, (2, count), generator=random).tolist()
    x = torch.stack([x[i, :, top[i] : top[i] + side, left[i] : left[i] + side] for i in range(count)])
    contrast, brightness = (torch.rand(2, count, 1, 1, 1, generator=random) - 0.5).to(x.device)
    return (x * (1 + 0.6 * contrast) + 0.6 * brightness).contiguous(memory_format=torch.channels_last)
