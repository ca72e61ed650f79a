"""The trainer of adversarial generators: an architecture, a loss, regularisers and augmentation, named by a recipe."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import count
from pathlib import Path

import torch
from accelerate.utils import set_seed
from PIL import Image
from torch import nn

from imggen.errors import CheckpointError, InputError
from imggen.models import DISCRIMINATORS, build
from imggen.models.gan.acgan import ACGANDiscriminator
from imggen.models.gan.projected import LAYERS, ProjectedDiscriminator, Projector
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.ema import EMA
from imggen.training.common.generator_data import image_size, load_images
from imggen.training.common.generator_output import draw_sheet, keep_discriminator, plain, publish
from imggen.training.common.initial import start_discriminator, start_generator
from imggen.training.common.labelled_images import LabelledImages, Sample
from imggen.training.common.loop import Intervals, Job, run
from imggen.training.common.output import check_output
from imggen.training.common.recipe import Settings
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.sources import data_name
from imggen.training.gan.augment import Strength
from imggen.training.gan.recipe import GANRecipe, read_recipe
from imggen.training.gan.step import GANStep, Judge
from imggen.training.super_resolution.data import loader


def train(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train a generator against a discriminator.

    Args:
        name: of the recipe, for the record.
        settings: the recipe; see :class:`imggen.training.gan.recipe.GANRecipe`.
        data: folder of images, or a Hub dataset ``owner/name``; for the task "conditional" a folder for each class.
        output: checkpoint folder.
        resume: go on from the training state in ``output``.

    Raises:
        ImggenError: with a sentence for the user.
    """
    recipe = read_recipe(settings)
    check_output(output, resume)
    side = image_size(recipe.architecture_config)
    accelerator = create_accelerator(output, recipe.precision, recipe.accumulate, recipe.seed, recipe.grow_steps > 0)
    images, names, classes = load_images(accelerator, data, side, recipe.cache_gb, recipe.labelled)
    class_names = names if recipe.task == "conditional" else None

    bare, bare_judge, view = create_networks(recipe, len(names or ()))
    base_model = start_generator(bare, recipe.init, recipe.task, recipe.architecture, class_names)
    if recipe.init and not start_discriminator(bare_judge.discriminator, recipe.init):
        accelerator.print(
            f"{recipe.init} comes without its discriminator: the generator forgets much until a new one has learned."
        )
    bare = bare.to(accelerator.device).to(memory_format=torch.channels_last)
    bare_judge = bare_judge.to(accelerator.device).to(memory_format=torch.channels_last)
    view = view.to(accelerator.device).to(memory_format=torch.channels_last)
    if accelerator.mixed_precision == "bf16":
        view = view.bfloat16()  # once, instead of at every step
    set_seed(recipe.seed, device_specific=True)  # from here on every process draws noise of its own
    samples = LabelledImages(images, classes, int(bare.latent_size), recipe.flip, recipe.seed)  # type: ignore[arg-type]
    ema = EMA(bare, recipe.ema_decay)
    strength = Strength(accelerator, recipe.augment_strength, recipe.augment_target, recipe.augment_images)
    accelerator.register_for_checkpointing(ema, strength)
    generator, generator_optimizer = accelerator.prepare(bare, adam(bare, recipe.lr, recipe))
    judge, judge_optimizer = accelerator.prepare(bare_judge, adam(bare_judge, recipe.discriminator_lr, recipe))

    per_micro_step = recipe.batch * accelerator.num_processes
    total = recipe.steps * recipe.accumulate * per_micro_step
    training = {"recipe": name, "data": data_name(data), "images": len(images), "settings": recipe.record()}

    def batches(done: int) -> Iterable[tuple[int, Sample]]:
        numbers = range(done * per_micro_step, total)
        prepared = accelerator.prepare(loader(samples, recipe.batch, numbers, recipe.workers, recipe.seed))
        return zip(count(done), prepared, strict=False)

    def write(steps: int, preview: Image.Image) -> None:
        seen = steps * recipe.accumulate * per_micro_step
        record = {**training, "steps": steps, "images_seen": seen}
        publish(plain(ema.network), recipe, base_model, class_names, record, output, preview)
        keep_discriminator(bare_judge.discriminator, output)

    job = Job(
        accelerator=accelerator,
        generator=generator,
        networks=[generator, judge],
        optimizers=[(generator_optimizer, recipe.lr), (judge_optimizer, recipe.discriminator_lr)],
        ema=ema,
        micro_step=GANStep(accelerator, recipe, generator, generator_optimizer, judge, judge_optimizer, strength, view),
        batches=batches,
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        sample=lambda: draw_sheet(plain(ema.network), accelerator.device),
        publish=write,
    )
    run(job, Intervals(recipe.steps, recipe.log_every, recipe.sample_every, recipe.checkpoint_every), output, resume)


def create_networks(recipe: GANRecipe, classes: int) -> tuple[nn.Module, Judge, nn.Module]:
    """Build the generator, its discriminator, and what turns images into what the discriminator sees.

    Args:
        recipe: for the architecture and the arguments of both.
        classes: number of classes; 0 for none.

    Raises:
        InputError: when the arguments do not fit.
        CheckpointError: when the VGG-16 of a projected discriminator cannot be read.
    """
    of_classes = {"classes": classes} if classes else {}
    try:
        generator = build(recipe.architecture, {**recipe.architecture_config, **of_classes})
        shared = {"image_size": recipe.architecture_config["image_size"], **of_classes}
        kinds = {"auxiliary": ACGANDiscriminator, "projected": ProjectedDiscriminator}
        discriminator = kinds.get(recipe.kind, DISCRIMINATORS[recipe.architecture])(
            **{**recipe.discriminator_config, **shared}
        )
    except (TypeError, ValueError, CheckpointError) as error:
        raise InputError(f"The networks cannot be built from this recipe: {str(error).rstrip('.')}.") from error
    if generator.classes and not classes:
        raise InputError(
            f"A {recipe.architecture} knows classes: set task=conditional, or for a cgan "
            "architecture_config.hidden_classes=true."
        )
    if not recipe.projected:
        return generator, Judge(discriminator), nn.Identity()
    trunk = load_vgg16(recipe.discriminator["vgg16"], [name for name, _, _ in LAYERS])
    return generator, Judge(discriminator), Projector(trunk, int(discriminator.channels), recipe.seed)


def adam(network: nn.Module, lr: float, recipe: GANRecipe) -> torch.optim.Adam:
    """Adam with the recipe's betas."""
    return torch.optim.Adam(network.parameters(), lr, betas=(recipe.betas[0], recipe.betas[1]))
