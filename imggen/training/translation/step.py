"""One micro-step of unpaired translation: both generators, then both discriminators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from imggen.imaging.tensors import as_signed
from imggen.models.translation.cyclegan import CycleGAN
from imggen.training.common.augment import augment
from imggen.training.common.discriminate import frozen
from imggen.training.common.losses import GAN_LOSSES, perceptual
from imggen.training.common.update import Learner, descend
from imggen.training.translation.data import Sample
from imggen.training.translation.image_pool import ImagePool
from imggen.training.translation.recipe import TranslationRecipe

#: Side of the reduced images in which aligned images are compared: position is known only roughly.
_COARSE = 16

#: Images of domain a and of domain b.
Pair = tuple[Tensor, Tensor]


class Cycle(NamedTuple):
    """What :class:`Translation` returns, each (B, 3, S, S): images of domain a and of domain b, or None where not asked
    for.

    Attributes:
        fake: b translated to domain a, and a translated to domain b.
        back: a, and b, after going there and back.
        same: a, and b, through the generators into their own domain.
    """

    fake: Pair
    back: Pair | None
    same: Pair | None


class Translation(nn.Module):
    """All that a training step computes with both generators, in one forward, as distributed training needs."""

    def __init__(self, networks: CycleGAN) -> None:
        super().__init__()
        self.networks = networks

    def forward(self, a: Tensor, b: Tensor, back: bool, same: bool) -> Cycle:
        """Translate batches of both domains, (B, 3, S, S) in -1..1.

        Args:
            a: images of domain a.
            b: images of domain b.
            back: translate the results back as well.
            same: give each generator also the images that are in its target domain already.
        """
        a2b, b2a = self.networks.a2b, self.networks.b2a
        fake_a, *same_a = b2a(torch.cat([b, a]) if same else b).split(len(b))
        fake_b, *same_b = a2b(torch.cat([a, b]) if same else a).split(len(a))
        return Cycle(
            fake=(fake_a, fake_b),
            back=(b2a(fake_b), a2b(fake_a)) if back else None,
            same=(same_a[0], same_b[0]) if same else None,
        )


class Discriminators(nn.Module):
    """The discriminators of both domains, in one forward."""

    def __init__(self, a: nn.Module, b: nn.Module) -> None:
        super().__init__()
        self.a = a
        self.b = b

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Score images (N, 3, S, S) of domain a, and images of domain b."""
        return self.a(a), self.b(b)


@dataclass
class TranslationStep:
    """A :class:`imggen.training.common.session.Step` of both generators, then of both discriminators.

    Zhu et al., 2017 (https://arxiv.org/abs/1703.10593), sections 3 and 5.2; and, on aligned images, losses that
    tolerate moving objects: coarse light and colour, coarse highlights, and features at half size.

    Attributes:
        accelerator: that prepared the networks.
        recipe: weights of the losses, augmentation.
        generators: a :class:`Translation` that learns.
        discriminators: :class:`Discriminators` that learn.
        pools: of generated images in domain a and in domain b.
        features: (output, target), both (N, 3, S, S) in -1..1, -> scalar; None without the perceptual loss.
    """

    accelerator: Accelerator
    recipe: TranslationRecipe
    generators: Learner
    discriminators: Learner
    pools: tuple[ImagePool, ImagePool]
    features: Callable[[Tensor, Tensor], Tensor] | None

    def __call__(self, number: int, batch: Sample) -> dict[str, Tensor]:
        weight = partial(self.recipe.weight, step=number // self.recipe.accumulate)
        real = as_signed(batch.a), as_signed(batch.b)
        made: Cycle = self.generators.network(*real, weight("cycle") > 0, weight("identity") > 0)
        scalars = {"gan": self._adversarial(made, batch.dice)}
        if made.back:
            scalars["cycle"] = both(F.l1_loss, made.back, real)
        if made.same:
            scalars["identity"] = both(F.l1_loss, made.same, real)
        if batch.aligned.any():
            scalars |= self._aligned(
                (made.fake[0][batch.aligned], made.fake[1][batch.aligned]),
                (real[0][batch.aligned], real[1][batch.aligned]),
            )
        loss = torch.stack([weight(name) * value for name, value in scalars.items()]).sum()
        descend(self.accelerator, loss, self.generators, self.recipe.gradient_clip)
        return {"loss": loss, **scalars, **self._train_discriminators(real, made, batch)}

    def _aligned(self, output: Pair, target: Pair) -> dict[str, Tensor]:
        """The losses of aligned images."""
        scalars = {"coarse": both(coarse_l1, output, target), "highlights": both(highlights_l1, output, target)}
        if self.features:
            with self.accelerator.autocast():
                scalars["perceptual"] = both(self.features, output, target)
        return scalars

    def _adversarial(self, made: Cycle, dice: Tensor) -> Tensor:
        """The generators' loss through the frozen discriminators."""
        with frozen(self.accelerator, self.discriminators.network) as bare:
            scores = bare(self._augment(made.fake[0], dice[:, 0]), self._augment(made.fake[1], dice[:, 1]))
        loss = GAN_LOSSES["least_squares"].generator
        return torch.stack([loss(part.float(), part.float()) for part in scores]).sum()

    def _train_discriminators(self, real: Pair, made: Cycle, batch: Sample) -> dict[str, Tensor]:
        """Step the discriminators; all that they score goes through them in one forward."""
        pairs = []
        for which, (images, fakes) in enumerate(zip(real, made.fake, strict=True)):
            shown = self.pools[which].exchange(fakes.detach(), batch.pool[:, which])
            dice = batch.dice[:, 2 + 2 * which], batch.dice[:, 3 + 2 * which]
            pairs.append(torch.cat([self._augment(images, dice[0]), self._augment(shown, dice[1])]))
        scalars: dict[str, Tensor] = {}
        losses = []
        for name, scores in zip("ab", self.discriminators.network(*pairs), strict=True):
            high, low = scores.float().chunk(2)
            losses.append(GAN_LOSSES["least_squares"].discriminator(high, low))
            scalars |= {f"score_real_{name}": high.mean(), f"score_fake_{name}": low.mean()}
        loss = torch.stack(losses).sum()
        descend(self.accelerator, loss, self.discriminators, self.recipe.gradient_clip)
        return {"discriminator": loss, **scalars}

    def _augment(self, x: Tensor, dice: Tensor) -> Tensor:
        return augment(x, dice, self.recipe.augment, self.recipe.augment_strength)


def both(loss: Callable[[Tensor, Tensor], Tensor], outputs: Pair, targets: Pair) -> Tensor:
    """Sum of a loss over both domains."""
    return loss(outputs[0], targets[0]) + loss(outputs[1], targets[1])


def coarse_l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of (N, 3, S, S), reduced to 16 x 16 first."""
    return F.l1_loss(F.adaptive_avg_pool2d(output, _COARSE), F.adaptive_avg_pool2d(target, _COARSE))


def highlights_l1(output: Tensor, target: Tensor) -> Tensor:
    """:func:`coarse_l1` of the values above 0: the light of lamps, whose exact position does not count."""
    return coarse_l1(output.clamp(min=0), target.clamp(min=0))


def half_size(features: nn.Module, layers: Mapping[str, float], output: Tensor, target: Tensor) -> Tensor:
    """The perceptual loss of images (N, 3, S, S) in -1..1, at half size: it tolerates small shifts, at a quarter of the
    cost."""
    small = [F.avg_pool2d(images, 2) / 2 + 0.5 for images in (output, target)]
    return perceptual(features, layers, "l1", small[0], small[1])
