"""One micro-step of adversarial training: the generator's loss when it is its turn, then the discriminator's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from imggen.imaging.tensors import as_signed
from imggen.models.gan.progan import Growing
from imggen.training.common.augment import Strength, augment
from imggen.training.common.discriminate import View, frozen
from imggen.training.common.labelled_images import Sample
from imggen.training.common.losses import GAN_LOSSES, GanLoss
from imggen.training.common.schedule import growth
from imggen.training.common.update import Learner, descend
from imggen.training.gan.recipe import GANRecipe
from imggen.training.gan.regularisers import one_centred, orthogonal, zero_centred


@dataclass
class GANStep:
    """A :class:`imggen.training.common.session.Step` of both networks.

    Attributes:
        accelerator: that prepared the networks.
        recipe: loss, regularisers, augmentation.
        generator: learns to make images.
        discriminator: a :class:`BatchwiseDiscriminator` that learns to tell them from real ones.
        strength: of the augmentation.
        view: maps images to the discriminator's input; never trained.
    """

    accelerator: Accelerator
    recipe: GANRecipe
    generator: Learner
    discriminator: Learner
    strength: Strength
    view: nn.Module

    @property
    def loss(self) -> GanLoss:
        """The pairing of losses the recipe asks for."""
        return GAN_LOSSES[self.recipe.gan_loss]

    @property
    def auxiliary_loss(self) -> str | None:
        """Name of the discriminator's auxiliary loss and of its weight in the recipe; None where it has none."""
        return getattr(self._bare_discriminator, "auxiliary_loss", None)

    @property
    def auxiliary_loss_trains_generator(self) -> bool:
        """Whether the generator minimises the auxiliary loss too."""
        return getattr(self._bare_discriminator, "auxiliary_loss_trains_generator", False)

    @property
    def _bare_generator(self) -> Any:
        return self.accelerator.unwrap_model(self.generator.network)

    @property
    def _bare_discriminator(self) -> Any:
        return self.accelerator.unwrap_model(self.discriminator.network).discriminator

    def __call__(self, number: int, batch: Sample) -> dict[str, Tensor]:
        step = number // self.recipe.accumulate
        real = self._grown(as_signed(batch.image), step)
        labels = batch.label if batch.label.shape[1] else None
        if (step + 1) % self.recipe.critic_steps == 0:
            fake, seen, scalars = self._train_generator(real, labels, batch)
        else:
            with torch.no_grad(), self.accelerator.autocast():
                fake, seen, scalars = self._bare_generator(batch.z, labels).float(), None, {}
        regularise = step % self.recipe.regularise_every == 0
        return scalars | self._train_discriminator(real, fake, seen, labels, batch, regularise)

    def _grown(self, real: Tensor, step: int) -> Tensor:
        """Let networks that grow do so, and reduce the real images to their present resolution."""
        generator = self._bare_generator
        if not isinstance(generator, Growing):
            return real
        if self.recipe.grow_steps:
            stage = growth(step, self.recipe.grow_steps)
            generator.grow(stage)
            self._bare_discriminator.grow(stage)
        return generator.faded(real)

    def _train_generator(
        self, real: Tensor, labels: Tensor | None, batch: Sample
    ) -> tuple[Tensor, View, dict[str, Tensor]]:
        """Step the generator with the discriminator frozen; return its images, and the discriminator's view of them."""
        fake = self.generator.network(batch.z, labels)
        with frozen(self.accelerator, self.discriminator.network) as bare:
            seen = self._seen(fake, batch.dice[:, 1])
            fake_scores, *auxiliary = bare([seen], labels, self.auxiliary_loss_trains_generator)
            real_scores = fake_scores
            if self.loss.uses_real:
                with torch.no_grad():
                    (real_scores,) = bare([self._seen(real, batch.dice[:, 0])], labels)
        loss = self.loss.generator(real_scores.float(), fake_scores.float())
        scalars = {"loss": loss}
        if self.auxiliary_loss and auxiliary:
            name = f"{self.auxiliary_loss}_fake"
            (scalars[name],) = auxiliary
            loss = loss + self.recipe.weight(self.auxiliary_loss) * scalars[name]
        if self.recipe.weight("orthogonal"):
            scalars["orthogonal"] = orthogonal(self._bare_generator)
            loss = loss + self.recipe.weight("orthogonal") * scalars["orthogonal"]
        descend(self.accelerator, loss, self.generator, self.recipe.gradient_clip)
        return fake.detach(), detached(seen), scalars

    def _train_discriminator(
        self, real: Tensor, fake: Tensor, seen_fake: View | None, labels: Tensor | None, batch: Sample, regularise: bool
    ) -> dict[str, Tensor]:
        """Step the discriminator. All it scores goes through it in one forward, and all losses back in one backward.

        The view of the generated images is used again, unless a penalty needs its gradient with respect to them.
        """
        weight = {name: self.recipe.weight(name) * regularise for name in ("r1", "r2", "gradient_penalty")}
        real.requires_grad_(weight["r1"] > 0)
        fake.requires_grad_(weight["r2"] > 0)
        if seen_fake is None or weight["r2"]:
            seen_fake = self._seen(fake, batch.dice[:, 1])
        seen = [self._seen(real, batch.dice[:, 0]), seen_fake]
        middle = torch.empty(0)
        if weight["gradient_penalty"]:
            one, other = (view for view in seen if isinstance(view, Tensor))
            middle = between(one, other, batch.blend).detach().requires_grad_(True)
            seen.append(middle)
        scores = [part.float() for part in self.discriminator.network(seen, labels, self.auxiliary_loss is not None)]
        auxiliary = {self.auxiliary_loss: scores.pop()} if self.auxiliary_loss else {}
        loss = self.loss.discriminator(scores[0], scores[1])
        scalars = {"discriminator": loss, "score_real": scores[0].mean(), "score_fake": scores[1].mean()}
        if self.recipe.weight("drift"):
            scalars["drift"] = scores[0].square().mean()
            loss = loss + self.recipe.weight("drift") * scalars["drift"]
        penalties = {
            "r1": partial(zero_centred, scores[0], real),
            "r2": partial(zero_centred, scores[1], fake),
            "gradient_penalty": partial(one_centred, scores[-1], middle),
        }
        for name, value in auxiliary.items():
            loss = loss + self.recipe.weight(name) * value
            scalars[name] = value
        for name, penalty in penalties.items():
            if weight[name]:
                value = penalty()
                # Lazy regularisation (Karras et al., 2020, https://arxiv.org/abs/1912.04958, section 3.1): every
                # few steps, with a weight that is as many times larger.
                loss = loss + weight[name] * self.recipe.regularise_every * value
                scalars[name] = value
        descend(self.accelerator, loss, self.discriminator, self.recipe.gradient_clip)
        self.strength.follow(scores[0].detach(), scores[1].detach())
        return scalars | {"augment": torch.tensor(self.strength.value, device=real.device)}

    def _seen(self, x: Tensor, dice: Tensor) -> View:
        x = augment(x, dice, self.recipe.augment, self.strength.value)
        with self.accelerator.autocast():
            return self.view(x)


def detached(view: View) -> View:
    """The same view, detached from the graph."""
    return view.detach() if isinstance(view, Tensor) else [part.detach() for part in view]


def between(real: Tensor, fake: Tensor, blend: Tensor) -> Tensor:
    """A random point on the line between each real and generated image (Gulrajani et al., 2017, algorithm 1).

    Args:
        real: (B, 3, S, S).
        fake: of the same shape.
        blend: (B,) in 0..1; 0 gives the real image.
    """
    return torch.lerp(real, fake, blend.view(-1, 1, 1, 1))
